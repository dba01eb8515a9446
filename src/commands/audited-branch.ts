// Which history `rollbook audit` walks: the head of the target's branch, or of the branch where its runs wait for a review.
import { remoteOf } from '../git/credentials.ts'
import type { GitRemote, GitStore } from '../git/engine.ts'
import { Failure } from '../lib/failure.ts'
import { normaliseRepositoryUrl } from '../lib/repository-url.ts'
import type { GitTargetRequest } from '../resources/request.ts'
import type { AuditedBranch } from '../run/audit-history.ts'
import { type Heads, standingOf } from '../run/push-branch.ts'
import type { Access } from '../sources/source.ts'

export type AuditedTarget = Pick<GitTargetRequest, 'repository' | 'branch' | 'pushBranch' | 'path' | 'authSecret'>

/** Opens it in the scratch folder. Throws RefNotFound; an empty repository has no head. */
export async function openBranch(target: AuditedTarget, access: Access): Promise<AuditedBranch> {
  const { repository, branch, pushBranch, path, authSecret } = target
  const remote = await remoteOf(repository, authSecret, access)
  const store = await access.git.open(remote, access.scratch, access.signal)
  const { commit, emptyRepository } = await access.git.probe(remote, { branch }, access.signal)
  const heads = { branch: commit, pushBranch: await headOf(pushBranch, remote, access) }
  if (commit === undefined && heads.pushBranch === undefined && !emptyRepository) {
    throw new Failure('RefNotFound', 'definite', `branch ${branch} does not exist in ${repository}`)
  }
  return { store, head: await auditedHead(heads, store), path, limits: access.limits }
}

/** True of a run on record that wrote to one of the target's branches. */
export function wroteTo({ repository, branch, pushBranch }: AuditedTarget, run: Where): boolean {
  const isThere = normaliseRepositoryUrl(run.repository) === normaliseRepositoryUrl(repository)
  return isThere && (run.branch === branch || run.branch === pushBranch)
}

interface Where {
  readonly repository: string
  readonly branch: string
}

async function headOf(branch: string | undefined, remote: GitRemote, access: Access): Promise<string | undefined> {
  if (branch === undefined) return undefined
  return (await access.git.probe(remote, { branch }, access.signal)).commit
}

/** A review branch has the runs' own commits before they are merged; merged or deleted, the branch itself has them. */
async function auditedHead(heads: Heads, store: GitStore): Promise<string | undefined> {
  const standing = await standingOf(heads, (head, commit) => store.contains(head, commit))
  return standing === 'absent' || standing === 'behind' ? heads.branch : heads.pushBranch
}
