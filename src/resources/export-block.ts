// What a ConfigMap shall hold, as lines of a worker's log, and back: the worker may not write to the cluster, so the
// controller harvests it from there (design 4.9). JSON Lines, like the rest of the log.
import { gunzipSync, gzipSync } from 'node:zlib'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import { isJsonObject } from '../lib/json.ts'

/** Bytes of base64 in a line: container runtimes split lines longer than 16 KiB. */
const PART = 12 * 1024
/** What a ConfigMap holds; a block that unpacks to more is none of ours. */
const MOST_BYTES = 1024 * 1024

const HEAD = 'ExportBlock'
const BODY = 'ExportPart'

/** The head names bytes, digest and how many parts follow. */
export function* exportBlock(content: Buffer): Iterable<string> {
  const packed = gzipSync(content).toString('base64')
  const parts = Math.ceil(packed.length / PART)
  yield `${JSON.stringify({ kind: HEAD, bytes: content.length, digest: digestOf(content), parts })}\n`
  for (let part = 0; part < parts; part++) {
    yield `${JSON.stringify({ kind: BODY, part: part + 1, data: packed.slice(part * PART, (part + 1) * PART) })}\n`
  }
}

/** The content of the block in a log. Throws ResultLost when it is missing, torn, or not what the result's digest says. */
export function readExportBlock(log: Iterable<string>, digest: string): Buffer {
  let parts: string[] = []
  for (const line of log) {
    const value = lineOf(line)
    if (value?.kind === HEAD) parts = []
    if (value?.kind === BODY && typeof value.data === 'string') parts.push(value.data)
  }
  if (parts.length === 0) throw lost('the log of the run has no export block')
  const content = unpacked(parts.join(''))
  if (!content || digestOf(content) !== digest) throw lost("the export block in the log of the run is not the result's")
  return content
}

function lineOf(line: string): { readonly kind?: unknown; readonly data?: unknown } | undefined {
  // Every line of a long report passes here.
  if (!line.startsWith('{"kind":"Export')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isJsonObject(value) ? { kind: value['kind'], data: value['data'] } : undefined
  } catch {
    // Torn; the digest tells.
    return undefined
  }
}

function unpacked(text: string): Buffer | undefined {
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES })
  } catch {
    return undefined
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${sha256Hex(content)}`
}

function lost(message: string): Failure {
  return new Failure('ResultLost', 'transient', message, { hint: 'the next attempt exports again' })
}
