// What Rollbook relies on in a cluster, held by both engines: the memory cluster and a real API server (1.34), which is right
// where they differ. Garbage collection needs the controller manager, and Pods the default service account.
import type { Test } from 'tap'
import { applyRules } from './cluster-apply.ts'
import { coreRules } from './cluster-core.ts'
import { deletionRules } from './cluster-deletion.ts'
import type { MakeSite } from './cluster-site.ts'
import { statusRules } from './cluster-status.ts'
import { watchRules } from './cluster-watch.ts'
import { writeRules } from './cluster-writes.ts'

/** Runs every rule, each on a site of its own. */
export function clusterContract(t: Test, makeSite: MakeSite): void {
  for (const rules of [writeRules, statusRules, applyRules, deletionRules, coreRules, watchRules]) rules(t, makeSite)
}
