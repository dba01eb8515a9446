// The native engine: the `git` program behind the interface of ../engine.ts, with one scratch directory for each remote.
import { tmpdir } from 'node:os'
import { newScratch, removeScratch } from '../../lib/scratch.ts'
import { parseCommit } from '../commit-object.ts'
import type { GitEngine, GitStore } from '../engine.ts'
import { assertForward } from '../forward.ts'
import { readBlobs } from './blobs.ts'
import { writeCommit } from './commit.ts'
import { fetchCommit, fetchMissing } from './fetch.ts'
import { containsCommit, findTrailer } from './history.ts'
import { listFiles } from './list.ts'
import { walkHistory } from './log.ts'
import { readObjects } from './objects.ts'
import { probe } from './probe.ts'
import { pushCommit } from './push.ts'
import { type GitSession, openSession } from './session.ts'
import { readSignedObject } from './signed.ts'
import { createStore, type Store } from './store.ts'

export interface NativeEngineOptions {
  /** file URLs: local mode only. */
  readonly allowFile: boolean
  /** Plain http, without credentials. */
  readonly allowHttp: boolean
  /** Where probes keep their scratch files; default the system's temporary directory. */
  readonly tmpDirectory?: string
  /** The variables of which PATH and proxies are passed on. */
  readonly ambient: Readonly<Record<string, string | undefined>>
  /** Bytes that one store may fetch; default 1 GiB (design, section 4). */
  readonly maxFetchBytes?: number
  /** Bytes of history that one store may fetch; default 256 MiB. */
  readonly maxHistoryBytes?: number
}

const GIB = 1024 ** 3

/** The engine that runs git. Failures come when it is used, also when there is no git (GitMissing). */
export function nativeEngine(options: NativeEngineOptions): GitEngine {
  const settings = {
    allowFile: options.allowFile,
    allowHttp: options.allowHttp,
    ambient: options.ambient,
  }
  return {
    name: 'native',
    async probe(remote, selection, signal) {
      const directory = await newScratch(options.tmpDirectory ?? tmpdir(), 'probe')
      try {
        return await probe(await openSession(remote, directory, { ...settings, signal }), selection)
      } finally {
        await removeScratch(directory)
      }
    },
    async open(remote, directory, signal) {
      const session = await openSession(remote, directory, { ...settings, signal })
      const store = await createStore(session, 'store.git', options.maxFetchBytes ?? GIB)
      return openStore(session, store, options.maxHistoryBytes ?? GIB / 4)
    },
  }
}

function openStore(session: GitSession, store: Store, maxHistoryBytes: number): GitStore {
  let history: Promise<Store> | undefined
  const historyStore = () => {
    history ??= createStore(session, 'history.git', maxHistoryBytes)
    return history
  }
  return {
    fetch: selection => fetchCommit(store, selection),
    list: (commit, path) => listFiles(store, commit, path),
    async fetchFiles(files) {
      if (files.length > 0)
        await fetchMissing(
          store,
          files.map(file => file.oid),
        )
    },
    read: (files, maxBytes) => readBlobs(store, files, maxBytes),
    findTrailer: async (head, trailer, window) => findTrailer(await historyStore(), head, trailer, window),
    contains: async (head, commit) => containsCommit(await historyStore(), head, commit),
    signedObject: selection => readSignedObject(store, selection),
    history: (head, path) => walkHistory(store, head, path),
    commit: input => writeCommit(store, input),
    async push(commit, branch, expect) {
      if (expect !== undefined)
        await assertForward(commit, expect, {
          parents: each => parentsOf(store, each),
          contains: async (head, ancestor) => containsCommit(await historyStore(), head, ancestor),
        })
      return pushCommit(store, commit, { branch, expect })
    },
  }
}

async function parentsOf(store: Store, commit: string): Promise<readonly string[]> {
  for await (const { bytes } of readObjects(store, [commit])) return parseCommit(bytes).parents
  return []
}
