// What an audit needs of a resource in a cluster or state directory: its target, its history, and the Secret of its repository.
import { typeOf } from '../cluster/types.ts'
import type { MCPRegistry } from '../resources/generated/types.ts'
import { kindNames, nameOf, type RollbookResource } from '../resources/kinds.ts'
import type { RunFact } from '../run/audit-facts.ts'
import type { Access } from '../sources/source.ts'
import { SECRET_DIR } from './all-settings.ts'
import { type AuditedTarget, wroteTo } from './audited-branch.ts'
import { type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { localAccess } from './local-access.ts'
import { note } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { kindAndName, ownKind } from './resource-argument.ts'
import { recordOfValue } from './run-records.ts'
import { historyOf, resultOf, runOwner, targetOf } from './run-result.ts'
import { clusterSecrets, firstOf } from './secret-stores.ts'

export interface AuditedPlace {
  readonly target: AuditedTarget
  readonly access: Omit<Access, 'scratch'>
  /** What a resource has on record; absent where only --runs can tell. */
  readonly history?: readonly RunFact[]
}

/** Throws NotFound, and UsageError for a resource that does not write to git. */
export async function targetOfResource(invocation: Invocation, access: ResourceAccess): Promise<AuditedPlace> {
  const { options, positionals } = invocation
  const given = ['filename', 'name', 'repository', 'branch', 'path'].find(name => options.list(name).length > 0)
  if (given !== undefined) throw new UsageError(`--${given} and KIND NAME exclude each other: the resource says it`)
  const { kind: word, name } = kindAndName(positionals)
  const { cluster, namespace } = access
  const { items: registries } = await cluster.list(typeOf<MCPRegistry>('MCPRegistry'), { namespace })
  const resource = runOwner(await foundResource(access, ownKind(word), name), registries)
  const target = targetOf(resource, registries)
  if (target?.type !== 'git')
    throw new UsageError(`${nameOf(resource)} does not write to git: there is no history to audit`)
  const history: RunFact[] = []
  for (const owner of [resource, ...(await neighboursOf(resource, target, { access, registries }))]) {
    for (const entry of historyOf(owner)) {
      const record = recordOfValue(resultOf(owner, entry, registries))
      if (typeof record === 'string') note(invocation, `run ${entry.id} of the history is left out: ${record}`)
      else if (wroteTo(target, record)) history.push(record.fact)
    }
  }
  const local = await localAccess(invocation, { secretDir: options.text(SECRET_DIR.name) })
  const secrets = firstOf([local.secrets, clusterSecrets(cluster, namespace)])
  return { target, access: { ...local, secrets }, history }
}

/** Other resources that write to the same place: their commits there are theirs, and no forgery. */
async function neighboursOf(
  resource: RollbookResource,
  target: AuditedTarget,
  { access, registries }: { readonly access: ResourceAccess; readonly registries: readonly MCPRegistry[] },
): Promise<RollbookResource[]> {
  const { cluster, namespace } = access
  const runners = kindNames.filter(kind => kind !== 'MCPRegistrySyncJob')
  const lists = await Promise.all(runners.map(kind => cluster.list(typeOf<RollbookResource>(kind), { namespace })))
  return lists
    .flatMap(({ items }) => items)
    .filter(({ metadata }) => metadata.uid !== resource.metadata.uid)
    .filter(other => {
      const place = targetOf(other, registries)
      return place?.type === 'git' && place.path === target.path && wroteTo(target, place)
    })
}
