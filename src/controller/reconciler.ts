// One pass over one resource: observe, plan, answer what the plan asks, plan again, then take its steps. The plan is pure; all
// that touches the world is called from here.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { typeOf } from '../cluster/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { Answers, InstallSettings, Observed, ObservedJob } from '../reconcile/observed.ts'
import type { Actions, Plan, Question } from '../reconcile/plan.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { RUN_REQUESTED_AT } from '../resources/names.ts'
import { isReleased } from '../resources/object-meta.ts'
import { runRecordOf } from '../resources/run-record.ts'
import { type Applied, applySteps } from './apply.ts'
import type { Dependencies } from './dependencies.ts'
import type { Events } from './events.ts'
import { planInvalid } from './invalid.ts'
import { isUnfinished, lookAtJob, observe } from './observe.ts'
import type { PodLogReader } from './pod-log.ts'
import type { Probes } from './probes.ts'
import { parseKey } from './resource-key.ts'
import type { Slots } from './slots.ts'
import type { KnownResource, World } from './world.ts'

/** What a reconciler wants done; reconcile/ has one for each kind. */
export type Planner = (seen: Observed, now: Date) => Plan

export interface ReconcilerParts {
  readonly plan: Planner
  readonly cluster: Cluster
  readonly world: World
  readonly clock: Clock
  readonly install: InstallSettings
  readonly dependencies: Dependencies
  readonly probes: Probes
  readonly slots: Slots
  readonly events: Events
  readonly logs: PodLogReader
  /** Since when this process leads. */
  readonly startedAt: Date
  /** Hears of each write of ours to a resource: before and after. */
  readonly written: (before: RollbookResource, after: RollbookResource) => void
}

export interface PassResult {
  /** The cluster refused something: try again after the key's backoff. */
  readonly refused: boolean
  /** Look again at this time. */
  readonly wake?: Date
  /** Look again after so many milliseconds. */
  readonly again?: number
}

/** More questions, refusals and conflicts than one pass can have. */
const MOST_ROUNDS = 16
const MOST_CONFLICTS = 3
const NOTHING_LEFT: PassResult = { refused: false }

export class Reconciler {
  private readonly parts: ReconcilerParts

  constructor(parts: ReconcilerParts) {
    this.parts = parts
  }

  /** Throws ClusterError, and what is a defect of ours. */
  async pass(key: string): Promise<PassResult> {
    const pass = new Pass(key, this.parts)
    let conflicts = 0
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const known = this.parts.world.resource(key)
      if (!known) {
        this.parts.slots.release(key)
        return NOTHING_LEFT
      }
      try {
        const done = await pass.round(known)
        if (done) return done
      } catch (error) {
        if (!(error instanceof ClusterError) || !['Conflict', 'NotFound'].includes(error.reason)) throw error
        if (++conflicts > MOST_CONFLICTS) throw error
        // The caches lag behind: the cluster tells how it is, and all is asked again of that.
        await this.refresh(key)
        pass.forget()
      }
    }
    throw new Error(`the plan of ${key} comes to no end`)
  }

  private async refresh(key: string): Promise<void> {
    const { cluster, world } = this.parts
    const { kind, namespace, name } = parseKey(key)
    const resource = await cluster.get(typeOf<RollbookResource>(kind), { namespace, name })
    if (resource) world.replaceResource(resource)
    else world.removeResource(key)
  }
}

/** What is known within one pass. */
class Pass {
  private readonly key: string
  private readonly parts: ReconcilerParts
  private answers: Answers = {}
  private asksForSlot = false
  private again: number | undefined

  constructor(key: string, parts: ReconcilerParts) {
    this.key = key
    this.parts = parts
  }

  forget(): void {
    this.answers = {}
    this.asksForSlot = false
  }

  /** Undefined: another round is needed. */
  async round(known: KnownResource): Promise<PassResult | undefined> {
    const { resource, problems } = known
    const { probes, startedAt, install, clock } = this.parts
    const lastProbe = probes.last(this.key)
    const memory = { startedAt, ...(lastProbe ? { lastProbe } : {}) }
    const seen = await observe(resource, { memory, answers: this.answers }, this.parts)
    // What can't be used can still be deleted.
    if (problems.length > 0 && !isDeleted(resource)) return this.tell(planInvalid(known, install, clock.now()), seen)
    const plan = this.parts.plan(seen, clock.now())
    if ('ask' in plan) return this.answer(plan.ask, resource)
    return this.act(plan, seen)
  }

