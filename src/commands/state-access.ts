// Commands on the state directory of local mode: through the process that owns it, else by owning it meanwhile.
import { resolve } from 'node:path'
import { EVENTS } from '../cluster/types.ts'
import type { LocalMode } from '../local/local-mode.ts'
import { openStateDirectory } from '../local/state-directory.ts'
import { visitedCluster } from '../local/visited-cluster.ts'
import type { Invocation } from './command.ts'
import { machineClock } from './machine.ts'
import { note } from './print.ts'
import { progressOf } from './progress.ts'
import type { ResourceAccess, WatchAccess } from './resource-access.ts'

export interface StateWork<R> {
  readonly directory: string
  /** Make the directory when it is not there. */
  readonly creates?: boolean
  /** Run the controllers meanwhile, unless another process does. */
  readonly runs?: boolean
  readonly work: (access: StateAccess) => Promise<R>
}

export interface StateAccess extends ResourceAccess {
  /** Undefined when another process runs the controllers, or none was asked to. */
  readonly mode: LocalMode | undefined
  /** The version at which the controllers began. */
  readonly begin: string | undefined
}

/** Throws what opening the directory throws, and what the work throws. */
export async function withStateDirectory<R>(invocation: Invocation, options: StateWork<R>): Promise<R> {
  const { directory, creates = false, runs = false, work } = options
  const { terminal } = invocation
  const path = resolve(terminal.cwd, directory)
  const opened = await openStateDirectory({
    directory: path,
    clock: machineClock(undefined),
    pid: process.pid,
    signal: terminal.signal,
    create: creates,
  })
  const access = { cluster: opened.cluster, ...whereabouts(invocation, directory) }
  try {
    if (!opened.isOwned) return await work({ ...access, mode: undefined, begin: undefined })
    if (opened.notice !== undefined) note(invocation, opened.notice)
    if (!runs) return await work({ ...access, isStill: true, mode: undefined, begin: undefined })
    // Whoever only looks does without the controllers.
    const { whileRunning } = await import('./running-state.ts')
    const { resourceVersion: begin } = await opened.cluster.list(EVENTS)
    return await whileRunning(invocation, { path, opened }, mode => work({ ...access, mode, begin }))
  } finally {
    await opened.close()
  }
}

/** To look on for a while: whoever wants to run the directory meanwhile may. */
export function watchedState(invocation: Invocation, directory: string): WatchAccess {
  const { terminal } = invocation
  const progress = progressOf(invocation)
  const where = whereabouts(invocation, directory)
  let isTold = false
  const onStill = () => {
    if (!isTold)
      progress.remark(`no process runs ${where.place} now; what happens once one does (rollbook local) is shown`)
    isTold = true
  }
  const clock = machineClock(undefined)
  const path = resolve(terminal.cwd, directory)
  const cluster = visitedCluster({ directory: path, clock, pid: process.pid, signal: terminal.signal, onStill })
  return { cluster, ...where }
}

function whereabouts({ options }: Invocation, directory: string): Omit<ResourceAccess, 'cluster'> {
  return { namespace: options.text('namespace') ?? 'default', place: `the state directory ${directory}` }
}
