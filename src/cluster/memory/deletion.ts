// Deleting: finalizers hold an object, and what it owns goes with it. What the API server and the garbage collector of a
// real cluster do between them, done at once.
import { isJsonObject } from '../../lib/json.ts'
import type { DeleteOptions } from '../cluster.ts'
import type { KindRules, Kinds } from './kinds.ts'
import type { Owner, Stored, StoredMetadata, StoredObject } from './objects.ts'
import type { Held, Store } from './store.ts'
import { timestamp } from './timestamp.ts'

/** Keeps an owner until its dependents are gone. */
const FOREGROUND = 'foregroundDeletion'

/** Of Pods that don't say. */
const GRACE_SECONDS = 30

export interface Deletion {
  readonly store: Store
  readonly kinds: Kinds
  readonly now: () => Date
}

/** Deletes the object, or marks it as being deleted while something holds it; what it owns is deleted too. */
export function deleteObject(deletion: Deletion, held: Held, options: Omit<DeleteOptions, 'uid'> = {}): void {
  const { uid } = held.object.metadata
  const dependents = deletion.store.ownedBy(uid)
  const foreground = options.propagation === 'Foreground' && dependents.length > 0
  const metadata = markedMetadata(held, {
    time: deletion.now(),
    grace: options.gracePeriodSeconds ?? graceSeconds(held.object),
    foreground,
  })
  if (metadata !== held.object.metadata) {
    settle(deletion, held.rules, { object: { ...held.object, metadata }, managers: held.managers })
  }
  if (!foreground) return
  for (const dependent of dependents) {
    if (dependent.object.metadata.deletionTimestamp === undefined) {
      deleteObject(deletion, dependent, { propagation: 'Foreground' })
    }
  }
  endForeground(deletion, uid)
}

/** Stores an object, or removes it when it is being deleted and nothing holds it any more. Gives it as stored. */
export function settle(deletion: Deletion, rules: KindRules, next: Stored): StoredObject {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = next.object.metadata
  const before = deletion.store.get(rules, next.object.metadata)
  const ends = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0
  if (before && ends) {
    remove(deletion, before)
    return next.object
  }
  const stored = deletion.store.put(rules, next.object, next.managers)
  collect(deletion, stored.metadata.uid)
  return stored
}

function remove(deletion: Deletion, held: Held): void {
  const { uid, ownerReferences = [] } = held.object.metadata
  deletion.store.remove(held)
  for (const dependent of deletion.store.ownedBy(uid)) collect(deletion, dependent.object.metadata.uid)
  for (const owner of ownerReferences) endForeground(deletion, owner.uid)
}

/** Deletes an object whose owners are all gone. */
function collect(deletion: Deletion, uid: string): void {
  const held = deletion.store.byUid(uid)
  const { ownerReferences = [], deletionTimestamp, namespace } = held?.object.metadata ?? {}
  if (!held || deletionTimestamp !== undefined || ownerReferences.length === 0) return
  if (!ownerReferences.some(owner => mayBeThere(deletion, owner, namespace))) deleteObject(deletion, held)
}

/** An owner of a kind that this cluster does not know is nobody's to judge. */
function mayBeThere({ store, kinds }: Deletion, owner: Owner, namespace: string | undefined): boolean {
  return !kinds.find(owner) || store.byUid(owner.uid)?.object.metadata.namespace === namespace
}

/** Lets an owner go once no dependent blocks it. */
function endForeground(deletion: Deletion, uid: string): void {
  const held = deletion.store.byUid(uid)
  const { finalizers = [] } = held?.object.metadata ?? {}
  if (!held || !finalizers.includes(FOREGROUND)) return
  if (deletion.store.ownedBy(uid).some(dependent => blocks(dependent, uid))) return
  const { finalizers: _, ...rest } = held.object.metadata
  const left = finalizers.filter(name => name !== FOREGROUND)
  const metadata: StoredMetadata = left.length === 0 ? rest : { ...rest, finalizers: left }
  settle(deletion, held.rules, { object: { ...held.object, metadata }, managers: held.managers })
}

function blocks({ object }: Held, uid: string): boolean {
  return (object.metadata.ownerReferences ?? []).some(owner => owner.uid === uid && owner.blockOwnerDeletion === true)
}

interface Mark {
  readonly time: Date
  /** Seconds. */
  readonly grace: number
  readonly foreground: boolean
}

/** The metadata of an object that is being deleted; the same when it was marked so before. */
function markedMetadata({ rules, object: { metadata } }: Held, { time, grace, foreground }: Mark): StoredMetadata {
  const { finalizers = [], deletionTimestamp, deletionGracePeriodSeconds } = metadata
  const blocked = foreground && !finalizers.includes(FOREGROUND) ? { finalizers: [...finalizers, FOREGROUND] } : {}
  const isFirst = deletionTimestamp === undefined
  if (!isFirst && grace >= (deletionGracePeriodSeconds ?? 0) && !blocked.finalizers) return metadata
  return {
    ...metadata,
    ...blocked,
    deletionTimestamp: timestamp(new Date(time.getTime() + grace * 1000)),
    deletionGracePeriodSeconds: Math.min(grace, deletionGracePeriodSeconds ?? grace),
    ...(isFirst && rules.hasGeneration ? { generation: (metadata.generation ?? 0) + 1 } : {}),
  }
}

/** How long a Pod may take to end; everything else, and a Pod that runs nowhere, ends at once. */
function graceSeconds({ kind, spec, status }: StoredObject): number {
  if (kind !== 'Pod' || !isJsonObject(spec) || spec['nodeName'] === undefined) return 0
  const phase = isJsonObject(status) ? status['phase'] : undefined
  if (phase === 'Succeeded' || phase === 'Failed') return 0
  const seconds = spec['terminationGracePeriodSeconds']
  return typeof seconds === 'number' ? seconds : GRACE_SECONDS
}