  private async answer(question: Question, resource: RollbookResource): Promise<PassResult | undefined> {
    const { namespace } = resource.metadata
    const { cluster, slots, probes, dependencies } = this.parts
    if (this.answers[question.type] !== undefined)
      throw new Error(`the plan of ${this.key} asks for ${question.type} again`)
    switch (question.type) {
      case 'dependencies': {
        const looked = await dependencies.look(question.names, { namespace, waits: waitsForChange(resource) })
        this.again = looked.again
        this.answers = { ...this.answers, dependencies: looked.found }
        return undefined
      }
      case 'probe': {
        const probe = probes.ask(this.key, namespace, question.question)
        // `Probes` calls again when the answer is there.
        if (!probe) return NOTHING_LEFT
        this.answers = { ...this.answers, probe }
        return undefined
      }
      case 'slot':
        this.asksForSlot = true
        this.answers = { ...this.answers, slot: slots.ask(this.key, question.branch) }
        return undefined
      case 'job':
        this.answers = { ...this.answers, job: await lookAtJob(resource, question.name, cluster) }
        return undefined
      case 'log':
        this.answers = { ...this.answers, log: await this.parts.logs.read(namespace, question.pod) }
        return undefined
      default:
        return question satisfies never
    }
  }

  /** The API server may refuse a status, too, when the rest of the object is not valid. */
  private async tell(actions: Actions, seen: Observed): Promise<PassResult | undefined> {
    try {
      return await this.act(actions, seen)
    } catch (error) {
      if (error instanceof ClusterError && error.reason === 'Invalid') return NOTHING_LEFT
      throw error
    }
  }

  private async act({ steps, wake }: Actions, seen: Observed): Promise<PassResult | undefined> {
    const { cluster, events, world, written } = this.parts
    const { resource } = seen
    let before = resource
    const applied = await applySteps(steps, resource, {
      cluster,
      events,
      adopted: job => world.learnJob({ key: this.key, uid: resource.metadata.uid ?? '' }, job),
      written: after => {
        world.replaceResource(after)
        written(before, after)
        before = after
      },
    })
    if (applied.refusal && !this.answers.refused) {
      this.answers = { ...this.answers, refused: applied.refusal }
      return undefined
    }
    this.settleSlot(seen.jobs, applied)
    return {
      refused: this.answers.refused !== undefined,
      ...(wake ? { wake } : {}),
      ...(this.again === undefined ? {} : { again: this.again }),
    }
  }

  /**
   * A slot is kept by a Job that still runs, whatever the plan says, also by one that status names and no watch has told yet;
   * and by who is about to make one. By nobody else.
   */
  private settleSlot(jobs: readonly ObservedJob[], { resource, released }: Applied): void {
    const { slots, world } = this.parts
    const known = world.resource(this.key)?.resource.metadata
    // One that is made again under its name is another, and settles its own.
    if (known && known.uid !== resource.metadata.uid) return
    if (!known || isReleased(resource.metadata)) {
      slots.release(this.key)
      return
    }
    const running = jobs.find(({ job }) => isUnfinished(job))
    const active = resource.status?.activeRun?.jobName
    const isUnseen = active !== undefined && !jobs.some(({ job }) => job.metadata.name === active)
    if (running && !slots.has(this.key)) slots.hold(this.key, runRecordOf(running.job)?.branch)
    if (!running && !isUnseen && (released || !this.asksForSlot)) slots.release(this.key)
  }
}

/** After a definite failure only a change helps, and what is named is looked at with a backoff (design 4.6). */
function waitsForChange({ metadata, status }: RollbookResource): boolean {
  const request = metadata.annotations?.[RUN_REQUESTED_AT]
  if (request !== undefined && request !== status?.lastHandledRunRequest) return false
  const stalled = status?.conditions?.find(({ type }) => type === 'Stalled')
  return stalled?.status === 'True' && stalled.observedGeneration === metadata.generation
}

function isDeleted({ metadata }: RollbookResource): boolean {
  return metadata.deletionTimestamp !== undefined
}
