// Runs on record for an audit: a file of RunResults, one a line, or as `rollbook run -o json` prints them one after the other.
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Failure } from '../lib/failure.ts'
import { isJsonObject, type JsonObject, own } from '../lib/json.ts'
import { COUNT_KEYS, type Counts, NO_COUNTS, type RunOutcome } from '../resources/result.ts'
import type { RunFact } from '../run/audit-facts.ts'

/** A run and the target that it wrote to. */
export interface RunRecord {
  readonly fact: RunFact
  readonly repository: string
  readonly branch: string
}

const MOST_PROBLEMS = 10

/** Every run in the file, one after the other. Throws InputUnreadable with the place of each line that is no RunResult. */
export async function* readRunRecords(path: string, cwd: string): AsyncGenerator<RunRecord> {
  const problems: string[] = []
  for await (const { line, text } of documentsIn(path, cwd)) {
    const record = recordOf(text)
    if (typeof record !== 'string') yield record
    else if (problems.push(`${path}:${line}: ${record}`) === MOST_PROBLEMS) break
  }
  if (problems.length > 0) throw new Failure('InputUnreadable', 'definite', problems.join('\n'))
}

/** One line each, or from a line that is `{` to one that is `}`, as indented JSON stands. */
async function* documentsIn(path: string, cwd: string): AsyncGenerator<{ line: number; text: string }> {
  const input = createReadStream(resolve(cwd, path))
  let opened: { line: number; parts: string[] } | undefined
  let line = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (opened) {
        opened.parts.push(text)
        if (text !== '}') continue
        yield { line: opened.line, text: opened.parts.join('\n') }
        opened = undefined
      } else if (text === '{') opened = { line, parts: [text] }
      else if (text.trim() !== '') yield { line, text }
    }
  } catch (error) {
    const why = (error as Error).message.replace(/, \w+ '.*$/s, '')
    throw new Failure('InputUnreadable', 'definite', `${path} can't be read: ${why}`, { cause: error })
  }
  if (opened) yield { line: opened.line, text: opened.parts.join('\n') }
}

/** The record, or what is wrong with the text. */
function recordOf(text: string): RunRecord | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'this is not JSON'
  }
  return recordOfValue(value)
}

/** The record of a RunResult, or what is wrong with it. */
export function recordOfValue(value: unknown): RunRecord | string {
  if (!isJsonObject(value) || own(value, 'kind') !== 'RunResult') return 'this is not a RunResult'
  const resource = part(value, 'resource')
  const target = part(value, 'target')
  const texts = {
    id: textAt(value, 'id'),
    outcome: textAt(value, 'outcome'),
    startTime: textAt(value, 'startTime'),
    'resource.kind': textAt(resource, 'kind'),
    'resource.namespace': textAt(resource, 'namespace'),
    'resource.name': textAt(resource, 'name'),
    'target.repository': textAt(target, 'repository'),
    'target.branch': textAt(target, 'branch'),
  }
  const lacking = Object.entries(texts).filter(([, given]) => given === '')
  if (lacking.length > 0) return `this RunResult lacks ${lacking.map(([key]) => key).join(', ')}`
  const startTime = new Date(texts.startTime)
  if (Number.isNaN(startTime.getTime())) return `its startTime ${JSON.stringify(texts.startTime)} is no time`
  if (!isOutcome(texts.outcome)) return `its outcome ${JSON.stringify(texts.outcome)} is none that a run has`
  const made = madeOf(texts.outcome, textAt(value, 'reason'))
  const head = /(?:^|@)sha1:([0-9a-f]{40})$/.exec(textAt(target, 'revision'))?.[1]
  const until = Number(own(value, 'count') ?? 1) > 1 ? new Date(textAt(value, 'completionTime')) : undefined
  const requestHash = textAt(value, 'requestHash').replace(/^sha256:/, '')
  return {
    repository: texts['target.repository'],
    branch: texts['target.branch'],
    fact: {
      id: texts.id,
      resource: `${texts['resource.kind']}/${texts['resource.namespace']}/${texts['resource.name']}`,
      outcome: texts.outcome,
      made,
      startTime,
      commit: made === 'commit' ? head : undefined,
      ...(made === 'commit' || head === undefined ? {} : { met: head }),
      ...(until === undefined ? {} : { until }),
      sourceRevision: textAt(part(value, 'source'), 'revision') || null,
      digest: textAt(value, 'digest').replace(/^sha256:/, '') || null,
      counts: countsOf(part(value, 'counts')),
      ...(requestHash === '' ? {} : { requestHash }),
    },
  }
}

function madeOf(outcome: RunOutcome, reason: string): RunFact['made'] {
  if (outcome === 'Failed' || outcome === 'Cancelled') return 'unknown'
  if (outcome === 'Completed') return 'commit'
  return outcome === 'PartiallyCompleted' && reason !== 'FilterMatchesNothing' ? 'commit' : 'nothing'
}

const OUTCOMES: readonly string[] = [
  'Completed',
  'PartiallyCompleted',
  'Unchanged',
  'Planned',
  'Cancelled',
  'Failed',
] satisfies readonly RunOutcome[]

function isOutcome(text: string): text is RunOutcome {
  return OUTCOMES.includes(text)
}

function countsOf(counts: JsonObject): Counts {
  const read: { -readonly [K in keyof Counts]: number } = { ...NO_COUNTS }
  for (const key of COUNT_KEYS) read[key] = Number(own(counts, key) ?? 0)
  return read
}

function part(object: JsonObject, key: string): JsonObject {
  const value = own(object, key)
  return isJsonObject(value) ? value : {}
}

/** '' when there is no text. */
function textAt(object: JsonObject, key: string): string {
  const value = own(object, key)
  return typeof value === 'string' ? value : ''
}
