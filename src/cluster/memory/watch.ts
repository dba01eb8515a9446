// A watch on the memory cluster: the changes of one kind from a version on, as the selection sees them.
import type { ClusterObject, WatchEvent, WatchOptions } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import type { EventLog, LoggedChange } from './event-log.ts'
import { handedOut, type StoredObject } from './objects.ts'
import { selects } from './selector.ts'

/** Ends when the signal fires. Throws Expired when it falls too far behind, too. */
export async function* watchLog<T extends ClusterObject>(
  log: EventLog,
  { signal, resourceVersion, ...selection }: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const selected = selects(selection)
  let version = versionOf(resourceVersion)
  while (!signal.aborted) {
    const change = log.after(version)
    if (!change) {
      await log.next(signal)
      continue
    }
    version = change.version
    const event = eventOf<T>(change, selected)
    if (event) yield event
  }
}

function versionOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new ClusterError('Invalid', `the resourceVersion "${text}" must be a whole number`)
  return Number(text)
}

function eventOf<T extends ClusterObject>(
  { before, after, version }: LoggedChange,
  selected: (object: StoredObject) => boolean,
): WatchEvent<T> | undefined {
  const was = before !== undefined && selected(before)
  if (after && selected(after)) return { type: was ? 'MODIFIED' : 'ADDED', object: handedOut(after) }
  if (!was) return undefined
  const gone = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } }
  return { type: 'DELETED', object: handedOut(gone) }
}
