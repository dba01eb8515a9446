// Pushes one commit to one branch with the old id that the branch must still have: git's receive-pack protocol
// (gitprotocol-pack(5)), one request, judged by the server's report. There is no force in it.
import { Readable } from 'node:stream'
import { failureOf } from '../classify.ts'
import { isMoved, refusal } from '../push-refusal.ts'
import { checkCommitId, checkRefName, sha256Unsupported } from '../ref.ts'
import { redacted } from '../remote-context.ts'
import type { OutgoingPack } from './own-objects.ts'
import { broken, FLUSH, lineOf, packet, packets } from './pkt-line.ts'
import type { Session } from './session.ts'

const NO_COMMIT = '0'.repeat(40)

export interface PushTarget {
  readonly branch: string
  /** Undefined: the branch must not exist. */
  readonly expect: string | undefined
}

/** 'moved' when the branch is not at `expect` any more. */
export async function pushCommit(
  session: Session,
  commit: string,
  target: PushTarget & { readonly pack: OutgoingPack },
): Promise<'accepted' | 'moved'> {
  checkCommitId(commit)
  checkRefName('branch', target.branch)
  if (target.expect !== undefined) checkCommitId(target.expect)
  const ref = `refs/heads/${target.branch}`
  const remote = await readRefs(session)
  const current = remote.refs.get(ref)
  if (current === commit) return 'accepted'
  if (current !== target.expect) return 'moved'

  const wanted = ['report-status', 'side-band-64k', 'ofs-delta'].filter(name => remote.capabilities.has(name))
  const line = `${target.expect ?? NO_COMMIT} ${commit} ${ref}\0 ${wanted.join(' ')} agent=rollbook`
  const head = Buffer.concat([packet(line), FLUSH])
  const body = Readable.from(request(head, target.pack), { objectMode: false })
  const answer = await session.http.post('git-receive-pack', body, { length: head.length + target.pack.bytes })
  const report = await readReport(answer, remote.capabilities.has('side-band-64k'))
  return judge(session, ref, report)
}

async function* request(head: Buffer, pack: OutgoingPack): AsyncGenerator<Buffer> {
  yield head
  yield* pack.pieces()
}

interface RemoteRefs {
  readonly refs: ReadonlyMap<string, string>
  readonly capabilities: ReadonlySet<string>
}

/** The refs and capabilities with which receive-pack greets. */
async function readRefs(session: Session): Promise<RemoteRefs> {
  const refs = new Map<string, string>()
  let capabilities: Set<string> | undefined
  for await (const frame of packets(await session.http.advertisement('git-receive-pack'))) {
    const line = lineOf(frame)
    if (line === undefined || line.startsWith('# service=')) continue
    if (line.startsWith('ERR '))
      throw failureOf(session, 'push', { code: 128, stderr: `fatal: remote error: ${line.slice(4)}` })
    const [refLine = '', more] = line.split('\0')
    capabilities ??= new Set((more ?? '').trim().split(' '))
    const [oid = '', name = ''] = refLine.split(' ')
    if (oid.length === 64) throw redacted(session, sha256Unsupported(session.url.href))
    if (name !== 'capabilities^{}') refs.set(name, oid)
  }
  if (capabilities === undefined) throw broken('the list of refs is empty')
  return { refs, capabilities }
}

interface Report {
  /** `ok` or what went wrong with the pack. */
  readonly unpack: string
  readonly refs: ReadonlyMap<string, string>
  /** What hooks and the server printed, as git shows it. */
  readonly said: string
}

/** The report, behind a side band where there is one. */
async function readReport(answer: AsyncIterable<Buffer>, sideBand: boolean): Promise<Report> {
  const said: Buffer[] = []
  const lines: string[] = []
  for await (const frame of packets(sideBand ? reportBand(answer, said) : answer)) {
    const line = lineOf(frame)
    if (line !== undefined) lines.push(line)
  }
  const refs = new Map<string, string>()
  let unpack: string | undefined
  for (const line of lines) {
    const [, word = '', rest = ''] = /^(unpack|ok|ng) (.*)$/.exec(line) ?? []
    if (word === 'unpack') unpack = rest
    if (word === 'ok') refs.set(rest, 'ok')
    if (word === 'ng') refs.set(rest.split(' ', 1)[0] ?? '', rest.slice(rest.indexOf(' ') + 1))
  }
  if (unpack === undefined) throw broken('the server does not report what became of the push')
  return { unpack, refs, said: remoteLines(said) }
}

async function* reportBand(answer: AsyncIterable<Buffer>, said: Buffer[]): AsyncGenerator<Buffer> {
  for await (const frame of packets(answer)) {
    if (typeof frame === 'string') continue
    if (frame[0] === 1) yield frame.subarray(1)
    else said.push(frame.subarray(1))
  }
}

function remoteLines(said: readonly Buffer[]): string {
  const lines = Buffer.concat(said)
    .toString('utf8')
    .split(/[\r\n]+/)
  return lines.flatMap(line => (line === '' ? [] : [`remote: ${line}`])).join('\n')
}

function judge(session: Session, ref: string, report: Report): 'accepted' | 'moved' {
  const why = report.refs.get(ref)
  if (report.unpack === 'ok' && why === 'ok') return 'accepted'
  const summary = report.unpack === 'ok' ? why : 'unpacker error'
  if (summary !== undefined && isMoved(summary, report.said)) return 'moved'
  const stderr = [report.said, ...(report.unpack === 'ok' ? [] : [`unpack-objects failed: ${report.unpack}`])].join(
    '\n',
  )
  throw refusal(session, summary, { code: 1, stderr })
}
