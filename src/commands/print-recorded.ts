// A finished run from the status of its resource, printed as `rollbook run` prints its own.
import { typeOf } from '../cluster/types.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import type { Condition, MCPRegistry, RunEntry } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Invocation } from './command.ts'
import { printResult, say } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { resultOf } from './run-result.ts'
import { runText } from './run-text.ts'

/** The exit code that the run's outcome stands for. */
export async function printRecorded(
  invocation: Invocation,
  access: Pick<ResourceAccess, 'cluster'>,
  { resource, entry }: { readonly resource: RollbookResource; readonly entry: RunEntry },
): Promise<number> {
  const { namespace } = resource.metadata
  const { items: registries } = await access.cluster.list(typeOf<MCPRegistry>('MCPRegistry'), { namespace })
  const result = resultOf(resource, entry, registries)
  await printResult(invocation, result, paint => runText(result, paint))
  return entry.outcome === 'Failed' || entry.outcome === 'Cancelled' ? EXIT_CODE.definite : 0
}

/**
 * What somebody waited for, and the result of the run that the condition speaks of. When no run did what it says (the
 * resource has not run, or a later one can't start), the condition alone: an older run's success is no answer.
 */
export async function printWaited(
  invocation: Invocation,
  access: Pick<ResourceAccess, 'cluster'>,
  { resource, condition }: { readonly resource: RollbookResource; readonly condition: Condition | undefined },
): Promise<void> {
  const entry = resource.status?.lastRun
  if (condition && condition.status !== (condition.type === 'Stalled' ? 'False' : 'True')) {
    say(invocation, `${condition.type} is ${condition.status}: ${condition.message} [${condition.reason}]`)
  }
  if (entry && tellsOf(condition, entry)) {
    await printRecorded(invocation, access, { resource, entry })
    return
  }
  const { kind, metadata } = resource
  const { namespace, name } = metadata
  const waited = { kind: 'Waited', resource: { kind, namespace, name }, condition: condition ?? null }
  await printResult(invocation, waited, () => `${kind}/${namespace}/${name} ${condition?.type} ${condition?.status}\n`)
}

/** Whether the condition is what the run left. */
function tellsOf(condition: Condition | undefined, { outcome, reason }: RunEntry): boolean {
  if (!condition) return false
  if (condition.status === 'True' && condition.type !== 'Stalled') return true
  return (outcome === 'Failed' || outcome === 'Cancelled') && condition.reason === reason
}
