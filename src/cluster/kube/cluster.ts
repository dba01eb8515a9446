// The engine for a real cluster. Requests and streams are our own; @kubernetes/client-node reads kubeconfigs and brings
// credentials. Its own watches storm, stop or hang (design note 005).
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { WORKER_CONTAINER } from '../../resources/names.ts'
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
} from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import { PODS } from '../types.ts'
import { decodeEvent, decodeObject, decodePage } from './decode.ts'
import { linesOf, TOO_LONG } from './lines.ts'
import { pathOf } from './paths.ts'
import { StringPool } from './string-pool.ts'
import { type Call, Transport, type TransportOptions } from './transport.ts'

export interface KubeClusterOptions extends TransportOptions {
  readonly clock: Pick<Clock, 'sleep' | 'random'>
  readonly limits?: Partial<KubeLimits>
}

export interface KubeLimits {
  /** Objects a page of a list; default 100: what a page needs while it is read stays with the process. */
  readonly page: number
  /** The server is asked to end a watch after a random time between these seconds; default 300 to 600. Load spreads over servers. */
  readonly watchSeconds: readonly [number, number]
  /** Seconds over that, without a byte, after which a watch is given up; default 60. */
  readonly idleSeconds: number
  /** Bytes of one event; default 16 MiB, larger ones are passed over. */
  readonly event: number
}

const LIMITS: KubeLimits = { page: 100, watchSeconds: [300, 600], idleSeconds: 60, event: 16 * 1024 * 1024 }

/** Times that a list is begun anew when its pages get too old; then it is asked for in one piece. */
const LIST_RESTARTS = 3

/** The real cluster behind a connection. */
export function kubeCluster(options: KubeClusterOptions): KubeCluster {
  return new KubeCluster(options)
}

export class KubeCluster implements Cluster {
  readonly #transport: Transport
  readonly #options: KubeClusterOptions
  readonly #limits: KubeLimits
  readonly #strings = new StringPool()

  constructor(options: KubeClusterOptions) {
    this.#transport = new Transport(options)
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
  }

