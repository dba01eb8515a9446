// Who may run now: one writer a branch, and no more runs at a time than the install allows. Who can't waits in line; a freed
// slot goes to the first that can use it, and is kept for it until it comes for it, so that nobody is overtaken for ever (C5).
import type { SlotAnswer } from '../reconcile/observed.ts'

export interface SlotsOptions {
  /** How many runs at a time. */
  readonly limit: number
  /** Hears the key that was given a slot while it waited. */
  granted(key: string): void
}

export class Slots {
  private readonly options: SlotsOptions
  /** Who has a slot, and the branch that it writes; undefined for a run that writes none. */
  private readonly holders = new Map<string, string | undefined>()
  /** In the order of their coming. */
  private readonly waiting = new Map<string, string | undefined>()

  constructor(options: SlotsOptions) {
    this.options = options
  }

  /** Asked again by who has it, it is granted again. */
  ask(key: string, branch: string | undefined): SlotAnswer {
    if (this.holders.has(key)) {
      if (this.holders.get(key) === branch && this.isAlone(key, branch)) return { granted: true }
      this.release(key)
    }
    if (!this.waiting.has(key) || this.waiting.get(key) !== branch) {
      this.waiting.delete(key)
      this.waiting.set(key, branch)
    }
    this.grant(key)
    if (this.holders.has(key)) return { granted: true }
    const behind = branch === undefined ? undefined : this.firstOf(branch)
    return { granted: false, ...(behind === undefined || behind === key ? {} : { behind }) }
  }

  /** A run that was there before: after a restart, whatever the limit says now. */
  hold(key: string, branch: string | undefined): void {
    this.holders.set(key, branch)
  }

  /** Gives up the slot, or the place in the line. */
  release(key: string): void {
    this.waiting.delete(key)
    if (this.holders.delete(key)) this.grant(undefined)
  }

  /** True for who has a slot. */
  has(key: string): boolean {
    return this.holders.has(key)
  }

  get running(): number {
    return this.holders.size
  }

  get queued(): number {
    return this.waiting.size
  }

  private isAlone(key: string, branch: string | undefined): boolean {
    return branch === undefined || ![...this.holders].some(([other, written]) => other !== key && written === branch)
  }

  /** `asking` is about to hear its answer anyway. */
  private grant(asking: string | undefined): void {
    // A branch may have two holders: a Job of before that still ends, and who was given the branch after it.
    const written = new Set(this.holders.values())
    for (const [key, branch] of this.waiting) {
      if (this.holders.size >= this.options.limit) return
      if (branch !== undefined && written.has(branch)) continue
      written.add(branch)
      this.waiting.delete(key)
      this.hold(key, branch)
      if (key !== asking) this.options.granted(key)
    }
  }

  /** Who writes the branch, or is the first to. */
  private firstOf(branch: string): string | undefined {
    for (const [key, wanted] of [...this.holders, ...this.waiting]) if (wanted === branch) return key
    return undefined
  }
}
