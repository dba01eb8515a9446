// Lists files of a commit: one file, a directory or a glob, in byte order of their paths, within limits.
import type { Failure } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import type { TreeFile } from '../engine.ts'
import { filesAt } from '../file-query.ts'
import { checkCommitId } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import { listingFailure } from '../tree-path.ts'
import { chunksOf, startGit } from './process.ts'
import { localCall, type Store } from './store.ts'

/** Files at `path` (file-query.ts). */
export async function listFiles(store: Store, commit: string, path: string): Promise<TreeFile[]> {
  checkCommitId(commit)
  return filesAt(path, (below, wanted) => listBelow(store, commit, below, wanted))
}

/** Symlinks and submodules are listed with their mode and never followed: `ls-tree` reads trees only. */
async function listBelow(
  store: Store,
  commit: string,
  path: string,
  wanted: (path: string) => boolean,
): Promise<TreeFile[]> {
  const below = path === '' ? [] : ['--', path]
  const git = startGit(localCall(store, ['ls-tree', '-r', '-z', '--full-tree', commit, ...below]))
  git.stdin.end()
  const files: TreeFile[] = []
  let tail: Buffer = Buffer.alloc(0)
  let failure: Failure | undefined
  for await (const chunk of chunksOf(git)) {
    tail = eachRecord(Buffer.concat([tail, chunk]), record => {
      const file = fileOf(record)
      if (failure !== undefined || !wanted(file.path)) return
      files.push(file)
      failure = listingFailure(file, files.length)
    })
    if (failure !== undefined) git.stop(redacted(store.session, failure))
  }
  const exit = await git.ended
  if (exit.code !== 0) throw failureOf(store.session, 'read', exit)
  return files
}

/** Calls `each` for every record that ends with NUL and returns what is left. */
function eachRecord(bytes: Buffer, each: (record: Buffer) => void): Buffer {
  let start = 0
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    each(bytes.subarray(start, end))
    start = end + 1
  }
  return bytes.subarray(start)
}

/** `<mode> <type> <oid>\t<path>` */
function fileOf(record: Buffer): TreeFile {
  const tab = record.indexOf(9)
  const [mode = '', , oid = ''] = record.toString('latin1', 0, tab).split(' ')
  return { path: record.toString('utf8', tab + 1), mode, oid }
}
