// What a state file says: a snapshot of all objects, then every change since. Read it to a state, write a state as one.
import { Failure } from '../../lib/failure.ts'
import { isJsonObject, type JsonValue } from '../../lib/json.ts'
import type { StoredObject } from './objects.ts'
import { linesOf, recordLine } from './records.ts'
import type { Change } from './store.ts'

const FORMAT = 'rollbook-state'
const FORMAT_VERSION = 1

/** First record of the file; the objects follow, each as a change that puts it. */
interface Header {
  readonly format: typeof FORMAT
  readonly formatVersion: number
  readonly resourceVersion: number
  readonly objects: number
}

/** Changes that were made together: all of them happened or none. */
export interface Frame {
  /** The version before the first of them. */
  readonly after: number
  readonly changes: readonly Change[]
}

type Put = Extract<Change, { readonly put: unknown }>

/** Every object, and the version of the last change. */
export interface State {
  version: number
  /** By kind, namespace and name. */
  readonly objects: Map<string, Put>
}

export interface ReadState {
  readonly state: State
  /** Bytes of the snapshot. */
  readonly snapshotSize: number
  /** Bytes that are good; less than the file has when its last record was torn. */
  readonly size: number
}

export function emptyState(): State {
  return { version: 0, objects: new Map() }
}

/** Takes a change into the state. */
export function addChange(state: State, change: Change): void {
  state.version = versionOf(change)
  if ('put' in change) state.objects.set(keyOfObject(change.put), change)
  else {
    const { apiVersion, kind, namespace, name } = change.remove
    state.objects.delete(`${apiVersion}/${kind}/${namespace}/${name}`)
  }
}

function versionOf(change: Change): number {
  return 'put' in change ? Number(change.put.metadata.resourceVersion) : change.version
}

function keyOfObject({ apiVersion, kind, metadata }: StoredObject): string {
  return `${apiVersion}/${kind}/${metadata.namespace}/${metadata.name}`
}

/** The lines of a file that holds this state and nothing else. */
export function* snapshotLines({ version, objects }: State): Generator<Buffer> {
  const header: Header = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    resourceVersion: version,
    objects: objects.size,
  }
  yield recordLine(header)
  for (const put of objects.values()) yield recordLine(put)
}

/** Reads a state file. Throws a Failure for one that is damaged, never takes a part for the whole. */
export function readState(path: string, bytes: Buffer): ReadState {
  const state = emptyState()
  let snapshotSize = 0
  let size = 0
  let left: number | undefined
  for (const { record, isTorn, start, end } of linesOf(bytes)) {
    const isSnapshot = left !== 0
    if (isTorn && !isSnapshot) break
    if (record === undefined) throw damaged(path, `the record at byte ${start} is not as it was written`)
    if (left === undefined) left = readHeader(path, state, record)
    else if (isSnapshot) left = readObject(state, left, record)
    else readFrame(path, state, record)
    size = end
    if (isSnapshot) snapshotSize = end
  }
  if (left !== 0) throw damaged(path, 'it ends inside its first part')
  return { state, snapshotSize, size }
}

/** Gives the number of objects that follow. */
function readHeader(path: string, state: State, record: JsonValue): number {
  const header: Partial<Header> = isJsonObject(record) ? record : {}
  if (header.format !== FORMAT) throw damaged(path, 'it is not a state file of Rollbook')
  if (header.formatVersion !== FORMAT_VERSION) {
    const message = `the state file ${path} has the format ${header.formatVersion}, this Rollbook reads ${FORMAT_VERSION}`
    throw new Failure('InputUnreadable', 'definite', message, { hint: 'use the version of Rollbook that wrote it' })
  }
  state.version = header.resourceVersion ?? 0
  return header.objects ?? 0
}

function readObject(state: State, left: number, record: JsonValue): number {
  const put = record as unknown as Put
  state.objects.set(keyOfObject(put.put), put)
  return left - 1
}

function readFrame(path: string, state: State, record: JsonValue): void {
  const { after, changes } = record as unknown as Frame
  if (after !== state.version) throw damaged(path, `changes between version ${state.version} and ${after} are missing`)
  for (const change of changes) addChange(state, change)
}

/** The failure of a state file that can't be taken as it is. */
export function damaged(path: string, why: string): Failure {
  return new Failure('InputUnreadable', 'definite', `the state file ${path} is damaged: ${why}`, {
    hint: 'bring it back from a backup, or move it away to start with an empty state',
  })
}
