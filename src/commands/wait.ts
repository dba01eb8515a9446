// `rollbook wait`: until a resource is Ready, or has Succeeded.
import { EXIT_CODE, Failure } from '../lib/failure.ts'
import type { Condition } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { waitFor } from './following.ts'
import { foundResource } from './found-resource.ts'
import { printResult, say } from './print.ts'
import { printRecorded } from './print-recorded.ts'
import { type ResourceAccess, withResources } from './resource-access.ts'
import { kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS, TIMEOUT } from './resource-options.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { conditionOf, verdictOf } from './verdict.ts'

export const command: Command = {
  spec: {
    name: 'wait',
    summary: 'wait until a resource is Ready or has Succeeded',
    usage: 'KIND NAME --for Ready|Succeeded [OPTIONS]',
    positionals: { min: 1, max: 2 },
    options: [
      {
        name: 'for',
        type: 'string',
        value: 'CONDITION',
        values: ['Ready', 'Succeeded'],
        default: 'Ready',
        isSetting: false,
        help: 'the condition that has to be True',
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
  const wanted = invocation.options.text('for') === 'Succeeded' ? 'Succeeded' : 'Ready'
  if (wanted === 'Succeeded' && kind.type.kind === 'MCPRegistry')
    throw new UsageError('a registry is never done, and has no condition Succeeded: wait --for Ready')
  await foundResource(access, kind, name)
  const { resource, verdict } = await waitFor(invocation, access, {
    kind,
    name,
    what: `${kind.singular}/${name} to be ${wanted}`,
    see: current => {
      if (!current) throw new Failure('Cancelled', 'definite', `${kind.singular}/${name} was deleted`)
      const given = verdictOf(current, wanted)
      return given === 'open' ? undefined : { resource: current, verdict: given }
    },
  })
  await printWaited(invocation, access, { resource, condition: conditionOf(resource, wanted) })
  return verdict === 'yes' ? 0 : EXIT_CODE.definite
}

/** The result of the last run; of a resource that has not run, its condition. */
async function printWaited(
  invocation: Invocation,
  access: ResourceAccess,
  { resource, condition }: { readonly resource: RollbookResource; readonly condition: Condition | undefined },
): Promise<void> {
  const entry = resource.status?.lastRun
  if (condition?.status !== 'True' && condition)
    say(invocation, `${condition.type} is ${condition.status}: ${condition.message} [${condition.reason}]`)
  if (entry) {
    await printRecorded(invocation, access, { resource, entry })
    return
  }
  const { kind, metadata } = resource
  const { namespace, name } = metadata
  const waited = { kind: 'Waited', resource: { kind, namespace, name }, condition: condition ?? null }
  await printResult(invocation, waited, () => `${kind}/${namespace}/${name} ${condition?.type} ${condition?.status}\n`)
}
