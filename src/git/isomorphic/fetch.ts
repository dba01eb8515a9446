// Which commit a selection means at the remote, and bringing it here with its trees, and later the blobs that are read.
import { Failure } from '../../lib/failure.ts'
import { isMissingCommit } from '../classify.ts'
import type { ProbedRef, RefSelection } from '../engine.ts'
import { checkSelection, describeSelection, sha256Unsupported } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import type { Objects } from './objects.ts'
import {
  type Capabilities,
  fetchPack,
  listRefs,
  type RemoteRef,
  readCapabilities,
  ServerError,
  WHOLE_HISTORY,
} from './protocol.ts'
import type { Session } from './session.ts'

const ONE_REQUEST = 20_000

/** A remote that was greeted: its capabilities are asked for once. */
export class Remote {
  readonly session: Session
  private greeting: Promise<Capabilities> | undefined

  constructor(session: Session) {
    this.session = session
  }

  /** Asked again after a failure. */
  async capabilities(): Promise<Capabilities> {
    this.greeting ??= readCapabilities(this.session)
    try {
      return await this.greeting
    } catch (error) {
      this.greeting = undefined
      throw error
    }
  }
}

/** Asks the remote. A ref that does not exist is a result, not a failure. */
export async function probe(remote: Remote, selection: RefSelection): Promise<ProbedRef> {
  checkSelection(selection)
  // A pinned commit cannot move, so there is nothing to ask.
  if ('commit' in selection) return { commit: selection.commit, emptyRepository: false }
  const ref = await refAtRemote(remote, selection)
  if (ref !== undefined) return { commit: ref.peeled ?? ref.oid, emptyRepository: false }
  const all = await listRefs(remote.session, await remote.capabilities(), '')
  return { commit: undefined, emptyRepository: all.size === 0 }
}

/** The selected commit, now in the store with its trees; undefined when there is no such branch or tag. */
export async function fetchCommit(
  remote: Remote,
  objects: Objects,
  selection: RefSelection,
): Promise<string | undefined> {
  checkSelection(selection)
  const ref =
    'commit' in selection ? { oid: selection.commit, peeled: undefined } : await refAtRemote(remote, selection)
  if (ref === undefined) return undefined
  const wanted = ref.peeled ?? ref.oid
  // The tag comes with its commit: a signature may be on either.
  if (!objects.has(wanted) || !objects.has(ref.oid))
    await fetchOne(remote, objects, { oid: ref.oid, wanted, selection })
  if ('tag' in selection) objects.tags.set(selection.tag, ref.oid)
  const isCommit = objects.has(wanted) && (await objects.read(wanted)).type === 'commit'
  if (isCommit) return wanted
  if ('tag' in selection) return undefined
  throw notGiven(remote.session, selection)
}

/** Brings the blobs that are not here yet, together. */
export async function fetchMissing(remote: Remote, objects: Objects, oids: readonly string[]): Promise<void> {
  const missing = [...new Set(oids)].filter(oid => !objects.has(oid))
  for (let start = 0; start < missing.length; start += ONE_REQUEST) {
    const wants = missing.slice(start, start + ONE_REQUEST)
    // Told of the commits that are here, a server would leave out their blobs.
    const request = { wants, haves: [], shallow: [], depth: undefined, filter: 'blob:none' } as const
    await objects.addPack(fetchPack(remote.session, await remote.capabilities(), request))
  }
}

/** Brings all commits that `head` reaches, with their trees. Throws HistoryTooLarge. */
export async function fetchWholeHistory(remote: Remote, objects: Objects, head: string): Promise<void> {
  const capabilities = await remote.capabilities()
  const haves = [...objects.tips]
  const request = { wants: [head], haves, shallow: haves, depth: WHOLE_HISTORY, filter: 'blob:none' } as const
  await objects.addPack(fetchPack(remote.session, capabilities, request), 'HistoryTooLarge')
}

async function refAtRemote(
  remote: Remote,
  selection: { readonly branch: string } | { readonly tag: string },
): Promise<RemoteRef | undefined> {
  const name = 'branch' in selection ? `refs/heads/${selection.branch}` : `refs/tags/${selection.tag}`
  const capabilities = await remote.capabilities()
  if (capabilities.objectFormat !== 'sha1') throw sha256(remote.session, selection)
  return (await listRefs(remote.session, capabilities, name)).get(name)
}

async function fetchOne(
  remote: Remote,
  objects: Objects,
  { oid, wanted, selection }: { readonly oid: string; readonly wanted: string; readonly selection: RefSelection },
): Promise<void> {
  const capabilities = await remote.capabilities()
  if (capabilities.objectFormat !== 'sha1') throw sha256(remote.session, selection)
  const haves = [...objects.tips]
  try {
    const request = { wants: [oid], haves, shallow: haves, depth: 1, filter: 'blob:none' } as const
    await objects.addPack(fetchPack(remote.session, capabilities, request))
  } catch (error) {
    if (error instanceof ServerError && isMissingCommit({ code: 128, stderr: error.said }))
      throw notGiven(remote.session, selection)
    throw error
  }
  if (objects.wasReceived(wanted)) objects.tips.add(wanted)
}

function sha256(session: Session, selection: RefSelection): Failure {
  return redacted(session, sha256Unsupported(`${describeSelection(selection)} of ${session.url.href}`))
}

function notGiven(session: Session, selection: RefSelection): Failure {
  const sentence = `${describeSelection(selection)} does not exist in ${session.url.href}, or the server does not give it out`
  const hint = 'name a commit that a branch or tag of the repository reaches'
  return redacted(session, new Failure('RefNotFound', 'definite', sentence, { hint }))
}
