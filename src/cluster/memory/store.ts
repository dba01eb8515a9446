// All objects, their versions and the changes that watches wait for: the only place where the state of the memory cluster
// changes. Changes made without a pause between them are kept together (see journal.ts).
import type { ObjectName } from '../cluster.ts'
import { keyOf } from '../object-key.ts'
import { EventLog } from './event-log.ts'
import type { Managers } from './fields.ts'
import type { KindRules } from './kinds.ts'
import type { Stored, StoredObject } from './objects.ts'

/** One change, as it is kept. Its version is that of the object, or its own when the object goes. */
export type Change =
  | { readonly put: StoredObject; readonly managers: Managers }
  | { readonly remove: ObjectName & { readonly apiVersion: string; readonly kind: string }; readonly version: number }

/** Where changes are kept; nowhere for a cluster that lives as long as its process. */
export interface Keeper {
  /** Throws Unavailable once keeping has failed. */
  add(change: Change): void
  /** Resolves when all changes so far are kept. */
  kept(): Promise<void>
}

/** An object and its kind: how the owner index and the collection of garbage point at it. */
export interface Held extends Stored {
  readonly rules: KindRules
}

export interface StoreOptions {
  readonly keeper: Keeper
  /** Version of the last change that is in `held`. */
  readonly version: number
  readonly held: Iterable<Held>
  /** Changes of each kind that watches can go back. */
  readonly watchLimit: number
  readonly onRemoved: (object: StoredObject) => void
}

export class Store {
  readonly #keeper: Keeper
  readonly #watchLimit: number
  readonly #onRemoved: (object: StoredObject) => void
  readonly #startVersion: number
  #version: number
  readonly #kinds = new Map<KindRules, Map<string, Held>>()
  readonly #logs = new Map<KindRules, EventLog>()
  readonly #byUid = new Map<string, Held>()
  readonly #byOwner = new Map<string, Map<string, Held>>()

  constructor({ keeper, version, held, watchLimit, onRemoved }: StoreOptions) {
    this.#keeper = keeper
    this.#watchLimit = watchLimit
    this.#onRemoved = onRemoved
    this.#startVersion = version
    this.#version = version
    for (const item of held) this.#hold(item)
  }

  /** Version of the last change. */
  get version(): number {
    return this.#version
  }

  get(rules: KindRules, name: ObjectName): Held | undefined {
    return this.#objectsOf(rules).get(keyOf(name))
  }

  /** Oldest first. */
  all(rules: KindRules): Iterable<Held> {
    return this.#objectsOf(rules).values()
  }

  count(rules: KindRules): number {
    return this.#objectsOf(rules).size
  }

  byUid(uid: string): Held | undefined {
    return this.#byUid.get(uid)
  }

  /** Objects that name this uid as an owner. */
  ownedBy(uid: string): readonly Held[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])]
  }

  log(rules: KindRules): EventLog {
    return entryOf(this.#logs, rules, () => new EventLog(this.#watchLimit, this.#startVersion))
  }

  /** Stores the object with a new version. */
  put(rules: KindRules, object: StoredObject, managers: Managers): StoredObject {
    const version = this.#version + 1
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    // First: it refuses when nothing can be kept any more.
    this.#keeper.add({ put: stored, managers })
    this.#version = version
    const before = this.get(rules, stored.metadata)
    if (before) this.#letGo(before)
    this.#hold({ rules, object: stored, managers })
    this.log(rules).add({ version, before: before?.object, after: stored })
    return stored
  }

  remove({ rules, object }: Held): void {
    const { namespace, name } = object.metadata
    const held = this.get(rules, object.metadata)
    if (!held) throw new Error(`${rules.type.kind}/${namespace}/${name} is removed twice`)
    const version = this.#version + 1
    const { apiVersion, kind } = rules.type
    this.#keeper.add({ remove: { apiVersion, kind, namespace, name }, version })
    this.#version = version
    this.#letGo(held)
    this.#objectsOf(rules).delete(keyOf(object.metadata))
    this.log(rules).add({ version, before: held.object, after: undefined })
    this.#onRemoved(held.object)
  }

  /** Resolves when everything so far is kept. */
  kept(): Promise<void> {
    return this.#keeper.kept()
  }

  #objectsOf(rules: KindRules): Map<string, Held> {
    return entryOf(this.#kinds, rules, () => new Map())
  }

  #hold(held: Held): void {
    const { metadata } = held.object
    this.#objectsOf(held.rules).set(keyOf(metadata), held)
    this.#byUid.set(metadata.uid, held)
    for (const { uid } of metadata.ownerReferences ?? []) {
      entryOf(this.#byOwner, uid, () => new Map()).set(metadata.uid, held)
    }
  }

  #letGo({ object: { metadata } }: Held): void {
    this.#byUid.delete(metadata.uid)
    for (const { uid } of metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid)
      owned?.delete(metadata.uid)
      if (owned?.size === 0) this.#byOwner.delete(uid)
    }
  }
}

/** The entry of a map, made when it is not there yet. */
function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
