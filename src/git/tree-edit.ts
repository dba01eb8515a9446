// Applies file changes to a tree. Reads only the directories on the way to a change, one request a level, and no blob:
// so it works on a partial clone and costs what the change costs.

import { Failure } from '../lib/failure.ts'
import { DIRECTORY, objectId, parseTree, type TreeEntry, treeBytes } from './commit-object.ts'
import type { NewObject } from './pack-format.ts'

/** What happens to the names of one directory: a new blob, a deletion, or changes further down. Names are latin1 bytes. */
export type Edits = Map<string, string | undefined | Edits>

/** The contents of trees, in the order asked. */
export type ReadTrees = (oids: readonly string[]) => AsyncIterable<Buffer>

/** A directory on the way to a change. */
interface Folder {
  readonly edits: Edits
  /** Its tree in the base, if it had one. */
  readonly base: string | undefined
  readonly children: Map<string, Folder>
  entries: readonly TreeEntry[]
  /** Its tree after the change; undefined when nothing is left in it. */
  result: string | undefined
}

/** Collects changes by path; a path that is file and directory at once is refused. */
export function addEdit(edits: Edits, path: string, oid: string | undefined): void {
  const parts = path.split('/').map(part => Buffer.from(part).toString('latin1'))
  const name = parts.pop() ?? ''
  let at = edits
  for (const part of parts) {
    const next = at.get(part)
    if (typeof next === 'string') throw bothFileAndDirectory(path)
    if (next !== undefined) at = next
    else {
      const made: Edits = new Map()
      at.set(part, made)
      at = made
    }
  }
  const there = at.get(name)
  if (there instanceof Map) {
    if (oid !== undefined) throw bothFileAndDirectory(path)
  } else at.set(name, oid)
}

/** The id of the tree after the edits, and the trees that are new. `base` is a tree id. */
export async function editTree(
  base: string | undefined,
  edits: Edits,
  readTrees: ReadTrees,
): Promise<{ readonly tree: string; readonly created: NewObject[] }> {
  const root = folder(edits, base)
  const levels: Folder[][] = []
  for (let level = [root]; level.length > 0; level = level.flatMap(parent => [...parent.children.values()])) {
    await readEntries(level, readTrees)
    for (const parent of level) addChildren(parent)
    levels.push(level)
  }
  const created: NewObject[] = []
  for (const changed of levels.toReversed().flat()) {
    const entries = changedEntries(changed)
    if (entries.length === 0 && changed !== root) continue
    const bytes = treeBytes(entries)
    changed.result = objectId('tree', bytes)
    if (changed.result !== changed.base) created.push({ type: 'tree', bytes })
  }
  return { tree: root.result ?? '', created }
}

function folder(edits: Edits, base: string | undefined): Folder {
  return { edits, base, children: new Map(), entries: [], result: undefined }
}

async function readEntries(level: readonly Folder[], readTrees: ReadTrees): Promise<void> {
  const known = level.filter(each => each.base !== undefined)
  let index = 0
  for await (const bytes of readTrees(known.map(each => each.base ?? ''))) {
    const at = known[index++]
    if (at !== undefined) at.entries = parseTree(bytes)
  }
}

function addChildren(parent: Folder): void {
  const directories = new Map(
    parent.entries.filter(entry => entry.mode === DIRECTORY).map(entry => [entry.name, entry.oid]),
  )
  for (const [name, edit] of parent.edits) {
    if (edit instanceof Map) parent.children.set(name, folder(edit, directories.get(name)))
  }
}

function changedEntries(at: Folder): TreeEntry[] {
  const entries = new Map(at.entries.map(entry => [entry.name, entry]))
  for (const [name, edit] of at.edits) {
    const old = entries.get(name)
    if (edit instanceof Map) {
      const oid = at.children.get(name)?.result
      if (oid !== undefined) entries.set(name, { mode: DIRECTORY, name, oid })
      else if (old?.mode === DIRECTORY) entries.delete(name)
    } else if (edit !== undefined)
      entries.set(name, { mode: old?.mode === '100755' ? '100755' : '100644', name, oid: edit })
    else if (old?.mode !== DIRECTORY) entries.delete(name)
  }
  return [...entries.values()]
}

function bothFileAndDirectory(path: string): Failure {
  return new Failure('PathInvalid', 'definite', `path ${JSON.stringify(path)} would be a file and a directory at once`)
}
