// One answer of a registry's list: its records and the cursor of the next page.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'

export interface ListPage {
  readonly records: readonly JsonValue[]
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined
}

/** Undefined when the bytes are no list of an API: another kind of document, or none at all. */
export function listPage(bytes: Buffer): ListPage | undefined {
  const value = parsed(bytes)
  if (!isJsonObject(value) || !Object.hasOwn(value, 'servers') || isJsonObject(own(value, 'data'))) return undefined
  const servers = own(value, 'servers')
  // Servers written in Go give null for a list without items.
  if (servers !== null && !Array.isArray(servers)) return undefined
  return { records: servers ?? [], nextCursor: cursorOf(value) }
}

function cursorOf(page: JsonObject): string | undefined {
  const metadata = own(page, 'metadata')
  if (!isJsonObject(metadata)) return undefined
  // The name before 2025-09-16.
  const cursor = own(metadata, 'nextCursor') ?? own(metadata, 'next_cursor')
  return typeof cursor === 'string' && cursor !== '' ? cursor : undefined
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
