// An Event as the core API has it (`v1`): what `kubectl describe` and `rollbook events` show about an object.
import type { ObjectMeta } from './object-meta.ts'

export interface EventRecord {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  /** In the namespace of the object that it is about. */
  readonly metadata: ObjectMeta
  readonly involvedObject: InvolvedObject
  /** One word of docs/reasons.md. */
  readonly reason: string
  readonly message: string
  readonly type: 'Normal' | 'Warning'
  /** How often it happened between the two times. */
  readonly count: number
  /** RFC 3339. */
  readonly firstTimestamp: string
  /** RFC 3339. */
  readonly lastTimestamp: string
  readonly source: { readonly component: string }
  readonly reportingComponent: string
}

export interface InvolvedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  readonly resourceVersion?: string
}
