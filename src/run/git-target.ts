// The target of a run in git: its head, the catalog that stands there, earlier commits of this run, and the push.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Catalog, EMPTY_CATALOG } from '../entries/catalog.ts'
import type { SourceFile } from '../entries/document.ts'
import { type Rendered, type Room, roomInGit } from '../entries/render/rendered.ts'
import type { TargetForm } from '../entries/target-form.ts'
import { remoteOf } from '../git/credentials.ts'
import type { GitPerson, GitRemote, GitStore, TreeFile } from '../git/engine.ts'
import { revisionOf } from '../git/revision.ts'
import { Failure } from '../lib/failure.ts'
import type { GitTargetRequest, RunRequest } from '../resources/request.ts'
import type { Access } from '../sources/source.ts'
import { commitMessage, type MessageInput } from './message.ts'
import type { FoundRun, Target } from './target.ts'
import { readTrailers, runTrailer } from './trailers.ts'

const COMMITTER = { name: 'Rollbook', email: 'rollbook@noreply.invalid' }
/** Clocks of two machines may differ: a commit this much older than the run's start is still looked at. */
const CLOCK_SKEW = 10 * 60_000

/** A branch that a run writes to. `refresh` first; everything else speaks of the head that it saw. */
export class GitTarget implements Target {
  private readonly target: GitTargetRequest
  private readonly access: Access
  private readonly remote: GitRemote
  private readonly store: GitStore
  private head: string | undefined

  private constructor(target: GitTargetRequest, access: Access, remote: GitRemote, store: GitStore) {
    this.target = target
    this.access = access
    this.remote = remote
    this.store = store
  }

  static async open(target: GitTargetRequest, access: Access): Promise<GitTarget> {
    const remote = await remoteOf(target.repository, target.authSecret, access)
    const directory = join(access.scratch, 'target')
    await mkdir(directory)
    const opened = new GitTarget(target, access, remote, await access.git.open(remote, directory, access.signal))
    await opened.refresh()
    return opened
  }

  /** Looks at the branch again. Throws RefNotFound when it is missing in a repository that is not empty. */
  async refresh(): Promise<void> {
    const ref = { branch: this.target.branch }
    this.head = await this.store.fetch(ref)
    if (this.head !== undefined) return
    const { emptyRepository } = await this.access.git.probe(this.remote, ref, this.access.signal)
    if (emptyRepository) return
    throw new Failure(
      'RefNotFound',
      'definite',
      `branch ${this.target.branch} does not exist in ${this.target.repository}`,
      {
        hint: 'create the branch; only an empty repository gets its first commit from a run',
      },
    )
  }

  /** `main@sha1:<commit>`; null while the repository is empty. */
  get revision(): string | null {
    return this.head === undefined ? null : revisionOf({ branch: this.target.branch }, this.head)
  }

  /** The commit that an earlier attempt of this run made, if it got that far. */
  async findRun(request: RunRequest): Promise<FoundRun | undefined> {
    if (this.head === undefined) return undefined
    const notBefore = request.searchWholeHistory ? undefined : new Date(Date.parse(request.startTime) - CLOCK_SKEW)
    const found = await this.store.findTrailer(this.head, runTrailer(request.runId), { notBefore })
    const trailers = found && readTrailers(found.message)
    return found && trailers
      ? { revision: revisionOf({ branch: this.target.branch }, found.commit), trailers }
      : undefined
  }

  /** What stands at the path now. Throws TargetInvalid when that is nothing we may write over. */
  async catalog(form: TargetForm): Promise<Catalog> {
    if (this.head === undefined) return EMPTY_CATALOG
    const { path } = this.target
    const { limits } = this.access
    const listed = await this.store.list(this.head, path)
    await this.refuseOtherShape(this.head, listed)
    const files = listed.filter(file => form.concerns(file.path, path))
    const special = files.find(({ mode }) => mode === '120000' || mode === '160000')
    if (special) {
      const message = `the target has a symbolic link or a submodule at ${special.path}, and those are never followed`
      throw new Failure('TargetInvalid', 'definite', message)
    }
    const read: SourceFile[] = []
    for await (const { file, bytes } of this.store.read(files, limits.fileBytes)) read.push({ path: file.path, bytes })
    return form.index(read, limits, path)
  }

  /** Git would put a file in the place of a folder, or a folder in the place of a file, and drop what stood there. */
  private async refuseOtherShape(head: string, listed: readonly TreeFile[]): Promise<void> {
    const { path, layout } = this.target
    const inTheWay =
      layout === 'File'
        ? listed.some(file => file.path.startsWith(`${path}/`))
        : listed.some(file => file.path === path)
    if (inTheWay) {
      const [there, wanted] = layout === 'File' ? ['folder', 'file'] : ['file', 'folder']
      throw new Failure(
        'TargetInvalid',
        'definite',
        `the target ${path} is a ${there}, and layout ${layout} writes a ${wanted} there`,
        { hint: 'change target.git.path' },
      )
    }
    if (listed.some(file => file.path === path || file.path.startsWith(`${path}/`))) return
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/')
      if (!(await this.isFile(head, parent))) continue
      const message = `the target ${path} lies below ${parent}, which is a file or a link in ${this.target.repository}`
      throw new Failure('TargetInvalid', 'definite', message, { hint: 'change target.git.path' })
    }
  }

  private async isFile(head: string, path: string): Promise<boolean> {
    try {
      return (await this.store.list(head, path)).some(file => file.path === path)
    } catch (error) {
      // Only a folder has too much in it.
      if (error instanceof Failure && error.reason === 'LimitExceeded') return false
      throw error
    }
  }

  /** Commits the files on the head that `refresh` saw and pushes it. 'moved' when somebody else was faster. */
  async push({ writes }: Rendered, facts: MessageInput, time: Date): Promise<'accepted' | 'moved'> {
    const { author } = this.target.commit
    const commit = await this.store.commit({
      parents: this.head === undefined ? [] : [this.head],
      base: this.head,
      changes: writes,
      message: commitMessage(facts),
      author: person({ ...COMMITTER, ...author }, time),
      committer: person(COMMITTER, time),
    })
    if (commit === undefined) throw new Error('what was rendered equals the target, and should have been Unchanged')
    this.access.signal.throwIfAborted()
    const pushed = await this.store.push(commit, this.target.branch, this.head)
    if (pushed === 'accepted') this.head = commit
    return pushed
  }

  get room(): Room {
    return roomInGit(this.access.limits)
  }
}

function person(who: { readonly name: string; readonly email: string }, date: Date): GitPerson {
  return { name: who.name, email: who.email, date }
}
