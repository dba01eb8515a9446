// A memory cluster that keeps its state in a directory: resources, history and logs of pods are there after a restart.
// One process at a time may have it open; the lock is held by whoever opens it.
import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import { keyOf } from '../object-key.ts'
import { keptForm } from './admission.ts'
import { MemoryCluster, type MemoryClusterOptions } from './cluster.ts'
import { Journal, writeSnapshot } from './journal.ts'
import { type Kinds, knownKinds } from './kinds.ts'
import { foundLogs, logsInFolder } from './log-files.ts'
import type { StoredObject } from './objects.ts'
import { PodLogs } from './pod-logs.ts'
import { damaged, emptyState, type ReadState, readState, type State } from './state.ts'
import type { Held } from './store.ts'

export interface OpenOptions extends MemoryClusterOptions {
  /** Made with mode 0700 when it is not there. */
  readonly directory: string
  /** Bytes of changes that are at least kept before a new snapshot is written; default 4 MiB. */
  readonly leastChanges?: number
}

export interface OpenedCluster {
  readonly cluster: MemoryCluster
  /** One sentence, when something had to be mended. */
  readonly notice: string | undefined
  /** Waits until everything is on the disk; later writes are refused. */
  close(): Promise<void>
}

interface OpenedState {
  readonly kept: ReadState
  /** At its end. */
  readonly file: FileHandle
  readonly notice: string | undefined
}

/** Opens a state directory. Throws a Failure when it can't be used, or is damaged. */
export async function openMemoryCluster(options: OpenOptions): Promise<OpenedCluster> {
  const { directory, leastChanges } = options
  const path = join(directory, 'state')
  const folder = join(directory, 'logs')
  const kinds = knownKinds()
  const { kept, file, notice } = await usable(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return openState(path)
  })
  try {
    const held = heldObjects(kinds, { state: kept.state, path })
    const pods = new Set(
      held.filter(({ rules }) => rules.type.kind === 'Pod').map(({ object }) => keyOf(object.metadata)),
    )
    const sizes = await usable(directory, () => foundLogs(folder, name => pods.has(keyOf(name))))
    const logs = new PodLogs(logsInFolder(folder), sizes)
    const keeper = new Journal({ path, kept, file, leastChanges })
    const cluster = new MemoryCluster(options, { kinds, keeper, version: kept.state.version, held, logs })
    const close = async (): Promise<void> => {
      await logs.settled()
      await keeper.close()
    }
    return { cluster, notice, close }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openState(path: string): Promise<OpenedState> {
  // Left by a snapshot that was not finished; the file before it is whole.
  await rm(`${path}.new`, { force: true })
  const bytes = await bytesOf(path)
  if (!bytes) {
    const state = emptyState()
    const { file, size } = await writeSnapshot(path, state)
    return { kept: { state, snapshotSize: size, size }, file, notice: undefined }
  }
  const kept = readState(path, bytes)
  const file = await open(path, 'a', 0o600)
  if (kept.size === bytes.length) return { kept, file, notice: undefined }
  await file.truncate(kept.size)
  const notice = `the last record of ${path} was not finished when Rollbook stopped; its ${bytes.length - kept.size} bytes were cut off`
  return { kept, file, notice }
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw code === 'EISDIR' ? damaged(path, 'it is a directory') : error
  }
}

/** The objects with the defaults that their CRDs have now. What is invalid by now stays as it is. */
function heldObjects(kinds: Kinds, { state, path }: { readonly state: State; readonly path: string }): Held[] {
  return [...state.objects.values()].map(({ put, managers }) => {
    const rules = kinds.find(put)
    if (!rules) {
      const message = `the state file ${path} holds a ${put.kind} of ${put.apiVersion}, which this Rollbook does not know`
      throw new Failure('InputUnreadable', 'definite', message, { hint: 'use the version of Rollbook that wrote it' })
    }
    return { rules, managers, object: rules.crd ? (keptForm(rules, put) as StoredObject) : put }
  })
}

async function usable<T>(directory: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error && 'code' in error)) throw error
    const message = `the state directory ${directory} can't be used: ${error.message}`
    const hint = 'mend what the system says, or name another directory with --local=DIR'
    throw new Failure('InputUnreadable', 'definite', message, { cause: error, hint })
  }
}
