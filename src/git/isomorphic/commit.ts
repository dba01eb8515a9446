// Writes blobs, trees and one commit into the store, and remembers what a push of it has to send.
import { EMPTY_TREE, objectId, signedCommitBytes } from '../commit-object.ts'
import type { CommitInput } from '../engine.ts'
import { checkCommitId } from '../ref.ts'
import { addEdit, type Edits, editTree } from '../tree-edit.ts'
import { checkTreePath } from '../tree-path.ts'
import type { Objects } from './objects.ts'

/** A commit that only this store has. */
export interface NewCommit {
  /** Its objects that did not come from the server, itself included. */
  readonly objects: readonly string[]
  /** Commits that it is made from, which may be new as well. */
  readonly from: readonly string[]
}

export interface WrittenCommit extends NewCommit {
  readonly commit: string
}

/** Undefined when the tree would equal the base's. */
export async function writeCommit(objects: Objects, input: CommitInput): Promise<WrittenCommit | undefined> {
  const from = [...input.parents, ...(input.base === undefined ? [] : [input.base])]
  for (const id of from) checkCommitId(id)
  const base = input.base === undefined ? undefined : (await objects.commit(input.base)).tree
  const added = new Set<string>()
  const edits: Edits = new Map()
  for (const { path, content } of input.changes) {
    checkTreePath(path, { write: true })
    addEdit(edits, path, content === undefined ? undefined : await writeBlob(objects, content, added))
  }
  const { tree, created } = await editTree(base, edits, oids => readTrees(objects, oids))
  if (tree === (base ?? EMPTY_TREE)) return undefined
  const bytes = await signedCommitBytes({ ...input, tree }, input.sign)
  for (const object of [...created, { type: 'commit', bytes } as const]) added.add(await objects.own.add(object))
  return { commit: objectId('commit', bytes), objects: [...added], from }
}

/** What the server has already is not written again. */
async function writeBlob(objects: Objects, content: Iterable<Uint8Array>, added: Set<string>): Promise<string> {
  const bytes = Buffer.concat([...content])
  const oid = objectId('blob', bytes)
  if (objects.wasReceived(oid)) return oid
  added.add(await objects.own.add({ type: 'blob', bytes }))
  return oid
}

async function* readTrees(objects: Objects, oids: readonly string[]): AsyncGenerator<Buffer> {
  for (const oid of oids) yield (await objects.read(oid)).bytes
}
