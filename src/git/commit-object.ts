// The bytes of commits and trees, and their names: git's object format in a page, the same for both engines.
// A signature goes into the commit's header here, before anything is named or stored.
import { createHash } from 'node:crypto'
import { Failure } from '../lib/failure.ts'
import type { CommitSigner, GitPerson } from './engine.ts'
import { signatureHeader } from './signature/signed-object.ts'

export interface CommitParts {
  /** Tree id. */
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: GitPerson
  readonly committer: GitPerson
  readonly message: string
}

/** One line of a tree. Names are bytes, kept as latin1 text so that foreign names survive. */
export interface TreeEntry {
  readonly mode: string
  readonly name: string
  readonly oid: string
}

/** Mode of a directory inside a tree. */
export const DIRECTORY = '40000'

/** Id of the tree without entries. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** What we read of a commit. */
export interface ParsedCommit {
  /** Tree id. */
  readonly tree: string
  readonly parents: readonly string[]
  /** Committer date in seconds. */
  readonly seconds: number
  readonly message: string
}

/** The content of a commit object. Throws Failure RequestInvalid for a person or message that git could not store. */
export function commitBytes(commit: CommitParts): Buffer {
  if (commit.message.includes('\0')) throw invalid('the commit message contains a NUL character')
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map(parent => `parent ${parent}`),
    `author ${personText('author', commit.author)}`,
    `committer ${personText('committer', commit.committer)}`,
  ]
  return Buffer.from(`${lines.join('\n')}\n\n${commit.message.replace(/\n*$/, '\n')}`)
}

/** The same with its signature, as the last header. */
export async function signedCommitBytes(commit: CommitParts, sign: CommitSigner | undefined): Promise<Buffer> {
  const bytes = commitBytes(commit)
  if (sign === undefined) return bytes
  const end = bytes.indexOf('\n\n')
  const header = `\n${signatureHeader(await sign(bytes, commit.committer.date))}`
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(header), bytes.subarray(end)])
}

/** Reads a commit object. Header lines of a signature, which may contain anything, start with a space. */
export function parseCommit(bytes: Buffer): ParsedCommit {
  const text = bytes.toString('utf8')
  const end = text.indexOf('\n\n')
  const header = end < 0 ? text : text.slice(0, end)
  const seconds = /^committer .* (\d+) [+-]\d{4}$/m.exec(header)?.[1]
  return {
    tree: /^tree ([0-9a-f]{40})$/m.exec(header)?.[1] ?? '',
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, id = '']) => id),
    seconds: Number(seconds ?? 0),
    message: end < 0 ? '' : text.slice(end + 2),
  }
}

/** The content of a tree object; the entries in any order. */
export function treeBytes(entries: readonly TreeEntry[]): Buffer {
  const sorted = entries.map(entry => ({ entry, key: sortKey(entry) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode} ${entry.name}\0`, 'latin1'),
      Buffer.from(entry.oid, 'hex'),
    ]),
  )
}

/** The entries of a tree object. */
export function parseTree(bytes: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const end = bytes.indexOf(0, space)
    if (space < 0 || end < 0 || end + 21 > bytes.length)
      throw new Failure('GitFailed', 'transient', 'a tree of the repository is damaged')
    const mode = bytes.toString('latin1', at, space)
    entries.push({
      mode,
      name: bytes.toString('latin1', space + 1, end),
      oid: bytes.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

/** The id of an object with this content. */
export function objectId(type: 'blob' | 'tree' | 'commit', bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}

/** git sorts a directory as if its name ended with a slash. */
function sortKey(entry: TreeEntry): string {
  return entry.mode === DIRECTORY ? `${entry.name}/` : entry.name
}

function personText(role: string, person: GitPerson): string {
  const seconds = Math.floor(person.date.getTime() / 1000)
  for (const [field, text] of [
    ['name', person.name],
    ['email', person.email],
  ] as const) {
    if (/[\u0000-\u001f\u007f<>]/.test(text))
      throw invalid(`the ${role}'s ${field} contains a control character, < or >`)
  }
  if (person.name.trim() === '' || person.email.trim() === '') throw invalid(`the ${role} has no name or no email`)
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw invalid(`the ${role}'s date is not valid`)
  return `${person.name.trim()} <${person.email.trim()}> ${seconds} +0000`
}

function invalid(problem: string): Failure {
  return new Failure('RequestInvalid', 'definite', `the commit cannot be made: ${problem}`)
}
