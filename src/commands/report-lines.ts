// The report as JSON Lines: one object an entry (cli.md, `--report`).
import type { EntryOutcome } from '../resources/result.ts'

/** Lines with their line breaks, made one at a time. */
export function* reportLines(
  outcomes: Iterable<EntryOutcome>,
  options: { readonly skipUnchanged: boolean },
): Iterable<string> {
  for (const { name, version, outcome, reason, issues } of outcomes) {
    if (options.skipUnchanged && outcome === 'unchanged') continue
    yield `${JSON.stringify({ name: name ?? null, version: version ?? null, outcome, reason: reason ?? null, issues })}\n`
  }
}

/** As many whole lines as fit into the bytes, then one that says how many were left out (design 4.9). */
export function* cutLines(lines: Iterable<string>, most: number): Iterable<string> {
  let bytes = 0
  let leftOut = 0
  for (const line of lines) {
    bytes += Buffer.byteLength(line)
    if (leftOut > 0 || bytes > most) leftOut++
    else yield line
  }
  if (leftOut > 0) yield `${JSON.stringify({ kind: 'ReportCut', leftOut })}\n`
}
