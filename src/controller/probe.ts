// Whether source or target moved since the last run: one ls-remote for git, one conditional GET for the web (design
// 4.2). Nothing is fetched, credentials are read for this one question.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { SECRETS } from '../cluster/types.ts'
import { remoteOf } from '../git/credentials.ts'
import type { RefSelection } from '../git/engine.ts'
import { revisionOf } from '../git/revision.ts'
import type { Clock } from '../lib/clock.ts'
import { Failure, onSide } from '../lib/failure.ts'
import type { HostGuard, HostPolicy } from '../lib/hosts.ts'
import type { SecretStore } from '../lib/secrets.ts'
import type { ProbeAnswer } from '../reconcile/observed.ts'
import type { ProbeQuestion } from '../reconcile/plan.ts'
import { secretValue } from '../resources/kinds.ts'
import type { GitSourceRequest, SourceRequest, TargetRequest } from '../resources/request.ts'
import { PROBE_LIMITS, type ProbedSource, probeRegistry, probeUrl } from '../sources/probe.ts'
import type { GitProbe } from './git-probe.ts'

export interface ProbeAccess {
  readonly cluster: Cluster
  readonly git: GitProbe
  /** The guard of a policy, with the machine's resolver. */
  readonly guard: (policy: HostPolicy) => HostGuard
  readonly clock: Clock
}

interface Asking {
  readonly namespace: string
  readonly signal: AbortSignal
}

type Context = ProbeAccess & Asking & { readonly secrets: SecretStore; readonly hosts: HostGuard }

/** What fails is an answer; throws ClusterError. */
export async function probe(question: ProbeQuestion, access: ProbeAccess, asking: Asking): Promise<ProbeAnswer> {
  const secrets = clusterSecrets(access.cluster, asking.namespace)
  const context: Context = { ...access, ...asking, secrets, hosts: access.guard(question.hosts) }
  try {
    const source = await onSide('source', probeSource(question, context))
    const targetHead = await onSide('target', probeTarget(question.target, context))
    return { ...source, ...(targetHead === undefined ? {} : { targetHead }) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const message = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
    return { state: 'failed', reason: error.reason, class: error.class, message }
  }
}

function probeSource(question: ProbeQuestion, context: Context): Promise<ProbedSource> {
  const { source, seen, fullInterval } = question
  const access = { ...context, limits: PROBE_LIMITS }
  switch (source.type) {
    case 'git':
      return probeGit(source, seen.revision, context)
    case 'url':
      return probeUrl(source, seen, access)
    case 'registry':
      return probeRegistry(source, seen, { ...access, fullInterval })
    case 'configmap':
      // A reconciler sees that it changed by its version among the dependencies.
      return Promise.resolve({ state: 'unchanged' })
    default:
      return source satisfies never
  }
}

async function probeGit(source: GitSourceRequest, seen: string | undefined, context: Context): Promise<ProbedSource> {
  const { commit, emptyRepository } = await probeRef(source, source.ref, context)
  if (commit === undefined) throw missingRef(source, emptyRepository)
  return compared(revisionOf(source.ref, commit), seen)
}

/** The head that a run would meet: of the branch that it pushes, where there is one already. */
async function probeTarget(target: TargetRequest, context: Context): Promise<string | undefined> {
  if (target.type !== 'git') return undefined
  for (const branch of [target.pushBranch, target.branch]) {
    if (branch === undefined) continue
    const { commit } = await probeRef(target, { branch }, context)
    if (commit !== undefined) return commit
  }
  return undefined
}

async function probeRef(
  { repository, authSecret }: Pick<GitSourceRequest, 'repository' | 'authSecret'>,
  ref: RefSelection,
  { git, secrets, hosts, signal }: Context,
) {
  const remote = await remoteOf(repository, authSecret, { secrets, hosts, userConfig: false })
  return git(remote, ref, signal)
}

function compared(revision: string, seen: string | undefined): ProbedSource {
  return { state: revision === seen ? 'unchanged' : 'changed', revision }
}

/** The same words as the run would have. */
function missingRef({ repository, ref }: GitSourceRequest, isEmpty: boolean): Failure {
  if (isEmpty)
    return new Failure('EmptyRepository', 'definite', `${repository} is empty: it has no branch and no commit`)
  const [kind, name] = Object.entries(ref)[0] ?? ['ref', '']
  return new Failure('RefNotFound', 'definite', `${kind} ${name} does not exist in ${repository}`, {
    hint: `correct spec.source.git.${kind}, or create it there`,
  })
}

/** Secrets of one namespace, by one `get` each. */
function clusterSecrets(cluster: Cluster, namespace: string): SecretStore {
  return {
    placeOf: () => `namespace ${namespace}`,
    async read(name) {
      try {
        const secret = await cluster.get(SECRETS, { namespace, name })
        if (!secret) return undefined
        const keys = [...Object.keys(secret.data ?? {}), ...Object.keys(secret.stringData ?? {})]
        return new Map(keys.map(key => [key, secretValue(secret, key) ?? Buffer.alloc(0)]))
      } catch (error) {
        if (!(error instanceof ClusterError) || error.reason !== 'Forbidden') throw error
        throw new Failure('SecretInvalid', 'definite', `Secret ${name} may not be read by the controller`, {
          hint: 'allow its service account to get secrets in this namespace',
        })
      }
    },
  }
}

/** The host that is asked, to ask no host too much; '' for the cluster itself. */
export function hostAsked(source: SourceRequest): string {
  const url = source.type === 'git' ? source.repository : source.type === 'configmap' ? '' : source.url
  return URL.canParse(url) ? new URL(url).host : ''
}
