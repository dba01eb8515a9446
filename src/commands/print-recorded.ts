// A finished run from the status of its resource, printed as `rollbook run` prints its own.
import { typeOf } from '../cluster/types.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import type { MCPRegistry, RunEntry } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Invocation } from './command.ts'
import { printResult } from './print.ts'
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
