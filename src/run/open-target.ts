// Which target a request means, opened.
import type { CommitSigner } from '../git/engine.ts'
import { openSigner } from '../git/signature/signer.ts'
import type { TargetRequest } from '../resources/request.ts'
import type { Access } from '../sources/source.ts'
import { ConfigMapTarget } from './config-map-target.ts'
import { GitTarget } from './git-target.ts'
import type { Report } from './report.ts'
import type { Target } from './target.ts'

/** Signs the target's commits; undefined where that is not asked for. Throws SecretNotFound, SecretInvalid, OpenPgpMissing. */
export async function signerOf(target: TargetRequest, { secrets, clock }: Access): Promise<CommitSigner | undefined> {
  if (target.type !== 'git') return undefined
  return await openSigner(target.commit.signingSecret, { secrets, now: clock.now() })
}

/** Undefined when nothing is written at all. What a ConfigMap shall hold goes into the report. */
export async function openTarget(
  target: TargetRequest,
  access: Access,
  { report, sign }: { readonly report: Report; readonly sign: CommitSigner | undefined },
): Promise<Target | undefined> {
  switch (target.type) {
    case 'git':
      return await GitTarget.open(target, access, sign)
    case 'configmap':
      return await ConfigMapTarget.open(target, access, report)
    case 'none':
      return undefined
    default:
      return target satisfies never
  }
}
