// The key under which runs that write one branch wait for each other (A11, design 4.4).
import { normaliseRepositoryUrl } from '../lib/repository-url.ts'
import type { RunRequest } from '../resources/request.ts'

/** Undefined for a run that pushes nothing. */
export function branchLock({ mode, target }: Pick<RunRequest, 'mode' | 'target'>): string | undefined {
  if (mode === 'Plan' || target.type !== 'git') return undefined
  return `${normaliseRepositoryUrl(target.repository)} ${target.pushBranch ?? target.branch}`
}
