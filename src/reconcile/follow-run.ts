// A run that is under way: its Job is watched until it ends, then the run ends or tries again. Whoever asks for its end gets it.
import type { ActiveRun } from '../resources/generated/types.ts'
import { type RunRecord, runRecordOf } from '../resources/run-record.ts'
import { actions } from './actions.ts'
import { activeSituation } from './active-situation.ts'
import { attemptState, missingJob } from './attempt.ts'
import { awaitRetry } from './await-retry.ts'
import { type Control, controlOf, skippedTick } from './control.ts'
import { endAttempt } from './end-attempt.ts'
import { deletionOf } from './leftovers.ts'
import type { ObservedJob } from './observed.ts'
import type { Actions, Plan, Step } from './plan.ts'
import { tickTime } from './start-run.ts'
import type { Subject } from './subject.ts'
import type { Told } from './told.ts'

export function followRun(subject: Subject, active: ActiveRun): Plan {
  const { seen, now, resource } = subject
  const control = controlOf(subject, active)
  if (active.retryTime !== undefined) return awaitRetry(subject, active, control)
  const { jobName = '' } = active
  const { answers } = seen
  const observed =
    seen.jobs.find(({ job }) => job.metadata.name === jobName) ??
    (answers.job?.name === jobName ? answers.job.found : undefined)
  if (!observed && answers.job?.name !== jobName) return { ask: { type: 'job', name: jobName } }
  const record = observed && runRecordOf(observed.job)
  const run = observed ? syncedWith(active, record) : active
  const deletedBecause = control.endBecause ?? deletedBySomebody(observed)
  const context = {
    runId: run.id,
    now,
    activeDeadlineSeconds: resource.spec.activeDeadlineSeconds,
    ...(deletedBecause ? { deletedBecause } : {}),
  }
  if (!observed) return endAttempt(subject, { run, ending: missingJob(context), record, control, after: [] })
  const state = attemptState(observed, context)
  if (state.state === 'ended') {
    const after = state.isLeftBehind ? deletionOf(observed) : []
    return endAttempt(subject, { run, ending: state.ending, record, control, after })
  }
  return keepGoing(subject, { run, observed, control, told: state.told, until: state.until })
}

interface Going {
  readonly run: ActiveRun
  readonly observed: ObservedJob
  readonly control: Control
  readonly told: Told | undefined
  readonly until: Date | undefined
}

function keepGoing(subject: Subject, { run, observed, control, told, until }: Going): Actions {
  const { metadata } = observed.job
  const isDoomed = control.endBecause !== undefined && metadata.deletionTimestamp === undefined
  const after: Step[] = isDoomed
    ? [{ type: 'deleteJob', name: metadata.name, uid: metadata.uid, propagation: 'Foreground' }]
    : []
  const skipped = control.endBecause ? { changes: {}, events: [] } : skippedTick(subject)
  return actions(subject, {
    changes: { ...control.changes, ...skipped.changes, activeRun: run },
    situation: activeSituation(subject, run, told),
    events: [...control.events, ...skipped.events],
    after,
    wake: [until, tickTime(subject)],
  })
}

function deletedBySomebody(observed: ObservedJob | undefined): Control['endBecause'] {
  if (observed?.job.metadata.deletionTimestamp === undefined) return undefined
  return { reason: 'JobDeleted', message: 'somebody deleted the Job of this run' }
}

/** The Job is what runs: where a status was written from an older look, the Job is right. */
function syncedWith(run: ActiveRun, record: RunRecord | undefined): ActiveRun {
  if (!record || record.id !== run.id) return run
  const { startTime, generation, trigger, failures } = record
  return { ...run, startTime, generation, trigger, failures }
}
