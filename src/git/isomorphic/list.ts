// Lists files of a commit by reading its trees, along the path that is asked for only.
import { Failure } from '../../lib/failure.ts'
import { DIRECTORY, parseTree, type TreeEntry } from '../commit-object.ts'
import type { TreeFile } from '../engine.ts'
import { filesAt } from '../file-query.ts'
import { checkCommitId } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import { listingFailure } from '../tree-path.ts'
import type { Objects } from './objects.ts'

/** Files at `path` (file-query.ts). */
export async function listFiles(objects: Objects, commit: string, path: string): Promise<TreeFile[]> {
  checkCommitId(commit)
  const { tree } = await objects.commit(commit)
  return filesAt(path, (below, wanted) => listBelow(objects, { tree, below, wanted }))
}

interface Query {
  readonly tree: string
  readonly below: string
  readonly wanted: (path: string) => boolean
}

/** Symlinks and submodules are listed with their mode and never followed. */
async function listBelow(objects: Objects, { tree, below, wanted }: Query): Promise<TreeFile[]> {
  const start = await entryAt(objects, tree, below)
  if (start === undefined) return []
  const files: TreeFile[] = []
  let directories = 0

  async function visit(entry: TreeEntry, path: string): Promise<void> {
    if (entry.mode !== DIRECTORY) return take(entry, path)
    // Trees of empty trees would go on for ever without a single file.
    const failure = listingFailure({ path }, ++directories)
    if (failure !== undefined) throw redacted(objects.session, failure)
    for (const child of await entriesOf(objects, entry.oid)) {
      const name = Buffer.from(child.name, 'latin1').toString('utf8')
      await visit(child, path === '' ? name : `${path}/${name}`)
    }
  }
  function take(entry: TreeEntry, path: string): void {
    if (!wanted(path)) return
    files.push({ path, mode: entry.mode.padStart(6, '0'), oid: entry.oid })
    const failure = listingFailure({ path }, files.length)
    if (failure !== undefined) throw redacted(objects.session, failure)
  }

  await visit(start, below)
  return files
}

/** The entry at a path; '' is the root itself. */
export async function entryAt(objects: Objects, tree: string, path: string): Promise<TreeEntry | undefined> {
  let entry: TreeEntry | undefined = { mode: DIRECTORY, name: '', oid: tree }
  for (const part of path === '' ? [] : path.split('/')) {
    if (entry?.mode !== DIRECTORY) return undefined
    const name = Buffer.from(part).toString('latin1')
    entry = (await entriesOf(objects, entry.oid)).find(each => each.name === name)
  }
  return entry
}

async function entriesOf(objects: Objects, tree: string): Promise<TreeEntry[]> {
  const entries = parseTree((await objects.read(tree)).bytes)
  // What `git fsck` refuses: a name that could lead out of its directory.
  const bad = entries.find(({ name }) => /^(?:|\.|\.\.|\.git)$/i.test(name) || name.includes('/'))
  if (bad === undefined) return entries
  const sentence = `${objects.session.url.href} holds a tree with the name ${JSON.stringify(bad.name)}, which git itself refuses`
  throw redacted(objects.session, new Failure('GitFailed', 'definite', sentence))
}
