// The cluster of a state directory that another process owns: every call goes to that process over its socket.
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import type {
  AppliedObject,
  Cluster,
  ClusterObject,
  DeleteOptions,
  JsonObjectLike,
  ObjectList,
  ObjectName,
  ObjectType,
  Selection,
  WatchEvent,
  WatchOptions,
} from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { JsonObject } from '../lib/json.ts'
import { type SocketPath, socketPath } from './socket-path.ts'
import { type Method, PROTOCOL, receivedError, type SentError, type SentLine } from './socket-protocol.ts'

/** A call, and what ends it early. */
interface Call {
  readonly method: Method
  readonly args: readonly unknown[]
  readonly signal?: AbortSignal
}

export class SocketCluster implements Cluster {
  private readonly socket: SocketPath
  private readonly agent = new Agent({ keepAlive: true })

  private constructor(socket: SocketPath) {
    this.socket = socket
  }

  /** Opens no connection yet. */
  static async of(directory: string): Promise<SocketCluster> {
    return new SocketCluster(await socketPath(directory))
  }

  async close(): Promise<void> {
    this.agent.destroy()
    await this.socket.close()
  }

  async get<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName): Promise<T | undefined> {
    return (await this.call<T | null>('get', type, name)) ?? undefined
  }

  list<T extends ClusterObject>(type: ObjectType<T>, selection?: Selection): Promise<ObjectList<T>> {
    return this.call('list', type, selection)
  }

  async *watch<T extends ClusterObject>(type: ObjectType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const { signal, ...sent } = options
    const response = await this.stream({ method: 'watch', args: [type, sent], signal })
    if (response === undefined) return
    for await (const text of linesOf(quiet(response, signal))) {
      const line = JSON.parse(text) as SentLine
      if ('error' in line) throw receivedError(line.error)
      if (signal.aborted) return
      yield line.event as WatchEvent<T>
    }
  }

  create<T extends ClusterObject>(type: ObjectType<T>, object: T): Promise<T> {
    return this.call('create', type, object)
  }

  apply<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & JsonObjectLike,
    options: { readonly manager: string; readonly force?: boolean },
  ): Promise<T> {
    return this.call('apply', type, object, options)
  }

  applyStatus<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & { readonly status: object },
    options: { readonly manager: string },
  ): Promise<T> {
    return this.call('applyStatus', type, object, options)
  }

  patch<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName, patch: JsonObject): Promise<T> {
    return this.call('patch', type, name, patch)
  }

  delete(type: ObjectType, name: ObjectName, options?: DeleteOptions): Promise<boolean> {
    return this.call('delete', type, name, options)
  }

  async podLog(name: ObjectName, options: { readonly limitBytes: number }): Promise<Buffer | undefined> {
    const response = await this.send({ method: 'podLog', args: [name, options] })
    const log = await bytesOf(response)
    return response.statusCode === 204 ? undefined : log
  }

  async *followPodLog(name: ObjectName, signal: AbortSignal): AsyncIterable<Buffer> {
    const response = await this.stream({ method: 'followPodLog', args: [name], signal })
    if (response !== undefined) yield* quiet(response, signal)
  }

  private async call<V>(method: Method, ...args: readonly unknown[]): Promise<V> {
    return JSON.parse((await bytesOf(await this.send({ method, args }))).toString('utf8')) as V
  }

  /** Undefined when the signal fired before there was an answer. */
  private async stream(call: Call & { readonly signal: AbortSignal }): Promise<IncomingMessage | undefined> {
    if (call.signal.aborted) return undefined
    try {
      return await this.send(call)
    } catch (error) {
      if (call.signal.aborted) return undefined
      throw error
    }
  }

  /** Throws ClusterError: what the owner answered, or Unavailable when nobody does. */
  private async send({ method, args, signal }: Call): Promise<IncomingMessage> {
    const outgoing = request({
      socketPath: this.socket.path,
      path: `/${PROTOCOL}/${method}`,
      method: 'POST',
      agent: this.agent,
      ...(signal ? { signal } : {}),
    })
    outgoing.end(JSON.stringify(args))
    let response: IncomingMessage
    try {
      ;[response] = (await once(outgoing, 'response')) as [IncomingMessage]
    } catch (error) {
      throw unavailable(error)
    }
    if (response.statusCode === 200 || response.statusCode === 204) return response
    throw receivedError(JSON.parse((await bytesOf(response)).toString('utf8')) as SentError)
  }
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece)
  } catch (error) {
    throw unavailable(error)
  }
  return Buffer.concat(pieces)
}

/** Whole lines; what stands behind the last line break was never finished. */
async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncIterable<string> {
  let open = Buffer.alloc(0)
  for await (const piece of pieces) {
    const text = Buffer.concat([open, piece])
    let start = 0
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
      yield text.toString('utf8', start, end)
      start = end + 1
    }
    open = text.subarray(start)
  }
}

/** Ends, instead of throwing, when the signal fires or the owner goes: so a watch ends, and is begun again. */
async function* quiet(response: IncomingMessage, signal: AbortSignal): AsyncIterable<Buffer> {
  try {
    for await (const piece of response as AsyncIterable<Buffer>) yield piece
  } catch (error) {
    if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw unavailable(error)
  }
}

function unavailable(error: unknown): ClusterError {
  const { code, message } = error as NodeJS.ErrnoException
  const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'it does not answer' : message
  return new ClusterError('Unavailable', `the process that owns the state directory can't be asked: ${why}`, {
    cause: error,
  })
}
