// The report of a run: what the worker's log says of each entry, kept compressed in a ConfigMap that the resource owns
// (design 4.9). The newest is kept long, older ones short; what is cut away is counted.
import { gzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import type { ConfigMap } from '../resources/kinds.ts'
import { LONG_REPORT, SHORT_REPORT } from '../resources/names.ts'
import type { ObjectMeta } from '../resources/object-meta.ts'

/** Bytes of gzip. */
const MOST_LONG = 512 * 1024
const MOST_SHORT = 64 * 1024

/** The ConfigMap of a report; undefined when the log has nothing to keep. */
export function reportConfigMap(metadata: ObjectMeta, log: readonly string[]): ConfigMap | undefined {
  const lines = reportLines(log)
  if (lines.length === 0) return undefined
  const long = packed(lines, MOST_LONG)
  const short = long.length <= MOST_SHORT ? undefined : packed(lines, MOST_SHORT)
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    binaryData: {
      ...(short ? { [LONG_REPORT]: long.toString('base64') } : {}),
      [SHORT_REPORT]: (short ?? long).toString('base64'),
    },
  }
}

/** Outcomes of entries, the difference of a plan, and what the worker left out itself; the rest of a log is for people. */
function reportLines(log: readonly string[]): string[] {
  return log.filter(line => {
    if (!line.startsWith('{') || line.startsWith('{"kind":"Export')) return false
    const value = parsed(line)
    if (!value) return false
    return value['kind'] === 'Diff' || value['kind'] === 'ReportCut' || isOutcome(value)
  })
}

function isOutcome(value: JsonObject): boolean {
  return typeof value['outcome'] === 'string' && value['kind'] === undefined && Object.hasOwn(value, 'issues')
}

function parsed(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isJsonObject(value) ? value : undefined
  } catch {
    // A line that was torn, or is none of ours.
    return undefined
  }
}

/** As much from the beginning as fits; each try takes what the last one's size suggests, so that few are needed. */
function packed(lines: readonly string[], most: number): Buffer {
  const units = unitsOf(lines)
  let kept = units
  for (;;) {
    const zipped = gzipSync(textOf(lines, kept))
    if (zipped.length <= most || kept === 0) return zipped
    kept = Math.floor(kept * Math.min(0.9, (most / zipped.length) * 0.95))
  }
}

/** A line is one; the difference of a plan is one line, and as many as it has changes. */
function unitsOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Math.max(1, changesOf(diffIn(line))), 0)
}

function textOf(lines: readonly string[], kept: number): string {
  let room = kept
  let leftOut = 0
  let text = ''
  for (const line of lines) {
    const diff = diffIn(line)
    const units = Math.max(1, changesOf(diff))
    if (diff && room < units) text += `${JSON.stringify(shortDiff(diff, room))}\n`
    else if (room >= units) text += `${line}\n`
    else leftOut += leftOutBy(line)
    room = Math.max(0, room - units)
  }
  return leftOut === 0 ? text : `${text}${JSON.stringify({ kind: 'ReportCut', leftOut })}\n`
}

/** What the worker had left out already counts, too. */
function leftOutBy(line: string): number {
  const value = line.startsWith('{"kind":"ReportCut"') ? parsed(line) : undefined
  return value ? Number(value['leftOut']) : 1
}

const DIFF_LISTS = ['added', 'removed', 'updated'] as const

function diffIn(line: string): JsonObject | undefined {
  return line.startsWith('{"kind":"Diff"') ? parsed(line) : undefined
}

function changesOf(diff: JsonObject | undefined): number {
  return DIFF_LISTS.reduce((sum, list) => sum + listIn(diff, list).length, 0)
}

function listIn(diff: JsonObject | undefined, list: string): readonly JsonValue[] {
  const value = diff?.[list]
  return Array.isArray(value) ? value : []
}

/** The same counts, and so many of the changes; `omitted` says how many are not listed. */
function shortDiff(diff: JsonObject, most: number): JsonObject {
  let room = most
  const lists: JsonObject = {}
  for (const list of DIFF_LISTS) {
    const kept = listIn(diff, list).slice(0, room)
    lists[list] = [...kept]
    room -= kept.length
  }
  const omitted = Number(diff['omitted'] ?? 0) + changesOf(diff) - changesOf(lists)
  return { ...diff, ...lists, omitted }
}
