// The embedded engine: git over https without a git program. isomorphic-git indexes and reads packs; what it cannot do well
// over the wire (protocol 2, filters, an expected old id, timeouts, redirects) is ours.

import type { GitEngine, GitStore, HistoryCommit, RefSelection, SignedSelection, TreeFile } from '../engine.ts'
import { assertForward, standsOn } from '../forward.ts'
import { redacted } from '../remote-context.ts'
import { fileTooLarge } from '../tree-path.ts'
import { type NewCommit, writeCommit } from './commit.ts'
import { fetchCommit, fetchMissing, Remote } from './fetch.ts'
import { History } from './history.ts'
import { listFiles } from './list.ts'
import { walkHistory } from './log.ts'
import { Objects } from './objects.ts'
import { httpProbe } from './probe.ts'
import { proxiesIn } from './proxies.ts'
import { pushCommit } from './push.ts'
import { openSession, type Session } from './session.ts'
import { readSignedObject } from './signed.ts'

export interface IsomorphicEngineOptions {
  /** Plain http, without credentials. */
  readonly allowHttp: boolean
  /** The variables of which the proxies are used. */
  readonly ambient: Readonly<Record<string, string | undefined>>
  /** Bytes that one store may fetch, and of one unpacked object; default 256 MiB, since both are held in memory. */
  readonly maxFetchBytes?: number
  /** Bytes of history that one store may fetch; default 64 MiB. */
  readonly maxHistoryBytes?: number
}

const MIB = 1024 ** 2

/** The engine without a git program. ssh and file URLs fail with GitMissing. */
export function isomorphicEngine(options: IsomorphicEngineOptions): GitEngine {
  const { allowHttp } = options
  const proxies = proxiesIn(options.ambient)
  return {
    name: 'isomorphic',
    probe: httpProbe(options),
    async open(remote, directory, signal) {
      const session = openSession(remote, { allowHttp, proxies, signal })
      return IsomorphicStore.open(session, directory, {
        fetch: options.maxFetchBytes ?? 256 * MIB,
        history: options.maxHistoryBytes ?? 64 * MIB,
      })
    },
  }
}

/** Objects of one remote, and the commits that are made here. */
class IsomorphicStore implements GitStore {
  readonly remote: Remote
  readonly objects: Objects
  private readonly openHistory: () => Promise<Objects>
  private runs: Promise<History> | undefined
  private readonly newCommits = new Map<string, NewCommit>()

  private constructor(remote: Remote, objects: Objects, openHistory: () => Promise<Objects>) {
    this.remote = remote
    this.objects = objects
    this.openHistory = openHistory
  }

  static async open(
    session: Session,
    directory: string,
    limits: { readonly fetch: number; readonly history: number },
  ): Promise<IsomorphicStore> {
    const objects = await Objects.create(session, `${directory}/store.git`, {
      bytes: limits.fetch,
      objectBytes: limits.fetch,
      exceeded: 'LimitExceeded',
    })
    const quota = { bytes: limits.history, objectBytes: limits.history, exceeded: 'HistoryTooLarge' } as const
    return new IsomorphicStore(new Remote(session), objects, () =>
      Objects.create(session, `${directory}/history.git`, quota),
    )
  }

  fetch(selection: RefSelection): Promise<string | undefined> {
    return fetchCommit(this.remote, this.objects, selection)
  }

  list(commit: string, path: string): Promise<TreeFile[]> {
    return listFiles(this.objects, commit, path)
  }

  async fetchFiles(files: readonly TreeFile[]): Promise<void> {
    const oids = files.map(file => file.oid)
    await fetchMissing(this.remote, this.objects, oids)
  }

  async *read(files: readonly TreeFile[], maxBytes: number): ReturnType<GitStore['read']> {
    await this.fetchFiles(files)
    for (const file of files) {
      const { bytes } = await this.objects.read(file.oid)
      if (bytes.length > maxBytes) throw redacted(this.remote.session, fileTooLarge(file.path, bytes.length, maxBytes))
      yield { file, bytes }
    }
  }

  async findTrailer(...[head, trailer, window]: Parameters<GitStore['findTrailer']>) {
    return (await this.historyStore()).findTrailer(head, trailer, window)
  }

  async contains(head: string, commit: string): Promise<boolean> {
    return (await this.historyStore()).contains(head, commit)
  }

  signedObject(selection: SignedSelection): Promise<Buffer | undefined> {
    return readSignedObject(this.objects, selection)
  }

  history(head: string, path: string): AsyncIterable<HistoryCommit> {
    return walkHistory(this, head, path)
  }

  async commit(input: Parameters<GitStore['commit']>[0]): Promise<string | undefined> {
    const written = await writeCommit(this.objects, input)
    if (written !== undefined) this.newCommits.set(written.commit, written)
    return written?.commit
  }

  async push(commit: string, branch: string, expect: string | undefined): Promise<'accepted' | 'moved'> {
    if (expect !== undefined) await assertForward(commit, expect, this.ancestry)
    const pack = this.objects.own.pack(this.objectsFor(commit))
    const pushed = await pushCommit(this.remote.session, commit, { branch, expect, pack })
    if (pushed === 'accepted') this.forget(commit)
    return pushed
  }

  /** The server knows nothing of commits that nobody pushed: those are looked through here. */
  private async standsOn(commit: string, ancestor: string): Promise<boolean> {
    if (!this.newCommits.has(commit)) return this.contains(commit, ancestor)
    return standsOn(commit, ancestor, this.ancestry)
  }

  private get ancestry() {
    return {
      parents: async (commit: string) => (await this.objects.commit(commit)).parents,
      contains: (head: string, ancestor: string) => this.standsOn(head, ancestor),
    }
  }

  /** What the server lacks: the objects of this commit, and of those that it is made from and nobody pushed. */
  private objectsFor(commit: string): string[] {
    return [...new Set(this.unpushed(commit).flatMap(each => this.newCommits.get(each)?.objects ?? []))]
  }

  private unpushed(commit: string): string[] {
    const found = new Set([commit])
    for (const each of found) for (const from of this.newCommits.get(each)?.from ?? []) found.add(from)
    return [...found].filter(each => this.newCommits.has(each))
  }

  /** The server has them now. A blob of a later commit that is equal to one of theirs is sent once more; that is harmless. */
  private forget(commit: string): void {
    for (const each of this.unpushed(commit)) this.newCommits.delete(each)
  }

  private historyStore(): Promise<History> {
    this.runs ??= this.openHistory().then(objects => new History(this.remote, objects))
    return this.runs
  }
}
