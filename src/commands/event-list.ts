// Events about resources, as commands list them.
import type { Cluster } from '../cluster/cluster.ts'
import { EVENTS } from '../cluster/types.ts'
import type { EventRecord } from '../resources/event.ts'
import { API_VERSION } from '../resources/kinds.ts'
import { RUN_LABEL } from '../resources/names.ts'
import { printable } from './printable.ts'
import { tableText } from './table.ts'
import type { ShowTime } from './when.ts'

export interface ShownEvent {
  readonly time: string
  readonly type: EventRecord['type']
  readonly reason: string
  readonly message: string
  /** Null when it is about no run. */
  readonly run: string | null
  readonly resource: { readonly kind: string; readonly namespace: string; readonly name: string }
  readonly count: number
}

export interface EventFilter {
  /** Absent: every namespace. */
  readonly namespace?: string
  /** Absent: every resource of ours. */
  readonly about?: { readonly kind: string; readonly name: string }
}

/** Oldest first. */
export async function eventList(cluster: Cluster, filter: EventFilter): Promise<readonly ShownEvent[]> {
  const { namespace } = filter
  const { items } = await cluster.list(EVENTS, namespace === undefined ? {} : { namespace })
  return items
    .filter(event => isWanted(event, filter))
    .sort(byTime)
    .map(shownEvent)
}

/** Times have whole seconds: within one, what was written later stands later. */
export function byTime(one: EventRecord, other: EventRecord): number {
  const [before, after] = [timeOf(one), timeOf(other)]
  if (before !== after) return before < after ? -1 : 1
  return Number(one.metadata.resourceVersion ?? 0) - Number(other.metadata.resourceVersion ?? 0)
}

function timeOf({ lastTimestamp, firstTimestamp }: EventRecord): string {
  return lastTimestamp ?? firstTimestamp
}

export function isWanted({ involvedObject }: EventRecord, { about }: EventFilter): boolean {
  if (involvedObject.apiVersion !== API_VERSION) return false
  return about === undefined || (involvedObject.kind === about.kind && involvedObject.name === about.name)
}

export function shownEvent(event: EventRecord): ShownEvent {
  const { involvedObject, type, reason, message, count, metadata } = event
  return {
    time: timeOf(event),
    type,
    reason,
    message,
    run: metadata.labels?.[RUN_LABEL] ?? null,
    resource: { kind: involvedObject.kind, namespace: involvedObject.namespace, name: involvedObject.name },
    count: count ?? 1,
  }
}

export function eventsText(events: readonly ShownEvent[], showTime: ShowTime): string {
  return tableText(
    ['Time', 'Type', 'Reason', 'Resource', 'Message'],
    events.map(({ time, type, reason, resource, message, count }) => [
      showTime(time),
      type,
      reason,
      `${resource.kind}/${resource.name}`,
      `${message.replaceAll(/\s+/g, ' ')}${count > 1 ? ` (${count} times)` : ''}`,
    ]),
  )
}

/** One line, as it happens. */
export function eventLine({ time, type, reason, resource, message }: ShownEvent): string {
  const { kind, namespace, name } = resource
  const mark = type === 'Warning' ? ' Warning' : ''
  return printable(`${time} ${kind}/${namespace}/${name}${mark} ${reason}: ${message.replaceAll(/\s+/g, ' ')}`)
}
