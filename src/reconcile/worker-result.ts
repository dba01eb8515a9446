// What a worker says of its run, read with distrust: it parsed what strangers wrote. Only the words and numbers of a result
// come through; what does not fit is left out, and a result of another run is none.
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { isRunReason, type RunReason } from '../resources/condition-reasons.ts'
import { COUNT_KEYS, type Counts, OUTCOMES, type RunOutcome } from '../resources/result.ts'

export interface WorkerResult {
  readonly outcome: RunOutcome
  readonly reason: RunReason
  readonly message: string
  /** RFC 3339, by the worker's clock. */
  readonly completionTime?: string
  readonly sourceRevision?: string
  readonly targetRevision?: string
  readonly branch?: string
  readonly repository?: string
  readonly digest?: string
  readonly requestHash?: string
  readonly counts?: Counts
  readonly issues: readonly JsonValue[]
}

/** The result of this run in a termination message or in a line of the log; undefined when there is none. */
export function readResult(text: string | undefined, runId: string): WorkerResult | undefined {
  const value = parsed(text)
  if (value?.['kind'] !== 'RunResult' || value['id'] !== runId) return undefined
  const outcome = OUTCOMES.find(name => name === value['outcome'])
  const { reason } = value
  if (!outcome || !isRunReason(reason)) return undefined
  return {
    outcome,
    reason,
    message: textOf(value['message']) ?? outcome,
    ...optional('completionTime', textOf(value['completionTime'])),
    ...optional('sourceRevision', textOf(inner(value, 'source')['revision'])),
    ...optional('targetRevision', textOf(inner(value, 'target')['revision'])),
    ...optional('branch', textOf(inner(value, 'target')['branch'])),
    ...optional('repository', textOf(inner(value, 'target')['repository'])),
    ...optional('digest', textOf(value['digest'])),
    ...optional('requestHash', hashOf(value['requestHash'])),
    ...optional('counts', countsOf(value['counts'])),
    issues: Array.isArray(value['issues']) ? value['issues'] : [],
  }
}

/** The last result in a log: what a kubelet keeps of a message may be cut. */
export function resultInLog(lines: readonly string[], runId: string): WorkerResult | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]
    const result = line?.startsWith('{"kind":"RunResult"') ? readResult(line, runId) : undefined
    if (result) return result
  }
  return undefined
}

function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Not a result: the exit code speaks alone.
    return undefined
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function hashOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined
}

function inner(value: JsonObject, key: string): JsonObject {
  const field = value[key]
  return isJsonObject(field) ? field : {}
}

function countsOf(value: JsonValue | undefined): Counts | undefined {
  if (!isJsonObject(value)) return undefined
  const counts = COUNT_KEYS.map(key => [key, value[key]] as const)
  const isWhole = counts.every(([, count]) => Number.isSafeInteger(count) && Number(count) >= 0)
  return isWhole ? (Object.fromEntries(counts) as unknown as Counts) : undefined
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })
}
