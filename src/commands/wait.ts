// `rollbook wait`: until a resource is Ready, or has Succeeded.
import { ClusterError } from '../cluster/cluster-error.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { printWaited } from './print-recorded.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS, TIMEOUT } from './resource-options.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { conditionOf, verdictOf } from './verdict.ts'
import { waitForController } from './waiting.ts'
import { heldUp, showerOf } from './waits.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'wait',
    summary: 'wait until a resource is Ready or has Succeeded',
    usage: 'KIND NAME --for Ready|Succeeded [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: [
      {
        name: 'for',
        type: 'string',
        value: 'CONDITION',
        values: ['Ready', 'Succeeded', 'condition=Ready', 'condition=Succeeded'],
        default: 'Ready',
        isSetting: false,
        help: 'the condition that has to be True, also as kubectl writes it',
      },
      TIMEOUT,
      ...RESOURCE_OPTIONS,
      ...RUNNING_OPTIONS,
    ],
    examples: [
      'rollbook wait rbimport team-servers --for Succeeded --local',
      'rollbook wait rbreg company -n platform --for Ready --timeout 5m',
    ],
  },
  run: invocation => withResources(invocation, access => wait(invocation, access), { runs: true }),
}

async function wait(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { kind: word, name } = kindAndName(invocation.positionals)
  const kind = ownKind(word)
  const wanted = invocation.options.text('for')?.endsWith('Succeeded') ? 'Succeeded' : 'Ready'
  if (wanted === 'Succeeded' && kind.type.kind === 'MCPRegistry')
    throw new UsageError('a registry is never done, and has no condition Succeeded: wait --for Ready')
  await foundResource(access, kind, name)
  const { resource, verdict } = await waitForController<RollbookResource, Judged>(invocation, access, {
    kind,
    name,
    what: `${kind.singular}/${name} to be ${wanted}`,
    state: resource => stateOf(resource, wanted),
    next: resource => heldUp(resource, showerOf(invocation)),
    ...judge(wanted, () => new ClusterError('NotFound', `${kind.singular}/${name} was deleted`)),
  })
  await printWaited(invocation, access, { resource, condition: conditionOf(resource, wanted) })
  return verdict === 'yes' ? 0 : EXIT_CODE.definite
}

function stateOf(resource: RollbookResource, wanted: 'Ready' | 'Succeeded'): string {
  const found = conditionOf(resource, wanted)
  return found ? `${wanted} is ${found.status}, ${found.message}` : 'no controller has looked at it yet'
}

interface Judged {
  readonly resource: RollbookResource
  readonly verdict: 'yes' | 'no'
}

/** A `no` from before somebody waits may be about to change: a Secret that was mended is looked at again. */
function judge(wanted: 'Ready' | 'Succeeded', gone: () => ClusterError) {
  let wasOpen = false
  const judged = (resource: RollbookResource | undefined, isPatient: boolean): Judged | undefined => {
    if (!resource) throw gone()
    const verdict = verdictOf(resource, wanted)
    wasOpen ||= verdict === 'open'
    if (verdict === 'open' || (verdict === 'no' && isPatient && !wasOpen)) return undefined
    return { resource, verdict }
  }
  return {
    see: (resource: RollbookResource | undefined) => judged(resource, true),
    giveUp: (resource: RollbookResource | undefined) => judged(resource, false),
  }
}
