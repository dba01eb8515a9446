// SHA-256 in the forms that we write: hex for people and trailers, 32 raw bytes as a string for large indexes.
import { hash } from 'node:crypto'

/** 64 hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** 32 characters, one a byte: half the memory of hex where an index holds one for every entry. */
export function sha256Raw(data: string | Uint8Array): string {
  return hash('sha256', data, 'binary')
}
