// Writes blobs, trees and one commit into the store. No work tree, no index, no object of the base but its trees.
import { Failure } from '../../lib/failure.ts'
import { EMPTY_TREE, objectId, signedCommitBytes } from '../commit-object.ts'
import type { CommitInput } from '../engine.ts'
import { checkCommitId } from '../ref.ts'
import { addEdit, type Edits, editTree } from '../tree-edit.ts'
import { checkTreePath } from '../tree-path.ts'
import { blobWriter } from './blob-writer.ts'
import { readObjects } from './objects.ts'
import { storeObjects } from './pack.ts'
import type { Store } from './store.ts'

/** The new commit's id, or undefined when its tree would equal the base's. */
export async function writeCommit(store: Store, input: CommitInput): Promise<string | undefined> {
  for (const id of [...input.parents, ...(input.base === undefined ? [] : [input.base])]) checkCommitId(id)
  const base = input.base === undefined ? undefined : await treeOf(store, input.base)
  const edits = await writeContents(store, input)
  const { tree, created } = await editTree(base, edits, oids => readTrees(store, oids))
  if (tree === (base ?? EMPTY_TREE)) return undefined
  const bytes = await signedCommitBytes({ ...input, tree }, input.sign)
  await storeObjects(store, [...created, { type: 'commit', bytes }])
  return objectId('commit', bytes)
}

async function writeContents(store: Store, input: CommitInput): Promise<Edits> {
  const edits: Edits = new Map()
  const blobs = blobWriter(store)
  try {
    for (const { path, content } of input.changes) {
      checkTreePath(path, { write: true })
      addEdit(edits, path, content === undefined ? undefined : await blobs.add(content))
    }
  } finally {
    await blobs.close()
  }
  return edits
}

async function* readTrees(store: Store, oids: readonly string[]): AsyncGenerator<Buffer> {
  for await (const { bytes } of readObjects(store, oids)) yield bytes
}

async function treeOf(store: Store, commit: string): Promise<string> {
  for await (const object of readObjects(store, [`${commit}^{tree}`])) return object.oid
  throw new Failure('GitFailed', 'transient', `commit ${commit} is not in the store`)
}
