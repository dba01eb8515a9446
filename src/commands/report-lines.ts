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