  async get<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName): Promise<T | undefined> {
    const body = await this.#transport.sendIfThere({
      ...about(type),
      verb: 'get',
      method: 'GET',
      path: pathOf(type, name),
    })
    return body && decodeObject(type, body, this.#strings)
  }

  async list<T extends ClusterObject>(type: ObjectType<T>, selection: Selection = {}): Promise<ObjectList<T>> {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#pages(type, selection, restarts < LIST_RESTARTS ? this.#limits.page : undefined)
      } catch (error) {
        const old = error instanceof ClusterError && error.reason === 'Expired'
        if (!old || restarts === LIST_RESTARTS) throw error
      }
    }
  }

  async #pages<T extends ClusterObject>(
    type: ObjectType<T>,
    selection: Selection,
    limit: number | undefined,
  ): Promise<ObjectList<T>> {
    const items: T[] = []
    let more: string | undefined
    for (;;) {
      const query = { ...selectors(selection), limit: limit?.toString(), continue: more }
      const call: Call = {
        ...about(type),
        verb: 'list',
        method: 'GET',
        path: pathOf(type, { namespace: selection.namespace }),
        query,
      }
      const page = decodePage(type, await this.#transport.send(call), this.#strings)
      for (const why of page.undecodable) this.#options.observer?.undecodable?.({ resource: type.plural, why })
      for (const item of page.items) items.push(item)
      if (page.more === undefined) return { items, resourceVersion: page.resourceVersion }
      more = page.more
    }
  }

  async *watch<T extends ClusterObject>(
    type: ObjectType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { resourceVersion, signal } = options
    const [least, most] = this.#limits.watchSeconds
    const seconds = Math.round(least + this.#options.clock.random() * (most - least))
    const query = {
      watch: '1',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
      ...selectors(options),
      resourceVersion,
    }
    const call: Call = {
      ...about(type),
      verb: 'watch',
      method: 'GET',
      path: pathOf(type, { namespace: options.namespace }),
      query,
      signal,
    }
    const chunks = this.#stream(call, (seconds + this.#limits.idleSeconds) * 1000)
    for await (const line of linesOf(chunks, this.#limits.event)) {
      const event =
        line === TOO_LONG ? `an event of more than ${this.#limits.event} bytes` : decodeEvent(type, line, this.#strings)
      if (typeof event !== 'string') yield event
      else this.#options.observer?.undecodable?.({ resource: type.plural, why: event })
    }
  }

  async create<T extends ClusterObject>(type: ObjectType<T>, object: T): Promise<T> {
    const path = pathOf(type, { namespace: object.metadata.namespace })
    const body = complete(type, object)
    return decodeObject(
      type,
      await this.#transport.send({ ...about(type), verb: 'create', method: 'POST', path, body }),
      this.#strings,
    )
  }

  async apply<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & JsonObjectLike,
    { manager, force = false }: { readonly manager: string; readonly force?: boolean },
  ): Promise<T> {
    return this.#patch(type, {
      ...about(type),
      verb: 'apply',
      path: pathOf(type, nameOf(object)),
      query: { fieldManager: manager, force: String(force) },
      contentType: 'application/apply-patch+yaml',
      body: complete(type, object),
    })
  }

  async applyStatus<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & { readonly status: object },
    { manager }: { readonly manager: string },
  ): Promise<T> {
    const { metadata, status } = object
    return this.#patch(type, {
      verb: 'apply',
      resource: `${type.plural}/status`,
      path: pathOf(type, { ...nameOf(object), subresource: 'status' }),
      // The status is the controller's alone: what others wrote into it is taken over.
      query: { fieldManager: manager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: complete(type, { metadata, status }),
    })
  }

  async patch<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName, patch: JsonObject): Promise<T> {
    const contentType = 'application/merge-patch+json'
    return this.#patch(type, { ...about(type), verb: 'patch', path: pathOf(type, name), contentType, body: patch })
  }

  async #patch<T extends ClusterObject>(type: ObjectType<T>, call: Omit<Call, 'method'>): Promise<T> {
    return decodeObject(type, await this.#transport.send({ ...call, method: 'PATCH' }), this.#strings)
  }

  async delete(type: ObjectType, name: ObjectName, options: DeleteOptions = {}): Promise<boolean> {
    const { uid, propagation = 'Background', gracePeriodSeconds } = options
    // Without a propagation the server would leave the Pods of a Job behind.
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: propagation,
      ...(uid !== undefined && { preconditions: { uid } }),
      ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    }
    const call: Call = { ...about(type), verb: 'delete', method: 'DELETE', path: pathOf(type, name), body }
    return (await this.#transport.sendIfThere(call)) !== undefined
  }

  async podLog(name: ObjectName, { limitBytes }: { readonly limitBytes: number }): Promise<Buffer | undefined> {
    try {
      return await this.#transport.send(logCall(name, { limitBytes: String(limitBytes) }))
    } catch (error) {
      if (isWithoutLog(error)) return undefined
      throw error
    }
  }

  async *followPodLog(name: ObjectName, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* this.#stream({ ...logCall(name, { follow: 'true' }), signal }, undefined)
    } catch (error) {
      if (!isWithoutLog(error)) throw error
    }
  }

  /** The chunks of an answer that goes on, until the server ends it, the signal fires, or `idle` milliseconds without one. */
  async *#stream(call: Call, idle: number | undefined): AsyncGenerator<Buffer, void, undefined> {
    let response: IncomingMessage | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      response = await this.#transport.open(call)
      const { resource, verb } = call
      const silent = new ClusterError('Unavailable', `${verb} ${resource}: the API server was silent for ${idle} ms`)
      if (idle !== undefined) timer = setTimeout(() => response?.destroy(silent), idle)
      for await (const chunk of response as AsyncIterable<Buffer>) {
        timer?.refresh()
        yield chunk
      }
    } catch (error) {
      if (!call.signal?.aborted) throw this.#transport.broken(error, call)
    } finally {
      clearTimeout(timer)
      response?.destroy()
    }
  }
}

function about({ plural }: ObjectType): { readonly resource: string } {
  return { resource: plural }
}

function selectors({ name, labelSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector: name === undefined ? undefined : `metadata.name=${name}` }
}

function nameOf({ metadata: { namespace, name } }: AppliedObject): ObjectName {
  return { namespace, name }
}

function complete({ apiVersion, kind }: ObjectType, object: object): object {
  return { ...object, apiVersion, kind }
}

function logCall(name: ObjectName, query: Readonly<Record<string, string>>): Call {
  const path = pathOf(PODS, { namespace: name.namespace, name: name.name, subresource: 'log' })
  // Named, because a service mesh may have put a second container beside it.
  return { verb: 'log', resource: 'pods/log', method: 'GET', path, query: { container: WORKER_CONTAINER, ...query } }
}

/** The Pod is gone (404), or its container has not started or is gone (400). */
function isWithoutLog(error: unknown): boolean {
  return error instanceof ClusterError && (error.reason === 'NotFound' || error.reason === 'Invalid')
}
