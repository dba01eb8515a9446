// A state directory for whoever only watches it: owned for no longer than a look takes, so that others may run it meanwhile.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Watchable } from '../cluster/cluster.ts'
import type { Clock } from '../lib/clock.ts'
import { type OpenDirectoryOptions, openStateDirectory, type StateDirectory } from './state-directory.ts'

export interface VisitOptions extends Omit<OpenDirectoryOptions, 'create'> {
  /** Told before each time of waiting for somebody to change something: no process runs the directory. */
  readonly onStill: () => void
}

/** Between two looks at whether the state has changed, milliseconds. */
const LOOK_AGAIN = 250

/** A watch on it ends when the directory gets or loses its owner: list again then. Throws what opening it throws. */
export function visitedCluster(options: VisitOptions): Watchable {
  return {
    list: (type, selection) => visit(options, ({ cluster }) => cluster.list(type, selection)),
    async *watch(type, watched) {
      const opened = await open(options)
      let seen: string | undefined
      try {
        if (!opened.isOwned) return yield* opened.cluster.watch(type, watched)
        const { resourceVersion } = await opened.cluster.list(type, watched)
        if (resourceVersion !== watched.resourceVersion) return
        seen = await markOf(options.directory)
      } finally {
        await opened.close()
      }
      options.onStill()
      await untilChanged(options.directory, seen, { clock: options.clock, signal: watched.signal })
    },
  }
}

async function visit<R>(options: VisitOptions, look: (opened: StateDirectory) => Promise<R>): Promise<R> {
  const opened = await open(options)
  try {
    return await look(opened)
  } finally {
    await opened.close()
  }
}

function open({ directory, clock, pid, signal }: VisitOptions): Promise<StateDirectory> {
  return openStateDirectory({ directory, clock, pid, signal, create: false })
}

async function untilChanged(
  directory: string,
  seen: string | undefined,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  while ((await markOf(directory)) === seen) await clock.sleep(LOOK_AGAIN, signal)
}

/** Another one after each write; undefined when the state is gone. */
async function markOf(directory: string): Promise<string | undefined> {
  const found = await stat(join(directory, 'state')).catch(() => undefined)
  return found && `${found.ino} ${found.size} ${found.mtimeMs}`
}
