// Suspending and resuming: one field of the spec, and what both commands share.
import { type CommandSpec, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { printResult } from './print.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { shownObject } from './shown-object.ts'
import { withResources } from './with-resources.ts'

export function suspendSpec(name: 'suspend' | 'resume', summary: string): CommandSpec {
  return {
    name,
    summary,
    usage: 'KIND NAME [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: RESOURCE_OPTIONS,
    examples: [`rollbook ${name} rbimport team-servers --local`, `rollbook ${name} rbreg company -n platform`],
  }
}

export function setSuspended(invocation: Invocation, suspend: boolean): Promise<number> {
  return withResources(invocation, async access => {
    const { kind: word, name } = kindAndName(invocation.positionals)
    const kind = ownKind(word)
    if (kind.type.kind === 'MCPRegistrySyncJob') throw new UsageError('a sync job runs once: suspend its registry')
    const resource = await foundResource(access, kind, name)
    const isSo = 'suspend' in resource.spec && resource.spec.suspend === true
    const { namespace } = access
    const changed =
      isSo === suspend ? resource : await access.cluster.patch(kind.type, { namespace, name }, { spec: { suspend } })
    const done = suspend ? 'suspended' : 'resumed'
    const said = isSo === suspend ? `unchanged (it is ${suspend ? '' : 'not '}suspended)` : done
    await printResult(invocation, shownObject(changed), () => `${kind.singular}/${name} ${said}\n`)
    return 0
  })
}
