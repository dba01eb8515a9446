// Opens a state directory: as its owner, or through the process that owns it.
import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { MemoryCluster } from '../cluster/memory/cluster.ts'
import { openMemoryCluster } from '../cluster/memory/open.ts'
import { CONFIG_MAPS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import { Failure } from '../lib/failure.ts'
import { systemReason } from '../lib/system-error.ts'
import { type DirectoryLock, type LockAttempt, lockDirectory } from './directory-lock.ts'
import { SocketCluster } from './socket-cluster.ts'

export type StateDirectory = OwnedDirectory | SharedDirectory

export interface OwnedDirectory {
  readonly isOwned: true
  readonly cluster: MemoryCluster
  /** What was mended on the way. */
  readonly notice: string | undefined
  /** Everything is on the disk then, and the directory free. */
  close(): Promise<void>
}

/** Another process has it, and answers. */
export interface SharedDirectory {
  readonly isOwned: false
  readonly cluster: Cluster
  close(): Promise<void>
}

export interface OpenDirectoryOptions {
  readonly directory: string
  readonly clock: Clock
  readonly pid: number
  readonly signal: AbortSignal
  /** Make it when it is not there. */
  readonly create: boolean
}

/** An owner that does not answer is a command about to end; if it takes longer, it hangs. Milliseconds. */
const PATIENCE = 10_000
const AGAIN = 25

/** Throws PathNotFound when there is none, InputUnreadable when something else stands there, and what opening it throws. */
export async function openStateDirectory(options: OpenDirectoryOptions): Promise<StateDirectory> {
  const { directory, clock, pid, signal, create } = options
  await ready(directory, create)
  const begin = clock.elapsed()
  for (;;) {
    const attempt = await attemptLock(directory, pid)
    if (attempt.lock) return await owned(options, attempt.lock)
    const shared = await sharedDirectory(directory)
    if (shared) return shared
    if (clock.elapsed() - begin > PATIENCE) {
      const owner = `process ${attempt.owner.pid}`
      throw new ClusterError(
        'Unavailable',
        `${owner} owns the state directory ${directory} and does not answer: end it`,
      )
    }
    await clock.sleep(AGAIN, signal)
  }
}

async function ready(directory: string, create: boolean): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found && !found.isDirectory()) {
    throw new Failure(
      'InputUnreadable',
      'definite',
      `the state directory ${directory} can't be used: it is no directory`,
      {
        hint: 'name another one with --local=DIR',
      },
    )
  }
  if (await isThere(create ? directory : join(directory, 'state'))) return
  if (!create) throw await stateless(directory, found !== undefined)
  try {
    await makeDirectory(directory)
    await chmod(directory, 0o700)
  } catch (error) {
    throw new Failure(
      'OutputNotWritable',
      'definite',
      `the state directory ${directory} can't be made: ${systemReason(error)}`,
      { cause: error, hint: 'name another one with --local=DIR' },
    )
  }
}

/** Why there is nothing to open. */
async function stateless(directory: string, isFound: boolean): Promise<Failure> {
  const isLost = (await isThere(join(directory, 'logs'))) || (await isThere(runsFolder(directory)))
  if (isLost) {
    return new Failure('InputUnreadable', 'definite', `the file state of the state directory ${directory} is missing`, {
      hint: 'bring it back from a backup; rollbook local -f FILE starts with an empty one',
    })
  }
  const message = isFound ? `${directory} is no state directory: it has no file state` : undefined
  return new Failure('PathNotFound', 'definite', message ?? `there is no state directory ${directory}`, {
    hint: 'rollbook local -f FILE makes one; --local=DIR names another one',
  })
}

/** With its parents, one by one: Node's own way never ends where the system has no new directories, as in /proc. */
async function makeDirectory(directory: string): Promise<void> {
  const parent = dirname(directory)
  if (parent !== directory && !(await isThere(parent))) await makeDirectory(parent)
  try {
    await mkdir(directory, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function attemptLock(directory: string, pid: number): Promise<LockAttempt> {
  try {
    return await lockDirectory(directory, pid)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const message = `the state directory ${directory} can't be used: ${systemReason(error)}`
    throw new Failure('InputUnreadable', 'definite', message, { cause: error })
  }
}

async function owned({ directory, clock }: OpenDirectoryOptions, lock: DirectoryLock): Promise<OwnedDirectory> {
  try {
    const { cluster, notice, close } = await openMemoryCluster({ directory, clock })
    return {
      isOwned: true,
      cluster,
      notice,
      close: () => close().finally(() => lock.release()),
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Undefined when the owner has no ear, or ends just now. */
async function sharedDirectory(directory: string): Promise<SharedDirectory | undefined> {
  const cluster = await SocketCluster.of(directory)
  try {
    await cluster.list(CONFIG_MAPS, { namespace: 'default' })
    return { isOwned: false, cluster, close: () => cluster.close() }
  } catch (error) {
    await cluster.close()
    if (error instanceof ClusterError && error.reason === 'Unavailable') return undefined
    throw error
  }
}

/** Where the folders of runs are. */
export function runsFolder(directory: string): string {
  return join(directory, 'runs')
}
