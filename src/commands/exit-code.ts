// The exit code of a run (cli.md): the worker's and the command line's are the same.
import { constants } from 'node:os'
import { EXIT_CODE } from '../lib/failure.ts'
import type { ExecutedRun } from '../run/execute.ts'
import { Ended } from './ended.ts'

/** 0, 1 under `strict` with entries that were skipped, or would be, 10, 11, 12, or 128 + the number of the signal that ended it. */
export function exitCodeOf({ result, failure }: ExecutedRun, strict: boolean): number {
  if (failure instanceof Ended) return 128 + constants.signals[failure.signal]
  if (failure) return EXIT_CODE[failure.class]
  const wouldSkip = result.outcome === 'Planned' && result.counts.invalid > 0
  const skipped = wouldSkip || result.outcome === 'PartiallyCompleted' || result.reason === 'SkippedEntries'
  return strict && skipped ? 1 : 0
}
