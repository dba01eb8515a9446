// The cluster that a resource command speaks to: a real one by kubeconfig, or the state directory of local mode.
import type { Invocation, OptionValues } from './command.ts'
import type { ResourceAccess, WatchAccess } from './resource-access.ts'
import { LOCAL } from './resource-options.ts'

export interface AccessOptions {
  /** In a state directory that no process owns, run the controllers meanwhile. */
  readonly runs?: boolean
  /** Make a state directory that is not there. */
  readonly creates?: boolean
}

/** Opens what the options name, does the work, and closes it again. */
export async function withResources<R>(
  invocation: Invocation,
  work: (access: ResourceAccess) => Promise<R>,
  options: AccessOptions = {},
): Promise<R> {
  const directory = localDirectory(invocation.options)
  if (directory === undefined) {
    const { withKubeCluster } = await import('./kube-access.ts')
    return await withKubeCluster(invocation, work)
  }
  const { withStateDirectory } = await import('./state-access.ts')
  return await withStateDirectory(invocation, { ...options, directory, work })
}

/** The same for work that only looks on, for as long as it likes: it keeps nobody from running a state directory. */
export async function withWatchedResources<R>(
  invocation: Invocation,
  work: (access: WatchAccess) => Promise<R>,
): Promise<R> {
  const directory = localDirectory(invocation.options)
  if (directory === undefined) return await withResources(invocation, work)
  const { watchedState } = await import('./state-access.ts')
  return await work(watchedState(invocation, directory))
}

/** The state directory that --local names; undefined for a cluster. As a setting also `true` and `false`. */
export function localDirectory(options: OptionValues): string | undefined {
  const given = options.text(LOCAL.name)
  if (given === undefined || given === 'false') return undefined
  return given === 'true' || given === '' ? LOCAL.alone : given
}
