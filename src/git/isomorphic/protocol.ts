// Git's protocol version 2 for reading (gitprotocol-v2(5)): capabilities, refs by prefix, and fetches with a filter.
import { Failure } from '../../lib/failure.ts'
import { failureOf } from '../classify.ts'
import { redacted } from '../remote-context.ts'
import { broken, DELIMITER, FLUSH, lineOf, type Packet, packet, packets } from './pkt-line.ts'
import type { Session } from './session.ts'

/** What a server can do, from the first request of a session. */
export interface Capabilities {
  /** SHA-256 repositories say so here (F8). */
  readonly objectFormat: string
  readonly filter: boolean
  /** Capability lines that every command repeats. */
  readonly common: readonly string[]
}

export interface RemoteRef {
  readonly oid: string
  /** What an annotated tag points at. */
  readonly peeled: string | undefined
}

/** What git itself sends for "all of it" (gitprotocol-pack(5)). */
export const WHOLE_HISTORY = 0x7fffffff

/** Commits from a wanted one downwards, or further below those that are here. */
export type Depth = number | { readonly below: number }

export interface FetchRequest {
  readonly wants: readonly string[]
  /** Commits that are here with all their trees. */
  readonly haves: readonly string[]
  /** Those of the commits here whose parents are not. */
  readonly shallow: readonly string[]
  readonly depth: Depth | undefined
  readonly filter: 'blob:none' | 'tree:0'
}

/** Asks for the capabilities. Throws for a server that only knows older protocols. */
export async function readCapabilities(session: Session): Promise<Capabilities> {
  const lines: string[] = []
  for await (const frame of packets(await session.http.advertisement('git-upload-pack'))) {
    const line = lineOf(frame)
    if (line === undefined || line.startsWith('# service=')) continue
    refuseError(session, line)
    lines.push(line)
  }
  if (lines[0] !== 'version 2') throw oldProtocol(session)
  const lineFor = (name: string) => lines.find(line => line === name || line.startsWith(`${name}=`))
  const format = lineFor('object-format')
  return {
    objectFormat: format?.split('=')[1] ?? 'sha1',
    filter: /[= ]filter( |$)/.test(lineFor('fetch') ?? ''),
    common: [...(lineFor('agent') ? ['agent=rollbook'] : []), ...(format === undefined ? [] : [format])],
  }
}

/** The refs whose names start with the prefix; '' for all. */
export async function listRefs(
  session: Session,
  capabilities: Capabilities,
  prefix: string,
): Promise<Map<string, RemoteRef>> {
  const body = command('ls-refs', capabilities, ['peel', ...(prefix === '' ? [] : [`ref-prefix ${prefix}`])])
  const refs = new Map<string, RemoteRef>()
  let complete = false
  for await (const frame of packets(await session.http.post('git-upload-pack', body))) {
    const line = lineOf(frame)
    if (line === undefined) {
      complete = true
      continue
    }
    refuseError(session, line)
    const [oid = '', name = '', ...attributes] = line.split(' ')
    const peeled = attributes.find(attribute => attribute.startsWith('peeled:'))?.slice('peeled:'.length)
    refs.set(name, { oid, peeled })
  }
  if (!complete) throw broken('the list of refs has no end')
  return refs
}

/** The pack that answers a fetch, in pieces; nothing when the server had nothing to send. */
export async function* fetchPack(
  session: Session,
  capabilities: Capabilities,
  request: FetchRequest,
): AsyncGenerator<Buffer> {
  const body = command('fetch', capabilities, [
    'no-progress',
    'ofs-delta',
    ...request.shallow.map(oid => `shallow ${oid}`),
    ...depthLines(request.depth),
    ...(capabilities.filter ? [`filter ${request.filter}`] : []),
    ...request.wants.map(oid => `want ${oid}`),
    ...request.haves.map(oid => `have ${oid}`),
    'done',
  ])
  let inPack = false
  let ended = false
  for await (const frame of packets(await session.http.post('git-upload-pack', body))) {
    if (inPack && typeof frame !== 'string') yield* packBytes(session, frame)
    else if (!inPack) inPack = startsPack(session, frame)
    ended = frame === 'flush'
  }
  if (!ended) throw broken('the pack has no end')
}

function command(name: string, capabilities: Capabilities, lines: readonly string[]): Buffer {
  const frames = [`command=${name}`, ...capabilities.common].map(line => packet(`${line}\n`))
  return Buffer.concat([...frames, DELIMITER, ...lines.map(line => packet(`${line}\n`)), FLUSH])
}

function depthLines(depth: Depth | undefined): string[] {
  if (depth === undefined) return []
  return typeof depth === 'number' ? [`deepen ${depth}`] : [`deepen ${depth.below}`, 'deepen-relative']
}

function startsPack(session: Session, frame: Packet): boolean {
  const line = lineOf(frame)
  if (line !== undefined) refuseError(session, line)
  return line === 'packfile'
}

/** Band 1 carries the pack, 2 progress, 3 the end of everything. */
function* packBytes(session: Session, frame: Buffer): Generator<Buffer> {
  if (frame[0] === 1) yield frame.subarray(1)
  if (frame[0] === 3) throw serverError(session, frame.toString('utf8', 1))
}

function refuseError(session: Session, line: string): void {
  if (line.startsWith('ERR ')) throw serverError(session, line.slice(4))
}

/** What the server said, for whom it means more than a failure. */
export class ServerError extends Failure {
  readonly said: string

  constructor({ reason, class: failureClass, message }: Failure, said: string) {
    super(reason, failureClass, message)
    this.said = said
  }
}

function serverError(session: Session, said: string): ServerError {
  return new ServerError(failureOf(session, 'read', { code: 128, stderr: `fatal: remote error: ${said}` }), said)
}

function oldProtocol(session: Session): Failure {
  const sentence = `${session.url.href} does not speak version 2 of git's protocol, which the embedded engine needs`
  const hint = 'install git and choose --git-engine native'
  return redacted(session, new Failure('GitMissing', 'definite', sentence, { hint }))
}
