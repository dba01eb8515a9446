// Lists files of a commit: one file, a directory or a glob, in byte order of their paths, within limits.
import picomatch from 'picomatch'
import { Failure } from '../../lib/failure.ts'
import type { TreeFile } from '../engine.ts'
import { checkCommitId } from '../ref.ts'
import { checkTreePath, MAX_DEPTH, MAX_FILES, MAX_PATH_BYTES } from '../tree-path.ts'
import { failureOf } from './classify.ts'
import { chunksOf, startGit } from './process.ts'
import { redacted } from './session.ts'
import { localCall, type Store } from './store.ts'

/** Files at `path`. A path that exists under that very name is taken as it stands, even when it looks like a glob. */
export async function listFiles(store: Store, commit: string, path: string): Promise<TreeFile[]> {
  checkCommitId(commit)
  const trimmed = path.replace(/^\.\//, '').replace(/\/+$/, '')
  checkTreePath(trimmed, {})
  const found = await listBelow(store, commit, trimmed, () => true)
  const glob = picomatch.scan(trimmed)
  if (found.length > 0 || !glob.isGlob) return found
  const matches = picomatch(trimmed, { nonegate: true, noextglob: true, dot: false })
  return listBelow(store, commit, glob.base, file => matches(file))
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
      failure = limitFailure(file, files.length)
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

function limitFailure(file: TreeFile, count: number): Failure | undefined {
  if (count > MAX_FILES) return exceeded(`there are more than ${MAX_FILES} files`)
  const bytes = Buffer.byteLength(file.path)
  if (bytes > MAX_PATH_BYTES)
    return exceeded(
      `path ${JSON.stringify(`${file.path.slice(0, 80)}…`)} has ${bytes} bytes, more than ${MAX_PATH_BYTES}`,
    )
  const depth = file.path.split('/').length
  if (depth > MAX_DEPTH)
    return exceeded(
      `path ${JSON.stringify(`${file.path.slice(0, 80)}…`)} is ${depth} levels deep, more than ${MAX_DEPTH}`,
    )
  return undefined
}

function exceeded(what: string): Failure {
  return new Failure('LimitExceeded', 'definite', `${what}: narrow the path of the source`)
}
