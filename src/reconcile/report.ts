// The report of a run: what the worker's log says of each entry, kept compressed in a ConfigMap that the resource owns
// (design 4.9). The newest is kept long, older ones short; what is cut away is counted.
import { gzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
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

/** As many lines from the beginning as fit; each try takes what the last one's size suggests, so that few are needed. */
function packed(lines: readonly string[], most: number): Buffer {
  let kept = lines.length
  for (;;) {
    const zipped = gzipSync(textOf(lines, kept))
    if (zipped.length <= most || kept === 0) return zipped
    kept = Math.floor(kept * Math.min(0.9, (most / zipped.length) * 0.95))
  }
}

function textOf(lines: readonly string[], kept: number): string {
  const cut = lines.length - kept
  const text = lines
    .slice(0, kept)
    .map(line => `${line}\n`)
    .join('')
  return cut === 0 ? text : `${text}${JSON.stringify({ kind: 'ReportCut', leftOut: leftOut(lines, kept) })}\n`
}

/** What the worker had left out already counts, too. */
function leftOut(lines: readonly string[], kept: number): number {
  let sum = 0
  for (const line of lines.slice(kept)) {
    const value = parsed(line)
    sum += value?.['kind'] === 'ReportCut' ? Number(value['leftOut']) : 1
  }
  return sum
}
