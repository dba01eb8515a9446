// The target of a run in git: its head, the catalog that stands there, earlier commits of this run, and the push.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Catalog, EMPTY_CATALOG } from '../entries/catalog.ts'
import type { SourceFile } from '../entries/document.ts'
import { type Rendered, type Room, roomInGit } from '../entries/render/rendered.ts'
import type { TargetForm } from '../entries/target-form.ts'
import { remoteOf } from '../git/credentials.ts'
import type { CommitSigner, GitPerson, GitRemote, GitStore, TreeFile } from '../git/engine.ts'
import { revisionOf } from '../git/revision.ts'
import { Failure } from '../lib/failure.ts'
import type { GitTargetRequest, RunRequest } from '../resources/request.ts'
import type { Access } from '../sources/source.ts'
import { commitMessage, type MessageInput } from './message.ts'
import { type CommitPlace, type Heads, placeOnBranch, placeOnPushBranch, standingOf } from './push-branch.ts'
import { spooledFiles } from './spooled-files.ts'
import type { FoundRun, Target } from './target.ts'
import { type RunTrailers, readTrailers, runTrailer, trailerTarget } from './trailers.ts'

interface Connected {
  readonly remote: GitRemote
  readonly store: GitStore
  readonly sign: CommitSigner | undefined
}

const COMMITTER = { name: 'Rollbook', email: 'rollbook@noreply.invalid' }
/** Clocks of two machines may differ: a commit this much older than the run's start is still looked at. */
const CLOCK_SKEW = 10 * 60_000

/** A branch that a run writes to, with the one it starts from. `refresh` first; everything else speaks of the heads that it saw. */
export class GitTarget implements Target {
  private readonly target: GitTargetRequest
  private readonly access: Access
  private readonly remote: GitRemote
  private readonly store: GitStore
  private readonly sign: CommitSigner | undefined
  private heads: Heads = { branch: undefined, pushBranch: undefined }
  private place: CommitPlace = placeOnBranch(undefined)
  private listed: { readonly base: string; readonly files: Promise<TreeFile[]> } | undefined

  private constructor(target: GitTargetRequest, access: Access, git: Connected) {
    this.target = target
    this.access = access
    this.remote = git.remote
    this.store = git.store
    this.sign = git.sign
  }

  static async open(target: GitTargetRequest, access: Access, sign: CommitSigner | undefined): Promise<GitTarget> {
    const remote = await remoteOf(target.repository, target.authSecret, access)
    const directory = join(access.scratch, 'target')
    await mkdir(directory)
    const store = await access.git.open(remote, directory, access.signal)
    const opened = new GitTarget(target, access, { remote, store, sign })
    await opened.refresh()
    return opened
  }

  /** Looks at the branches again. Throws RefNotFound when `branch` is missing in a repository that is not empty. */
  async refresh(): Promise<void> {
    const { branch, pushBranch } = this.target
    const base = await this.store.fetch({ branch })
    const pushed = pushBranch === undefined ? undefined : await this.store.fetch({ branch: pushBranch })
    this.heads = { branch: base, pushBranch: pushed }
    if (base === undefined && pushed === undefined) await this.refuseMissingBranch()
    this.place = pushBranch === undefined ? placeOnBranch(base) : await this.placeOnPushBranch()
  }

  private async placeOnPushBranch(): Promise<CommitPlace> {
    const standing = await standingOf(this.heads, (head, commit) => this.store.contains(head, commit))
    return placeOnPushBranch(this.heads, standing)
  }

  private async refuseMissingBranch(): Promise<void> {
    const { emptyRepository } = await this.access.git.probe(
      this.remote,
      { branch: this.target.branch },
      this.access.signal,
    )
    if (!emptyRepository) throw this.missingBranch()
  }

  private missingBranch(): Failure {
    const { branch, repository } = this.target
    return new Failure('RefNotFound', 'definite', `branch ${branch} does not exist in ${repository}`, {
      hint: 'create the branch, or correct spec.target.git.branch (of a registry spec.storage.branch); only an empty repository gets its first commit from a run',
    })
  }

  /** `main@sha1:<commit>` of what the run compares with, and after a push of what it wrote; null while that is empty. */
  get revision(): string | null {
    const { base } = this.place
    return base === undefined ? null : this.revisionOf(base)
  }

  private revisionOf(commit: string, head = commit): string {
    const { branch, pushBranch = branch } = this.target
    return revisionOf({ branch: head === this.heads.branch ? branch : pushBranch }, commit)
  }

