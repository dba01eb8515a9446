// The one interface to a cluster, for both engines: a real Kubernetes API (kube/) and an in-process one (memory/).
// What the controllers and the resource commands need, and no more; test/contracts/cluster-contract.ts holds both to it.
import type { JsonObject } from '../lib/json.ts'
import type { ObjectMeta, OwnerReference } from '../resources/object-meta.ts'

/** Any object of the API. */
export interface ClusterObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** A kind of object, as the API addresses it; see types.ts for those that Rollbook uses. */
export interface ObjectType<T extends ClusterObject = ClusterObject> {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  /** Never there: ties the type of the objects to their address. */
  readonly object?: T
}

export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

/** An object to apply: the fields given are owned by the manager, those it gave before and not now are removed. */
export interface AppliedObject {
  readonly metadata: ObjectName & {
    /** Given: Conflict when the stored object has another one. */
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
    readonly ownerReferences?: readonly OwnerReference[]
  }
}

export interface Selection {
  /** Absent: every namespace. */
  readonly namespace?: string
  /** The one object of this name. */
  readonly name?: string
  /** `key`, `key=value`, joined by commas. */
  readonly labelSelector?: string
}

export interface ObjectList<T> {
  readonly items: readonly T[]
  /** Where a watch goes on. */
  readonly resourceVersion: string
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Nothing happened up to here. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

export interface WatchOptions extends Selection {
  /** Events after this one. */
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export interface DeleteOptions {
  /** Conflict when the object has another uid. */
  readonly uid?: string
  /** Foreground keeps the object until those that it owns are gone. Default Background, also for Jobs. */
  readonly propagation?: 'Foreground' | 'Background'
  /** 0: a Pod goes at once; for who has ended its containers. Default: the Pod's own terminationGracePeriodSeconds. */
  readonly gracePeriodSeconds?: 0
}

/** What is enough to look at objects, and to go on looking. */
export type Watchable = Pick<Cluster, 'list' | 'watch'>

/**
 * Every call throws ClusterError; `get` and `delete` answer for an object that is not there instead. Objects are data of
 * the caller's own, never shared.
 */
export interface Cluster {
  get<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName): Promise<T | undefined>
  list<T extends ClusterObject>(type: ObjectType<T>, selection?: Selection): Promise<ObjectList<T>>
  /** Ends when the server ends it or the signal fires. Throws Expired when the version is too old. */
  watch<T extends ClusterObject>(type: ObjectType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>
  /** Throws AlreadyExists, Invalid, Forbidden. */
  create<T extends ClusterObject>(type: ObjectType<T>, object: T): Promise<T>
  /** Server-side apply; creates what is not there. Takes fields over from other managers with `force`. */
  apply<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & JsonObjectLike,
    options: { readonly manager: string; readonly force?: boolean },
  ): Promise<T>
  /** Server-side apply of the status alone, the whole of it. Throws NotFound, Conflict. */
  applyStatus<T extends ClusterObject>(
    type: ObjectType<T>,
    object: AppliedObject & { readonly status: object },
    options: { readonly manager: string },
  ): Promise<T>
  /** JSON merge patch (RFC 7386) of everything but the status. With metadata.resourceVersion in it: Conflict when stale. */
  patch<T extends ClusterObject>(type: ObjectType<T>, name: ObjectName, patch: JsonObject): Promise<T>
  /** True when there was something to delete. Objects with finalizers get a deletionTimestamp. */
  delete(type: ObjectType, name: ObjectName, options?: DeleteOptions): Promise<boolean>
  /** What the container of a pod wrote, at most `limitBytes` from its start; undefined when the pod or its log is gone. */
  podLog(name: ObjectName, options: { readonly limitBytes: number }): Promise<Buffer | undefined>
  /** The same while it is written, until the container ends or the signal fires. */
  followPodLog(name: ObjectName, signal: AbortSignal): AsyncIterable<Buffer>
}

/** Fields of an applied object besides its metadata. */
export type JsonObjectLike = Readonly<Record<string, unknown>>
