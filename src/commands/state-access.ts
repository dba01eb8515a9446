// Commands on the state directory of local mode: through the process that owns it, else by owning it meanwhile.
import { resolve } from 'node:path'
import type { LocalMode } from '../local/local-mode.ts'
import { openStateDirectory } from '../local/state-directory.ts'
import type { Invocation } from './command.ts'
import { machineClock } from './machine.ts'
import { note } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'

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
  const place = `the state directory ${directory}`
  const access = { cluster: opened.cluster, namespace: invocation.options.text('namespace') ?? 'default', place }
  try {
    if (!opened.isOwned) return await work({ ...access, mode: undefined })
    if (opened.notice !== undefined) note(invocation, opened.notice)
    if (!runs) return await work({ ...access, mode: undefined })
    // Whoever only looks does without the controllers.
    const { whileRunning } = await import('./running-state.ts')
    return await whileRunning(invocation, { path, opened }, mode => work({ ...access, mode }))
  } finally {
    await opened.close()
  }
}
