// An API record `{server, _meta}` taken apart; any other value is the server document itself.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { readWarning } from './findings.ts'

export interface RecordParts {
  readonly value: JsonValue
  /** The API's `_meta` beside `server`. */
  readonly meta: JsonObject | undefined
  /** Pointer of the server document inside the record. */
  readonly prefix: string
  readonly findings: readonly Finding[]
}

/** A pointer in the record as a pointer in the server document; one beside it stays as it is. */
export function insideRecord({ prefix }: Pick<RecordParts, 'prefix'>, pointer: string): string {
  return pointer === prefix || pointer.startsWith(`${prefix}/`) ? pointer.slice(prefix.length) : pointer
}

export function recordParts(value: JsonValue): RecordParts {
  const server = isJsonObject(value) ? own(value, 'server') : undefined
  if (!isJsonObject(value) || !isJsonObject(server)) return { value, meta: undefined, prefix: '', findings: [] }
  const meta = own(value, '_meta')
  const ignored = Object.keys(value).filter(key => key !== 'server' && key !== '_meta')
  return {
    value: server,
    meta: isJsonObject(meta) ? meta : undefined,
    prefix: '/server',
    findings: ignored.map(key =>
      readWarning({
        code: 'RecordKeyIgnored',
        message: `the key ${JSON.stringify(key.slice(0, 60))} beside server and _meta is not kept`,
      }),
    ),
  }
}
