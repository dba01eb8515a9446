// Waits for what a controller has to do; when that never comes on a cluster, whether a controller is there at all.
import type { ClusterObject } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { Failure } from '../lib/failure.ts'
import type { Invocation } from './command.ts'
import { controllerLease, NO_CONTROLLER } from './controller-lease.ts'
import { type Waited, waitFor } from './following.ts'
import { machineClock } from './machine.ts'
import type { ResourceAccess } from './resource-access.ts'
import { localDirectory } from './with-resources.ts'

/** What `waitFor` gives; its DeadlineExceeded also says when no controller works on the cluster. */
export async function waitForController<T extends ClusterObject, R>(
  invocation: Invocation,
  access: Pick<ResourceAccess, 'cluster' | 'namespace'>,
  waited: Waited<T, R>,
): Promise<R> {
  try {
    return await waitFor(invocation, access, waited)
  } catch (error) {
    const isVain = error instanceof Failure && error.reason === 'DeadlineExceeded'
    if (!isVain || localDirectory(invocation.options) !== undefined) throw error
    const missing = await missingController(access)
    throw missing === undefined ? error : withWords(error, missing)
  }
}

function withWords({ reason, class: failureClass, message }: Failure, { what, hint }: Missing): Failure {
  return new Failure(reason, failureClass, `${message}; ${what}`, { hint })
}

interface Missing {
  readonly what: string
  readonly hint: string
}

/** Undefined when there is one, and when nobody can tell: the wait has its own sentence. */
async function missingController({
  cluster,
  namespace,
}: Pick<ResourceAccess, 'cluster' | 'namespace'>): Promise<Missing | undefined> {
  try {
    const { state, message } = await controllerLease(cluster, { namespace, now: machineClock(undefined).now() })
    return state === 'none' ? { what: message, hint: NO_CONTROLLER } : undefined
  } catch (error) {
    if (error instanceof ClusterError) return undefined
    throw error
  }
}
