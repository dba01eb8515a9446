// PATH as `<repository>@<revision>:<path>`: documents of a repository at a revision, read as a run would read them.
import { tmpdir } from 'node:os'
import type { Format, SourceDocument } from '../entries/document.ts'
import { remoteOf } from '../git/credentials.ts'
import type { GitRemote, RefSelection } from '../git/engine.ts'
import { Failure } from '../lib/failure.ts'
import { checkRefName } from '../lib/ref-name.ts'
import { openScratch, removeScratch } from '../lib/scratch.ts'
import { openGitSource } from '../sources/git.ts'
import type { Access } from '../sources/source.ts'
import type { Invocation } from './command.ts'
import { localAccess } from './local-access.ts'
import { isRepository, repositoryAddress } from './repository.ts'

export interface RepositoryPath {
  /** A URL, or a folder. */
  readonly repository: string
  /** Branch, tag, commit, or as results tell it: `main@sha1:<commit>`. */
  readonly revision: string
  readonly path: string
}

/** One way to read a text, and what is wrong with its revision, if it is no name and no commit. */
interface Reading extends RepositoryPath {
  readonly fault: string | undefined
}

/**
 * What the text names, or undefined when it is not of that form. A branch may have an `@` in its name, and a folder as
 * well: the first `@` counts that has an address or a folder before it. Throws RefInvalid for a revision behind one of them
 * that is none.
 */
export async function repositoryPath(text: string, cwd: string): Promise<RepositoryPath | undefined> {
  const readings = readingsOf(text)
  const there: Reading[] = []
  for (const reading of readings) if (await isRepository(reading.repository, cwd)) there.push(reading)
  const likely = readings.filter(({ fault }) => fault === undefined)
  // Of what is nowhere, user@host:path says best what is wrong with it.
  const chosen =
    there.find(({ fault }) => fault === undefined) ??
    there[0] ??
    likely.find(({ repository }) => /^[^/@]+@[^/@:]+:/.test(repository)) ??
    likely[0]
  if (chosen?.fault !== undefined) {
    const { repository, revision, fault } = chosen
    throw new Failure('RefInvalid', 'definite', `${JSON.stringify(revision)} of ${repository}: ${fault}`, {
      hint: 'name a branch, a tag or all 40 digits of a commit',
    })
  }
  return chosen && { repository: chosen.repository, revision: chosen.revision, path: chosen.path }
}

/** An `@` of the address itself stands before its host or after a slash. */
function readingsOf(text: string): Reading[] {
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*/.exec(text)?.[0].length ?? 0
  const readings: Reading[] = []
  for (let at = text.indexOf('@', authority); at >= 0; at = text.indexOf('@', at + 1)) {
    if (at === 0 || text[at - 1] === '/') continue
    const rest = text.slice(at + 1)
    const [, revision, path = ''] = /^((?:[^:]*@)?sha1:[0-9a-f]{40}|[^:]+):(.*)$/s.exec(rest) ?? []
    if (revision === undefined) continue
    const name = revision.replace(/^refs\/(heads|tags)\//, '')
    const fault = commitIn(revision) === undefined ? checkRefName(name) : undefined
    readings.push({ repository: text.slice(0, at), revision, path, fault })
  }
  return readings
}

/** Documents under names that say where they come from. Throws RefNotFound, PathNotFound and whatever reading git throws. */
export async function* repositoryDocuments(
  { repository, revision, path }: RepositoryPath,
  invocation: Invocation,
  format: Format | undefined,
): AsyncIterable<SourceDocument> {
  const access = await localAccess(invocation, {})
  const url = await repositoryAddress(repository, invocation.terminal.cwd)
  const remote = await remoteOf(url, undefined, access)
  const ref = await selectionOf(revision, { remote, access, repository })
  const scratch = await openScratch(tmpdir(), 'read')
  try {
    const source = { type: 'git', repository: url, ref, path: path === '' ? '.' : path } as const
    const { documents } = await openGitSource(source, format, { ...access, scratch })
    const named = (file: string) => `${repository}@${revision}:${file}`
    for await (const document of documents()) {
      const issues = document.issues.map(issue => ({ ...issue, document: named(issue.document) }))
      yield { ...document, path: named(document.path), issues }
    }
  } finally {
    await removeScratch(scratch)
  }
}

interface Where {
  readonly remote: GitRemote
  readonly access: Omit<Access, 'scratch'>
  readonly repository: string
}

/** A branch wins over a tag of its name; `refs/tags/...` says which. */
async function selectionOf(revision: string, { remote, access, repository }: Where): Promise<RefSelection> {
  const commit = commitIn(revision)
  if (commit !== undefined) return { commit }
  const candidates: RefSelection[] = []
  if (!revision.startsWith('refs/tags/')) candidates.push({ branch: revision.replace(/^refs\/heads\//, '') })
  if (!revision.startsWith('refs/heads/')) candidates.push({ tag: revision.replace(/^refs\/tags\//, '') })
  for (const candidate of candidates) {
    const { commit: found, emptyRepository } = await access.git.probe(remote, candidate, access.signal)
    if (found !== undefined) return candidate
    if (emptyRepository) throw new Failure('EmptyRepository', 'definite', `${repository} has no commit yet`)
  }
  throw new Failure('RefNotFound', 'definite', `${repository} has no branch and no tag ${JSON.stringify(revision)}`, {
    hint: 'a commit is named by all 40 digits',
  })
}

/** Of `<40 digits>`, `sha1:<40 digits>` and `<name>@sha1:<40 digits>`. */
function commitIn(revision: string): string | undefined {
  return /^(?:(?:.*@)?sha1:)?([0-9a-f]{40})$/s.exec(revision)?.[1]
}
