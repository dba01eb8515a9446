// Serves a cluster on the socket of its state directory, to commands that find the directory owned by this process.
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Cluster, ClusterObject, WatchEvent } from '../cluster/cluster.ts'
import { socketPath } from './socket-path.ts'
import { METHODS, type Method, PROTOCOL, type SentLine, sentError } from './socket-protocol.ts'

export interface SocketServer {
  /** Ends every watch and removes the socket. */
  close(): Promise<void>
}

/** Larger than any manifest that is read. */
const LONGEST_CALL = 32 * 1024 * 1024

/** Listens until closed. Whoever may enter the directory and open the socket, mode 0600, may do what its owner may. */
export async function serveCluster(cluster: Cluster, directory: string): Promise<SocketServer> {
  const ending = new AbortController()
  const server = createServer((request, response) => {
    answer({ cluster, ending: ending.signal }, request, response).catch(error => response.destroy(error))
  })
  const socket = await socketPath(directory)
  // Left by an owner that was killed; this process has the lock.
  await rm(socket.path, { force: true })
  await listen(server, socket.path)
  return {
    async close() {
      ending.abort()
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closed
      await rm(socket.path, { force: true })
      await socket.close()
    },
  }
}

/** Nobody else's from its first moment: a socket has the mode that the mask leaves. */
async function listen(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
  await chmod(path, 0o600)
}

interface Context {
  readonly cluster: Cluster
  readonly ending: AbortSignal
}

interface Answer extends Context {
  /** The arguments of the call. */
  readonly args: readonly unknown[]
  readonly response: ServerResponse
  /** Fires when the caller has gone, or this process ends. */
  readonly signal: AbortSignal
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = methodOf(request.url ?? '')
  if (method === undefined) {
    const message = `it runs another version of rollbook (protocol ${PROTOCOL})`
    return sendJson(response, 501, { reason: 'Invalid', message })
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, context.ending])
  try {
    // JSON has no undefined; no call takes a null.
    const args = (JSON.parse(await bodyOf(request)) as readonly unknown[]).map(arg => arg ?? undefined)
    await ANSWERS[method]({ ...context, args, response, signal })
  } catch (error) {
    if (response.headersSent) sendLine(response, { error: sentError(error) })
    else sendJson(response, 400, sentError(error))
  } finally {
    response.end()
  }
}

/** One a method. The arguments come from the same program, which has typed them. */
const ANSWERS: Readonly<Record<Method, (answer: Answer) => Promise<void>>> = {
  get: plain('get'),
  list: plain('list'),
  create: plain('create'),
  apply: plain('apply'),
  applyStatus: plain('applyStatus'),
  patch: plain('patch'),
  delete: plain('delete'),
  async watch({ cluster, args, response, signal }) {
    const [type, options] = args as Parameters<Cluster['watch']>
    const events: AsyncIterable<WatchEvent<ClusterObject>> = cluster.watch(type, { ...options, signal })
    await send(response, lines(events), 'application/jsonl')
  },
  async podLog({ cluster, args, response }) {
    const log = await cluster.podLog(...(args as Parameters<Cluster['podLog']>))
    response.writeHead(log === undefined ? 204 : 200).end(log)
  },
  async followPodLog({ cluster, args, response, signal }) {
    const [name] = args as Parameters<Cluster['followPodLog']>
    await send(response, cluster.followPodLog(name, signal), 'application/octet-stream')
  },
}

type PlainMethod = Exclude<Method, 'watch' | 'podLog' | 'followPodLog'>

/** A call with one value as its answer. */
function plain(method: PlainMethod): (answer: Answer) => Promise<void> {
  return async ({ cluster, args, response }) => {
    const call = cluster[method] as (...args: readonly unknown[]) => Promise<unknown>
    sendJson(response, 200, (await call.apply(cluster, [...args])) ?? null)
  }
}

async function* lines(events: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const event of events) yield lineOf({ event })
}

/** The head goes at once: it tells that the call was taken. */
async function send(response: ServerResponse, pieces: AsyncIterable<string | Buffer>, type: string): Promise<void> {
  const parts = pieces[Symbol.asyncIterator]()
  response.writeHead(200, { 'content-type': type })
  response.flushHeaders()
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
    if (!response.write(part.value)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
}

function sendLine(response: ServerResponse, line: SentLine): void {
  response.write(lineOf(line))
}

function lineOf(line: SentLine): string {
  return `${JSON.stringify(line)}\n`
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function methodOf(url: string): Method | undefined {
  return METHODS.find(method => url === `/${PROTOCOL}/${method}`)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > LONGEST_CALL) throw new Error(`a call is larger than ${LONGEST_CALL} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
