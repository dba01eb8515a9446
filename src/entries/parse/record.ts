// An API record `{server, _meta}` taken apart; any other value is the server document itself.
import type { Finding } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { readWarning } from './findings.ts'

export interface RecordParts {
  /** Undefined where a record has something else than a document as `server`; `findings` say so. */
  readonly value: JsonValue | undefined
  /** The API's `_meta` beside `server`. */
  readonly meta: JsonObject | undefined
  /** Pointer of the server document inside the record. */
  readonly prefix: string
  readonly findings: readonly Finding[]
}

/** With one of these a value is a document that has some key `server` of its own, and no record. */
const DOCUMENT_KEYS = ['$schema', 'name', 'version']

const SERVER_NO_OBJECT: Finding = {
  code: 'type',
  tier: 'schema',
  severity: 'error',
  pointer: '/server',
  path: 'server',
  message: '"server" of an API record must be an object',
  hint: 'put the server.json there',
}

/** A pointer in the record as a pointer in the server document; one beside it stays as it is. */
export function insideRecord({ prefix }: Pick<RecordParts, 'prefix'>, pointer: string): string {
  return pointer === prefix || pointer.startsWith(`${prefix}/`) ? pointer.slice(prefix.length) : pointer
}

export function recordParts(value: JsonValue): RecordParts {
  const server = isJsonObject(value) ? own(value, 'server') : undefined
  if (!isJsonObject(value) || server === undefined) return { value, meta: undefined, prefix: '', findings: [] }
  if (!isJsonObject(server)) {
    const isDocument = DOCUMENT_KEYS.some(key => Object.hasOwn(value, key))
    return isDocument
      ? { value, meta: undefined, prefix: '', findings: [] }
      : { value: undefined, meta: undefined, prefix: '', findings: [SERVER_NO_OBJECT] }
  }
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