  /**
   * The commit that an earlier attempt of this run made, if it got that far: on the branch pushed to, or merged since. Throws
   * RequestInvalid when the id is that of another resource's run, or of one that wrote elsewhere.
   */
  async findRun(request: RunRequest): Promise<FoundRun | undefined> {
    const notBefore = request.searchWholeHistory ? undefined : new Date(Date.parse(request.startTime) - CLOCK_SKEW)
    for (const head of this.place.parents) {
      const found = await this.store.findTrailer(head, runTrailer(request.runId), { notBefore })
      const trailers = found && readTrailers(found.message)
      if (!found || !trailers) continue
      refuseOther(found.commit, { trailers, request, path: this.target.path })
      return { revision: this.revisionOf(found.commit, head), trailers }
    }
    return undefined
  }

  async fetchFiles(form: TargetForm): Promise<void> {
    const { base } = this.place
    if (base !== undefined) await this.store.fetchFiles((await this.filesOf(base, form)).filter(isRegular))
  }

  private async filesOf(base: string, form: TargetForm): Promise<TreeFile[]> {
    const files = await this.filesAt(base)
    return files.filter(file => form.concerns(file.path, this.target.path))
  }

  /** Listed once for each commit. */
  private filesAt(base: string): Promise<TreeFile[]> {
    if (this.listed?.base !== base) this.listed = { base, files: this.store.list(base, this.target.path) }
    return this.listed.files
  }

  /** What stands at the path now. Throws TargetInvalid when that is nothing we may write over. */
  async catalog(form: TargetForm): Promise<Catalog> {
    const { base } = this.place
    // Not before here: an attempt that made the first commit of an empty repository is found without the branch.
    if (base !== undefined && this.heads.branch === undefined) throw this.missingBranch()
    if (base === undefined) return EMPTY_CATALOG
    const { path } = this.target
    const { limits } = this.access
    await this.refuseOtherShape(base, await this.filesAt(base))
    const files = await this.filesOf(base, form)
    const special = files.find(file => !isRegular(file))
    if (special) {
      const message = `the target has a symbolic link or a submodule at ${special.path}, and those are never followed`
      throw new Failure('TargetInvalid', 'definite', message)
    }
    const place = join(this.access.scratch, 'target-files')
    return form.index(await spooledFiles(this.contentsOf(files), place), limits, path)
  }

  private async *contentsOf(files: readonly TreeFile[]): AsyncIterable<SourceFile> {
    for await (const { file, bytes } of this.store.read(files, this.access.limits.fileBytes))
      yield { path: file.path, bytes }
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

  /** Commits the files on what `refresh` saw and pushes it. 'moved' when somebody else was faster. */
  async push({ writes }: Rendered, facts: MessageInput, time: Date): Promise<'accepted' | 'moved'> {
    const { commit: settings, branch, pushBranch } = this.target
    const { base, parents, expect } = this.place
    const commit = await this.store.commit({
      parents,
      base,
      changes: writes,
      message: commitMessage(facts),
      author: person({ ...COMMITTER, ...settings.author }, time),
      committer: person(COMMITTER, time),
      ...(this.sign ? { sign: this.sign } : {}),
    })
    if (commit === undefined) throw new Error('what was rendered equals the target, and should have been Unchanged')
    this.access.signal.throwIfAborted()
    const pushed = await this.store.push(commit, pushBranch ?? branch, expect)
    if (pushed === 'accepted') this.place = placeOnBranch(commit)
    return pushed
  }

  get room(): Room {
    return roomInGit(this.access.limits)
  }
}

/** Neither a symbolic link nor a submodule. */
function isRegular({ mode }: TreeFile): boolean {
  return mode !== '120000' && mode !== '160000'
}

function person(who: { readonly name: string; readonly email: string }, date: Date): GitPerson {
  return { name: who.name, email: who.email, date }
}

interface Continued {
  readonly trailers: RunTrailers
  readonly request: RunRequest
  readonly path: string
}

/** Ids are given by people, too (`--run-id`): one that is taken would end a run that wrote nothing as done. */
function refuseOther(commit: string, { trailers, request, path }: Continued): void {
  const { kind, namespace, name } = request.resource
  const [resource = ''] = trailers.resource.split(' ')
  const target = trailerTarget(trailers)
  if (resource === `${kind}/${namespace}/${name}` && target.path === path) return
  throw new Failure(
    'RequestInvalid',
    'definite',
    `run id ${request.runId} is taken: commit ${commit} has it, of ${resource}, which wrote ${target.path}`,
    { hint: 'give another --run-id for each run; the same one continues a run of the same resource and path' },
  )
}
