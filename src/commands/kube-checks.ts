// The part of `rollbook check` that asks a cluster: reached, kinds there and ours, rights of the caller.
import type { ClusterObject, ObjectType } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { type KubeCluster, kubeCluster } from '../cluster/kube/cluster.ts'
import type { KubeConnection } from '../cluster/kube/connection.ts'
import { isAllowed, type Right } from '../cluster/kube/rights.ts'
import { typeOf } from '../cluster/types.ts'
import { Failure } from '../lib/failure.ts'
import { definitionOf, GROUP, kindNames } from '../resources/kinds.ts'
import type { KindName } from '../resources/schema.ts'
import type { Invocation } from './command.ts'
import { controllerLease, NO_CONTROLLER } from './controller-lease.ts'
import { differenceTo } from './crd-edition.ts'
import { connectionOf, observerFor } from './kube-access.ts'
import { machineClock } from './machine.ts'
import { programVersion } from './version.ts'

export interface Check {
  readonly name: string
  readonly ok: boolean
  /** It works, but somebody should act. */
  readonly warning?: boolean
  /** What was found, or what to do. */
  readonly message: string
}

interface Asked {
  readonly connection: KubeConnection
  readonly cluster: KubeCluster
  readonly namespace: string
}

/** Each needs what stands before it; the first that fails is the last that is told. */
export async function clusterChecks(invocation: Invocation): Promise<readonly Check[]> {
  let connection: KubeConnection
  try {
    connection = connectionOf(invocation, { plugins: true })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [{ name: 'cluster', ok: false, message: [error.message, error.hint].filter(Boolean).join('; ') }]
  }
  const cluster = kubeCluster({ connection, clock: machineClock(undefined), observer: observerFor(invocation) })
  const asked = { connection, cluster, namespace: invocation.options.text('namespace') ?? connection.namespace }
  const checks: Check[] = []
  try {
    for (const check of [reachedCheck, kindsCheck, definitionChecks, rightsCheck, controllerCheck]) {
      const done = [await check(asked)].flat()
      checks.push(...done)
      if (done.some(({ ok }) => !ok)) break
    }
    return checks
  } finally {
    connection.close()
  }
}

/** Any answer is one, also a refusal. */
async function reachedCheck({ connection, cluster, namespace }: Asked): Promise<Check> {
  const name = 'cluster'
  const where = `context ${connection.context}, ${connection.server.href}`
  const error = await errorOf(() => cluster.list(typeOf('MCPRegistry'), { namespace }))
  if (error instanceof Failure) return { name, ok: false, message: `${where}: ${error.message}` }
  const isDeaf = error?.reason === 'Unavailable' || error?.reason === 'Unauthorized'
  return { name, ok: !isDeaf, message: isDeaf ? `${where}: ${error.message}` : where }
}

async function kindsCheck({ cluster, namespace }: Asked): Promise<Check> {
  const missing: string[] = []
  for (const kind of kindNames) {
    const error = await errorOf(() => cluster.list(typeOf(kind), { namespace }))
    if (error instanceof ClusterError && error.reason === 'NotFound') missing.push(definitionOf(kind).plural)
  }
  const ok = missing.length === 0
  const message = ok
    ? `all ${kindNames.length} kinds of ${GROUP}`
    : `${missing.join(', ')} are missing: install the CRDs with ${APPLY_CRDS}`
  return { name: 'kinds', ok, message }
}

const APPLY_CRDS = 'kubectl apply --server-side -f crds/'

const CRDS: ObjectType<ClusterObject> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}

interface Installed {
  readonly kind: KindName
  readonly crd: ClusterObject
}

/** Undefined when the caller may not look. */
async function installedCrds(cluster: KubeCluster): Promise<readonly Installed[] | undefined> {
  try {
    const lists = await Promise.all(
      kindNames.map(async kind => {
        const { items } = await cluster.list(CRDS, { name: crdName(kind) })
        return items.map(crd => ({ kind, crd }))
      }),
    )
    return lists.flat()
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== 'Forbidden') throw error
    return undefined
  }
}

function crdName(kind: KindName): string {
  return `${definitionOf(kind).plural}.${GROUP}`
}

const OWNER = 'owner of the kinds'
const EDITION = 'edition of the kinds'

async function definitionChecks({ cluster }: Asked): Promise<readonly Check[]> {
  const installed = await installedCrds(cluster)
  if (!installed) {
    const message = 'not known: you may not read CustomResourceDefinitions'
    return [OWNER, EDITION].map(name => ({ name, ok: true, message }))
  }
  const owner = ownerCheck(installed)
  return owner.ok ? [owner, editionCheck(installed)] : [owner]
}

/** A definition of the same name that somebody else made has other fields. */
function ownerCheck(installed: readonly Installed[]): Check {
  const foreign = installed.filter(({ crd }) => crd.metadata.labels?.['app.kubernetes.io/part-of'] !== 'rollbook')
  if (foreign.length === 0) return { name: OWNER, ok: true, message: 'Rollbook' }
  const names = foreign.map(({ crd }) => crd.metadata.name).join(', ')
  const message = `${names} come from somebody else (no label app.kubernetes.io/part-of: rollbook): they are never overwritten`
  return { name: OWNER, ok: false, message }
}

/** Definitions of another release go on working, but not for every field. */
function editionCheck(installed: readonly Installed[]): Check {
  const others = installed.flatMap(({ kind, crd }) => {
    const difference = differenceTo(kind, crd)
    return difference === undefined ? [] : [`${crd.metadata.name} (first at ${difference})`]
  })
  const version = `rollbook ${programVersion()}`
  if (others.length === 0) return { name: EDITION, ok: true, message: `that of ${version}` }
  const message = `not that of ${version}: ${others.join(', ')}; apply those of this release with ${APPLY_CRDS}`
  return { name: EDITION, ok: true, warning: true, message }
}

/** What the commands of people need. */
async function rightsCheck({ connection, namespace }: Asked): Promise<Check> {
  const clock = machineClock(undefined)
  const missing: string[] = []
  for (const right of wantedRights(namespace)) {
    if (!(await isAllowed(right, { connection, clock }))) missing.push(`${right.verb} ${right.resource}`)
  }
  const ok = missing.length === 0
  const message = ok ? `all in namespace ${namespace}` : `missing in namespace ${namespace}: ${missing.join(', ')}`
  return { name: 'rights', ok, message }
}

function wantedRights(namespace: string): readonly Right[] {
  const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete']
  const ours = kindNames.flatMap(kind =>
    verbs.map(verb => ({ verb, group: GROUP, resource: definitionOf(kind).plural, namespace })),
  )
  const core = ['list events', 'list pods', 'get pods/log', 'get configmaps'].map(words => {
    const [verb = '', resource = ''] = words.split(' ')
    return { verb, group: '', resource, namespace }
  })
  return [...ours, ...core]
}

/** Without one the commands work, and nothing runs. */
async function controllerCheck({ cluster, namespace }: Asked): Promise<Check> {
  const name = 'controller'
  try {
    const { state, message } = await controllerLease(cluster, { namespace, now: machineClock(undefined).now() })
    if (state !== 'none') return { name, ok: true, message }
    return { name, ok: true, warning: true, message: `${message}; ${NO_CONTROLLER}` }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    return { name, ok: true, message: `not known: ${error.message}` }
  }
}

async function errorOf(call: () => Promise<unknown>): Promise<ClusterError | Failure | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof ClusterError || error instanceof Failure) return error
    throw error
  }
}
