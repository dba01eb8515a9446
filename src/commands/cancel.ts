// `rollbook cancel`: ends the run that is under way, and tells how it ended.
import { ClusterError } from '../cluster/cluster-error.ts'
import { activeRunOf } from '../resources/kinds.ts'
import { RUN_CANCEL_REQUESTED } from '../resources/names.ts'
import type { Command, Invocation } from './command.ts'
import { foundResource } from './found-resource.ts'
import { printRecorded } from './print-recorded.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS, TIMEOUT } from './resource-options.ts'
import { findRun } from './run-result.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { waitForController } from './waiting.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'cancel',
    summary: 'end the run of a resource that is under way',
    usage: 'KIND NAME [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: [TIMEOUT, ...RESOURCE_OPTIONS, ...RUNNING_OPTIONS],
    examples: ['rollbook cancel rbimport team-servers --local', 'rollbook cancel rbreg company -n platform'],
  },
  run: invocation => withResources(invocation, access => cancel(invocation, access), { runs: true }),
}

async function cancel(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { kind: word, name } = kindAndName(invocation.positionals)
  const kind = ownKind(word)
  const { cluster, namespace } = access
  const resource = await foundResource(access, kind, name)
  const run = activeRunOf(resource)
  if (!run) throw new ClusterError('NotFound', `${kind.singular}/${name} has no run under way`)
  await cluster.patch(kind.type, { namespace, name }, { metadata: { annotations: { [RUN_CANCEL_REQUESTED]: run.id } } })
  const seen = await waitForController(invocation, access, {
    kind,
    name,
    what: `run ${run.id} to end`,
    see: current => {
      if (!current) throw new ClusterError('NotFound', `${kind.singular}/${name} was deleted before its run ended`)
      const entry = findRun(current, ({ id }) => id === run.id)
      return entry && { resource: current, entry }
    },
  })
  await printRecorded(invocation, access, seen)
  // It has ended, which is what was asked for.
  return 0
}
