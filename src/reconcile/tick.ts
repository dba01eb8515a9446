// A tick of a schedule or an interval: whether it needs a run, or the world is as the last run left it (design 4.2, "Probe
// before pod").
import { durationOf } from '../lib/duration.ts'
import type { RunEntry } from '../resources/generated/types.ts'
import type { RunRequest } from '../resources/request.ts'
import type { ProbedState } from '../resources/run-record.ts'
import type { Cause } from './cause.ts'
import { isSuccess } from './history.ts'
import type { Memory, ProbeAnswer } from './observed.ts'
import type { Question } from './plan.ts'
import type { StatusChanges } from './status.ts'
import type { Subject } from './subject.ts'

export interface Tick {
  readonly type: 'Schedule' | 'Interval'
  /** Since when it is due. */
  readonly time: Date
}

export type TickDecision =
  | { readonly ask: Question }
  | { readonly run: Cause }
  /** Nothing to run; what is worth remembering of the look. */
  | { readonly changes: StatusChanges }

const DAY = 24 * 60 * 60_000

type Seen = Exclude<ProbeAnswer, { state: 'failed' }>

export function decideTick(subject: Subject, request: RunRequest, tick: Tick): TickDecision {
  const { lastRun, observed = {} } = subject.status
  // Another request than the last run's: there is nothing to ask a source.
  if (!lastRun || observed.requestHash !== request.requestHash) return { run: causeOf(tick, tick.time) }
  const look = lookSince(subject, tick.time)
  if (!look) return { ask: probeQuestion(subject, request) }
  const { answer, at } = look
  // An interval has no times of its own: the look is what tells one run from the next.
  const byTick = causeOf(tick, tick.type === 'Schedule' ? tick.time : at)
  if (answer.state === 'failed') {
    // The run would say what the last one said. Any other failure is the run's to find, and to tell.
    return lastRun.outcome === 'Failed' && lastRun.reason === answer.reason ? { changes: {} } : { run: byTick }
  }
  const moved = movedSince(subject, request, answer)
  const probe = probedState(answer)
  if (moved.source && mayRun(subject, lastRun, answer)) return { run: { ...sourceCause(byTick, tick, answer), probe } }
  if (moved.target) return { run: { ...byTick, probe, onlyTargetMoved: isSuccess(lastRun) } }
  return isDone(lastRun) ? { changes: validatorsToKeep(subject, answer) } : { run: { ...byTick, probe } }
}

/** The last look at the source, when it was made for this tick or after it. */
function lookSince({ seen, now }: Subject, time: Date): Memory['lastProbe'] {
  const { lastProbe } = seen.memory
  return lastProbe && lastProbe.at >= time && lastProbe.at <= now ? lastProbe : undefined
}

function causeOf({ type }: Tick, time: Date): Cause {
  return { trigger: { type, token: time.toISOString() } }
}

function probeQuestion({ resource, status }: Subject, { source, target, hosts }: RunRequest): Question {
  const { sourceRevision, ...seen } = withoutObjects(status.observed)
  const fullInterval = 'source' in resource.spec ? resource.spec.source.registry?.fullInterval : undefined
  return {
    type: 'probe',
    question: {
      source,
      target,
      hosts: hosts ?? { denyCidrs: [], allowPlainHttp: [], local: false },
      seen: { ...seen, ...(sourceRevision === undefined ? {} : { revision: sourceRevision }) },
      fullInterval: durationOf(fullInterval ?? '') ?? DAY,
    },
  }
}

function withoutObjects(observed: Subject['status']['observed']) {
  const { dependencies: _dependencies, requestHash: _hash, ...seen } = observed ?? {}
  return seen
}

function movedSince({ status }: Subject, { target }: RunRequest, answer: Seen) {
  const { sourceRevision, targetHead } = status.observed ?? {}
  return {
    source: answer.revision === undefined ? answer.state === 'changed' : answer.revision !== sourceRevision,
    target: target.type === 'git' && answer.targetHead !== targetHead,
  }
}

/**
 * After a definite failure only a new revision is a reason. A probe that reads none says "changed" until a run reads
 * everything: believed once a day, or every tick would start a pod that fails.
 */
function mayRun({ now }: Subject, lastRun: RunEntry, { revision }: Seen): boolean {
  if (revision !== undefined || lastRun.outcome !== 'Failed' || lastRun.class !== 'definite') return true
  if (lastRun.trigger?.type === 'Spec' || lastRun.trigger?.type === 'Request') return true
  return now.getTime() - Date.parse(lastRun.completionTime ?? '') >= DAY
}

/** SourceChange exists for registries only (kinds.md). */
function sourceCause(byTick: Cause, { type }: Tick, { revision }: Seen): Cause {
  if (type === 'Schedule') return byTick
  return { trigger: { type: 'SourceChange', token: revision ?? byTick.trigger.token ?? '' } }
}

/** Nothing is left to do: it went well, or nothing but a person mends it. Plans and cancelled runs did nothing yet. */
function isDone(lastRun: RunEntry): boolean {
  return isSuccess(lastRun) || (lastRun.outcome === 'Failed' && lastRun.class === 'definite')
}

function probedState({ revision, etag, lastModified, targetHead }: Seen): ProbedState {
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(targetHead === undefined ? {} : { targetHead }),
  }
}

/** Once for a revision: a server that changes its validators with every answer shall not cause a write every time. */
function validatorsToKeep({ status }: Subject, { revision, etag, lastModified }: Seen): StatusChanges {
  const { observed = {} } = status
  const isKnown = observed.etag !== undefined || observed.lastModified !== undefined
  if (isKnown || revision === undefined || (etag === undefined && lastModified === undefined)) return {}
  return {
    observed: {
      ...observed,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    },
  }
}
