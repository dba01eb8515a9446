// A copy of all objects of one kind, kept by a list and a watch on any cluster: what controllers read instead of asking.
// Whatever the cluster does, it asks again, and never often.
import type { Clock } from '../lib/clock.ts'
import type { Cluster, ClusterObject, ObjectType, Selection, WatchEvent } from './cluster.ts'
import { ClusterError } from './cluster-error.ts'
import { ObjectIndex } from './object-index.ts'
import { keyOf } from './object-key.ts'

export interface ReflectorOptions<T extends ClusterObject> {
  readonly cluster: Pick<Cluster, 'list' | 'watch'>
  readonly type: ObjectType<T>
  /** Default: everything. */
  readonly selection?: Selection
  readonly clock: Pick<Clock, 'elapsed' | 'random' | 'sleep'>
  /** Takes out what nobody reads before an object is kept. */
  readonly transform?: (object: T) => T
  /** Told every error; after one of a list or a watch it is tried again, after one of a handler the others go on. */
  readonly onError: (error: unknown, where: ErrorPlace) => void
}

export type ErrorPlace = 'list' | 'watch' | 'transform' | 'index' | 'handler'

/** Called with each change; `object` is undefined when it is gone. Objects are shared: nobody may change them. */
export type ChangeHandler<T> = (key: string, object: T | undefined, before: T | undefined) => void

/** For metrics: how often since the start. */
export interface ReflectorCounts {
  readonly lists: number
  readonly watches: number
  readonly events: number
  readonly errors: number
}

/** Waits after errors are of these lengths, in milliseconds. */
const SHORTEST_WAIT = 1_000
const LONGEST_WAIT = 30_000

/** Watches begin at least this far apart, in milliseconds, and up to twice as far. */
const WATCH_INTERVAL = 1_000

export class Reflector<T extends ClusterObject> {
  /** Resolves when the first list is in. */
  readonly ready: Promise<void>
  readonly #options: ReflectorOptions<T>
  readonly #transform: (object: T) => T
  readonly #objects = new Map<string, T>()
  readonly #indexes: ObjectIndex<T>[] = []
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #counts = { lists: 0, watches: 0, events: 0, errors: 0 }
  #becomeReady = (): void => undefined
  #isReady = false
  #lastContact: number | undefined
  /** Undefined: everything must be listed. */
  #version: string | undefined
  /** Errors, and watches that were over at once, since the last sign of life. */
  #failures = 0

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#transform = options.transform ?? (object => object)
    this.ready = new Promise(resolve => {
      this.#becomeReady = resolve
    })
  }

  /** True after the first list: before it, what is not here may be there. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** When the cluster was last heard, on the clock's `elapsed`. */
  get lastContact(): number | undefined {
    return this.#lastContact
  }

  get counts(): ReflectorCounts {
    return { ...this.#counts }
  }

  /** The object of a key `namespace/name`. Shared: nobody may change it. */
  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(filter: (object: T) => boolean = () => true): T[] {
    return [...this.#objects.values()].filter(filter)
  }

  /** Calls the handler with what is there, then with each change. Gives a function that ends it. */
  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const [key, object] of this.#objects) this.#guard('handler', () => handler(key, object, undefined))
    return () => this.#handlers.delete(handler)
  }

  /** Finds objects by a value of theirs, such as the uid of an owner. */
  index(valuesOf: (object: T) => readonly string[]): (value: string) => T[] {
    const index = new ObjectIndex(valuesOf)
    this.#indexes.push(index)
    for (const [key, object] of this.#objects) this.#guard('index', () => index.set(key, object))
    return value => index.find(value)
  }

  /** Lists and watches until the signal fires. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = await this.#listAndWatch(signal)
      try {
        await this.#options.clock.sleep(wait, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  /** One watch, after a list when it is needed. Gives the milliseconds to wait before the next. */
  async #listAndWatch(signal: AbortSignal): Promise<number> {
    let where: ErrorPlace = 'list'
    try {
      const version = this.#version ?? (await this.#listAll())
      where = 'watch'
      return await this.#watch(version, signal)
    } catch (error) {
      if (signal.aborted) return 0
      if (error instanceof ClusterError && error.reason === 'Expired') this.#version = undefined
      this.#counts.errors++
      this.#options.onError(error, where)
      return this.#waitAfterFailure(error)
    }
  }

  async #listAll(): Promise<string> {
    const { cluster, type, selection = {} } = this.#options
    this.#counts.lists++
    const { items, resourceVersion } = await cluster.list(type, selection)
    this.#heard()
    const gone = new Set(this.#objects.keys())
    for (const item of items) {
      gone.delete(keyOf(item.metadata))
      this.#keep(item)
    }
    for (const key of gone) this.#drop(key)
    this.#version = resourceVersion
    this.#isReady = true
    this.#becomeReady()
    return resourceVersion
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<number> {
    const { cluster, type, selection = {}, clock } = this.#options
    this.#counts.watches++
    const begin = clock.elapsed()
    let events = 0
    for await (const event of cluster.watch(type, { ...selection, resourceVersion, signal })) {
      events++
      this.#heard()
      this.#failures = 0
      this.#take(event)
    }
    const lasted = clock.elapsed() - begin
    // A server that takes every watch and ends it at once is not well.
    if (events === 0 && lasted < WATCH_INTERVAL) return this.#waitAfterFailure()
    this.#failures = 0
    return Math.max(0, WATCH_INTERVAL * (1 + clock.random()) - lasted)
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion
      return
    }
    this.#counts.events++
    const { object } = event
    if (event.type === 'DELETED') this.#drop(keyOf(object.metadata))
    else this.#keep(object)
    this.#version = object.metadata.resourceVersion ?? this.#version
  }

  #heard(): void {
    this.#lastContact = this.#options.clock.elapsed()
  }

  /** Full jitter: all that failed together must not come back together. */
  #waitAfterFailure(error?: unknown): number {
    this.#failures++
    const most = Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** this.#failures)
    const wait = SHORTEST_WAIT + this.#options.clock.random() * (most - SHORTEST_WAIT)
    return Math.max(wait, (error instanceof ClusterError && error.retryAfter) || 0)
  }

  #keep(given: T): void {
    const key = keyOf(given.metadata)
    const before = this.#objects.get(key)
    if (before && before.metadata.resourceVersion === given.metadata.resourceVersion) return
    const object = this.#guard('transform', () => this.#transform(given)) ?? given
    this.#objects.set(key, object)
    for (const index of this.#indexes) this.#guard('index', () => index.set(key, object))
    this.#tell(key, object, before)
  }

  #drop(key: string): void {
    const before = this.#objects.get(key)
    if (!before) return
    this.#objects.delete(key)
    for (const index of this.#indexes) index.delete(key)
    this.#tell(key, undefined, before)
  }

  #tell(key: string, object: T | undefined, before: T | undefined): void {
    for (const handler of this.#handlers) this.#guard('handler', () => handler(key, object, before))
  }

  /** What others do with one object must not keep the rest from being seen. */
  #guard<R>(where: ErrorPlace, call: () => R): R | undefined {
    try {
      return call()
    } catch (error) {
      this.#counts.errors++
      this.#options.onError(error, where)
      return undefined
    }
  }
}
