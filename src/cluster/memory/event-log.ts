// The last changes of one kind, for watches. Watches read it at their own pace; one that falls too far behind is Expired.
import { ClusterError } from '../cluster-error.ts'
import { Bell } from './bell.ts'
import type { StoredObject } from './objects.ts'

export interface LoggedChange {
  readonly version: number
  /** Undefined when the object was created. */
  readonly before: StoredObject | undefined
  /** Undefined when the object went. */
  readonly after: StoredObject | undefined
}

export class EventLog {
  readonly #limit: number
  #changes: LoggedChange[] = []
  /** Changes after this version are all there. */
  #floor: number
  readonly #bell = new Bell()

  constructor(limit: number, floor: number) {
    this.#limit = limit
    this.#floor = floor
  }

  add(change: LoggedChange): void {
    this.#changes.push(change)
    // Cut seldom and much, not one with each change.
    if (this.#changes.length > 2 * this.#limit) this.forget(this.#limit)
    this.#bell.ring()
  }

  /** Forgets all but the last changes. */
  forget(keep: number): void {
    const gone = this.#changes.splice(0, this.#changes.length - keep)
    this.#floor = gone.at(-1)?.version ?? this.#floor
  }

  /** The first change after a version, if it happened already. Throws Expired when it was forgotten. */
  after(version: number): LoggedChange | undefined {
    if (version < this.#floor) {
      throw new ClusterError('Expired', `the version ${version} is too old, changes are kept from ${this.#floor} on`)
    }
    return this.#changes[this.#indexAfter(version)]
  }

  #indexAfter(version: number): number {
    let [low, high] = [0, this.#changes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle]?.version ?? 0) > version) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Resolves with the next change or when the signal fires. */
  next(signal: AbortSignal): Promise<void> {
    return this.#bell.heard(signal)
  }
}
