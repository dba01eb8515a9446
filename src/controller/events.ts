// Events about resources, with the rules by which client-go keeps them from flooding etcd: a repeat counts up, many of one
// reason become one, and who says too much is not heard (H3).
import PQueue from 'p-queue'
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { EVENTS } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { PlannedEvent } from '../reconcile/plan.ts'
import type { EventRecord } from '../resources/event.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { MANAGED_BY, RUN_LABEL } from '../resources/names.ts'

export interface EventsOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  /** Hears what could not be told: an event never stops a run. */
  failed(about: RollbookResource, event: PlannedEvent, error: ClusterError): void
}

/** Who speaks, in every event. */
const COMPONENT = 'rollbook-controller'
/** Of one resource, before it is held to one in five minutes. */
const BURST = 25
const REFILL_MS = 300_000
/** Different messages of one reason within ten minutes, before they are told as one. */
const MOST_SIMILAR = 10
const SIMILAR_MS = 600_000
/** Events that are written at a time, and that may wait for it. */
const WRITERS = 4
const MOST_BACKLOG = 2_000
const MOST_RESOURCES = 4_096
const LONGEST_MESSAGE = 1_024
/** Names of events end with 17 characters of ours. */
const LONGEST_NAME = 253 - 17

interface Similar {
  readonly since: number
  readonly messages: Set<string>
}

/** What is remembered of one resource. */
interface Spoken {
  tokens: number
  /** `Clock.elapsed`. */
  refilled: number
  readonly similar: Map<string, Similar>
}

export class Events {
  private readonly options: EventsOptions
  private readonly writers = new PQueue({ concurrency: WRITERS })
  private readonly spoken = new Map<string, Spoken>()

  constructor(options: EventsOptions) {
    this.options = options
  }

  /** Told, counted, or left out, beside the pass that tells it; what the cluster says to it is told to `failed`. */
  record(about: RollbookResource, event: PlannedEvent): void {
    const spoken = this.of(about.metadata.uid ?? '')
    const told = this.correlated(spoken, event)
    if (!this.allowed(spoken)) return
    if (this.writers.size >= MOST_BACKLOG) {
      this.options.failed(about, told, new ClusterError('TooManyRequests', 'too many events wait to be written'))
      return
    }
    void this.writers.add(async () => {
      try {
        await this.write(about, told)
      } catch (error) {
        // A defect of ours here must not end the process: it is told like the rest.
        const failure =
          error instanceof ClusterError ? error : new ClusterError('Invalid', String(error), { cause: error })
        this.options.failed(about, told, failure)
      }
    })
  }

  /** Resolves when all that was recorded is written. */
  async idle(): Promise<void> {
    await this.writers.onIdle()
  }

  /** The resource is gone. */
  forget(uid: string): void {
    this.spoken.delete(uid)
  }

  /** The same name for the same words, so that a repeat is found again, also by the next controller. */
  private async write(about: RollbookResource, event: PlannedEvent & { readonly of: string }): Promise<void> {
    const { cluster, clock } = this.options
    const { name, namespace, uid = '' } = about.metadata
    const hash = sha256Hex(JSON.stringify([uid, event.severity, event.reason, event.of])).slice(0, 16)
    const eventName = `${name.slice(0, LONGEST_NAME).replace(/[^a-z0-9]+$/, '')}.${hash}`
    const now = clock
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
    const first = firstEvent(about, event, { name: eventName, now })
    try {
      await cluster.create(EVENTS, first)
      return
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error
    }
    const known = await cluster.get(EVENTS, { namespace, name: eventName })
    const { labels } = first.metadata
    const repeat = { count: (known?.count ?? 0) + 1, lastTimestamp: now, message: first.message }
    await cluster.patch(EVENTS, first.metadata, { metadata: { labels: { ...labels } }, ...repeat })
  }

  private correlated({ similar }: Spoken, event: PlannedEvent): PlannedEvent & { readonly of: string } {
    const now = this.options.clock.elapsed()
    const key = `${event.severity}/${event.reason}`
    const known = similar.get(key)
    const group = known && now - known.since < SIMILAR_MS ? known : { since: now, messages: new Set<string>() }
    similar.set(key, group)
    const message = shortened(event.message)
    if (group.messages.size <= MOST_SIMILAR) group.messages.add(message)
    if (group.messages.size <= MOST_SIMILAR) return { ...event, message, of: message }
    return { ...event, message: shortened(`(combined from similar events) ${message}`), of: '' }
  }

  private allowed(spoken: Spoken): boolean {
    const now = this.options.clock.elapsed()
    const refill = Math.floor((now - spoken.refilled) / REFILL_MS)
    spoken.tokens = Math.min(BURST, spoken.tokens + refill)
    spoken.refilled += refill * REFILL_MS
    if (spoken.tokens === 0) return false
    spoken.tokens--
    return true
  }

  /** The resources that spoke longest ago are forgotten first. */
  private of(uid: string): Spoken {
    const known = this.spoken.get(uid)
    const spoken = known ?? { tokens: BURST, refilled: this.options.clock.elapsed(), similar: new Map() }
    this.spoken.delete(uid)
    this.spoken.set(uid, spoken)
    const [oldest] = this.spoken.keys()
    if (this.spoken.size > MOST_RESOURCES && oldest !== undefined) this.spoken.delete(oldest)
    return spoken
  }
}

function firstEvent(
  about: RollbookResource,
  { severity, reason, message, run }: PlannedEvent,
  { name, now }: { readonly name: string; readonly now: string },
): EventRecord {
  const { namespace, uid, resourceVersion } = about.metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name, labels: { ...MANAGED_BY, ...(run === undefined ? {} : { [RUN_LABEL]: run }) } },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      namespace,
      name: about.metadata.name,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    reason,
    message,
    type: severity,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
  }
}

function shortened(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`
}
