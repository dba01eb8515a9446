// A cluster inside this process: what the reconcilers rely on of a Kubernetes API server, and no more.
// test/contracts/cluster-contract.ts holds it and the real one to the same rules.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
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
import { keyOf } from '../object-key.ts'
import { EVENTS } from '../types.ts'
import { deleteObject, settle } from './deletion.ts'
import { type KindRules, type Kinds, knownKinds } from './kinds.ts'
import { handedOut, type Stored, type StoredObject } from './objects.ts'
import { logsInMemory, PodLogs, type PodLogWriter } from './pod-logs.ts'
import { alreadyExists, conflict, notFound } from './refusals.ts'
import { selects } from './selector.ts'
import { type Held, type Keeper, Store } from './store.ts'
import { watchLog } from './watch.ts'
import { applied, appliedNew, appliedStatus, type Birth, created, patched } from './writes.ts'

export interface MemoryClusterOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Makes the uid of a new object; random when absent. */
  readonly uid?: () => string
  /** Changes of each kind that a watch can go back before it is Expired; default 4,096. */
  readonly watchLimit?: number
  /** Events that are kept, the newest; default 5,000. A real cluster keeps them for an hour. */
  readonly eventLimit?: number
}

/** What a cluster starts with, and where its changes go. */
export interface Kept {
  readonly kinds: Kinds
  readonly keeper: Keeper
  readonly version: number
  readonly held: Iterable<Held>
  readonly logs: PodLogs
}

/** An empty cluster that lives as long as this process. */
export function memoryCluster(options: MemoryClusterOptions): MemoryCluster {
  const keeper = { add: () => undefined, kept: async () => undefined }
  const logs = new PodLogs(logsInMemory())
  return new MemoryCluster(options, { kinds: knownKinds(), keeper, version: 0, held: [], logs })
}

export class MemoryCluster implements Cluster {
  /** For whoever plays the kubelet. */
  readonly podLogs: PodLogWriter
  readonly #kinds: Kinds
  readonly #store: Store
  readonly #logs: PodLogs
  readonly #now: () => Date
  readonly #uid: () => string
  readonly #eventLimit: number

  constructor(options: MemoryClusterOptions, { kinds, keeper, version, held, logs }: Kept) {
    const { clock, uid = randomUUID, watchLimit = 4096, eventLimit = 5000 } = options
    this.#kinds = kinds
    this.#logs = logs
    this.podLogs = logs
    this.#now = () => clock.now()
    this.#uid = uid
    this.#eventLimit = eventLimit
    const onRemoved = (object: StoredObject): void => {
      if (object.kind === 'Pod') logs.remove(object.metadata)
    }
    this.#store = new Store({ keeper, version, held, watchLimit, onRemoved })
  }

  async get<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName): Promise<T | undefined> {
    const held = this.#store.get(this.#kinds.get(type), name)
    return held && handedOut<T>(held.object)
  }

  async list<T extends ClusterObject>(type: ObjectType<T>, selection: Selection = {}): Promise<ObjectList<T>> {
    const selected = selects(selection)
    const objects = [...this.#store.all(this.#kinds.get(type))].map(({ object }) => object).filter(selected)
    objects.sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1))
    return { items: objects.map(object => handedOut<T>(object)), resourceVersion: String(this.#store.version) }
  }

  watch<T extends ClusterObject>(type: ObjectType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    return watchLog<T>(this.#store.log(this.#kinds.get(type)), options)
  }

  async create<T extends ClusterObject>(type: ObjectType<T>, object: T): Promise<T> {
    const rules = this.#kinds.get(type)
    const next = created(rules, asJson(object), this.#birth())
    if (this.#store.get(rules, next.object.metadata)) throw alreadyExists(type, object.metadata)
    return this.#write(rules, next)
  }

  async apply<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & JsonObjectLike,
    options: { readonly manager: string; readonly force?: boolean },
  ): Promise<T> {
    const rules = this.#kinds.get(type)
    const given = { ...asJson(object), apiVersion: type.apiVersion, kind: type.kind }
    const before = this.#store.get(rules, object.metadata)
    if (!before) return this.#write(rules, appliedNew(rules, { ...options, given, birth: this.#birth() }))
    return this.#write(rules, applied(rules, before, { ...options, given }), before)
  }

  async applyStatus<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & { readonly status: object },
    { manager }: { readonly manager: string },
  ): Promise<T> {
    const rules = this.#kinds.get(type)
    if (!rules.hasStatus) throw new Error(`${type.kind} has no status`)
    const before = this.#existing(rules, object.metadata)
    return this.#write(rules, appliedStatus(rules, before, { manager, given: asJson(object) }), before)
  }

  async patch<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName, patch: JsonObject): Promise<T> {
    const rules = this.#kinds.get(type)
    const before = this.#existing(rules, name)
    return this.#write(rules, patched(rules, before, patch), before)
  }

  async delete(type: ObjectType, name: ObjectName, options: DeleteOptions = {}): Promise<boolean> {
    const held = this.#store.get(this.#kinds.get(type), name)
    if (!held) return false
    const { uid, ...rest } = options
    if (uid !== undefined && uid !== held.object.metadata.uid)
      throw conflict(type, name, `is not the one of uid ${uid}`)
    deleteObject(this.#deletion(), held, rest)
    await this.#store.kept()
    return true
  }

  async podLog(name: ObjectName, { limitBytes }: { readonly limitBytes: number }): Promise<Buffer | undefined> {
    return this.#logs.read(name, limitBytes)
  }

  followPodLog(name: ObjectName, signal: AbortSignal): AsyncIterable<Buffer> {
    const pods = this.#kinds.get({ apiVersion: 'v1', kind: 'Pod' })
    return this.#logs.follow(name, () => this.#store.get(pods, name) !== undefined, signal)
  }

  #existing(rules: KindRules, name: ObjectName): Held {
    const held = this.#store.get(rules, name)
    if (!held) throw notFound(rules.type, name)
    return held
  }

  /** Stores what a write came to; without `next` nothing changes. */
  async #write<T extends ClusterObject>(rules: KindRules, next: Stored | undefined, before?: Stored): Promise<T> {
    const stored = next ? settle(this.#deletion(), rules, next) : before?.object
    if (!stored) throw new Error('a write must make an object or find one')
    if (rules.type.kind === EVENTS.kind) this.#dropOldEvents(rules)
    await this.#store.kept()
    return handedOut<T>(stored)
  }

  #dropOldEvents(rules: KindRules): void {
    for (const held of this.#store.all(rules)) {
      if (this.#store.count(rules) <= this.#eventLimit) return
      this.#store.remove(held)
    }
  }

  #deletion() {
    return { store: this.#store, kinds: this.#kinds, now: this.#now }
  }

  #birth(): Birth {
    return { uid: this.#uid(), time: this.#now() }
  }
}

/** Objects of the API are JSON by what they are; their types say so field by field. */
function asJson(object: object): JsonObject {
  return object as JsonObject
}
