// Events as they happen: those that are there, oldest first, then each new one.
import type { Watchable } from '../cluster/cluster.ts'
import { follow } from '../cluster/follow.ts'
import { keyOf } from '../cluster/object-key.ts'
import { EVENTS } from '../cluster/types.ts'
import { byTime, type EventFilter, isWanted, type ShownEvent, shownEvent } from './event-list.ts'

export interface StreamOptions {
  readonly filter: EventFilter
  /** Ends the stream. */
  readonly signal: AbortSignal
  /** Of a state directory, whose versions are numbers: only what was written after it. */
  readonly after?: string | undefined
}

/** Each event once in each of its versions, however often the list is asked for again. Throws what `follow` throws. */
export async function* eventStream(cluster: Watchable, options: StreamOptions): AsyncIterable<ShownEvent> {
  const { filter, signal, after } = options
  const { namespace } = filter
  const selection = namespace === undefined ? {} : { namespace }
  const told = new Map<string, string | undefined>()
  for await (const { object, isGone } of follow(cluster, EVENTS, { ...selection, signal, order: byTime })) {
    const { resourceVersion } = object.metadata
    const key = keyOf(object.metadata)
    if (isGone) told.delete(key)
    if (isGone || told.get(key) === resourceVersion) continue
    told.set(key, resourceVersion)
    const isOld = after !== undefined && Number(resourceVersion) <= Number(after)
    if (!isOld && isWanted(object, filter)) yield shownEvent(object)
  }
}
