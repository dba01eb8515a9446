// What a run says when an entry of the source without a name keeps prune from removing anything: it may be any of the target's.
import { amount } from '../lib/amount.ts'
import type { Issue } from '../lib/issue.ts'
import { type Decision, isPruneHeldBack, type Mergeable, type MergeOptions } from './merge.ts'
import type { Accepted } from './prepare.ts'

/** One warning about all of them; none when nothing would have been pruned anyway. */
export function pruneNotes(
  decisions: readonly Decision<Mergeable, Mergeable>[],
  { nameless, invalidIdentities }: Pick<Accepted, 'nameless' | 'invalidIdentities'>,
  { prune }: Pick<MergeOptions, 'prune'>,
): Issue[] {
  const [document] = nameless.keys()
  if (document === undefined || !isPruneHeldBack(decisions, { prune, keep: invalidIdentities })) return []
  const count = [...nameless.values()].reduce((sum, n) => sum + n, 0)
  const where = nameless.size === 1 ? document : `${document} and ${amount(nameless.size - 1, 'other document')}`
  const those = count === 1 ? 'has no name, and may be' : 'have no name, and each may be'
  return [
    {
      code: 'NothingPruned',
      tier: 'policy',
      severity: 'warning',
      document,
      pointer: '',
      path: '',
      message: `nothing is pruned: ${amount(count, 'entry', 'entries')} of ${where} ${those} any entry of the target`,
      hint: count === 1 ? 'mend it or remove it' : 'mend or remove them',
    },
  ]
}
