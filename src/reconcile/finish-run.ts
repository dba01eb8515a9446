// The end of a run: its entry in status and history, what it leaves for the next look, its report, its export.
import { Failure } from '../lib/failure.ts'
import type { JsonValue } from '../lib/json.ts'
import { readExportBlock } from '../resources/export-block.ts'
import { exportedConfigMap } from '../resources/exported-config-map.ts'
import type { ActiveRun, Artifact, RunEntry, RunIssue } from '../resources/generated/types.ts'
import type { RunRecord } from '../resources/run-record.ts'
import { actions } from './actions.ts'
import type { Ending } from './attempt.ts'
import { isSuccess, withRun } from './history.ts'
import { ownedMetadata } from './job.ts'
import type { Actions, PlannedEvent, Step } from './plan.ts'
import { reportConfigMap } from './report.ts'
import type { StatusChanges } from './status.ts'
import type { Subject } from './subject.ts'
import type { WorkerResult } from './worker-result.ts'

export interface Finished {
  readonly run: ActiveRun
  readonly ending: Ending
  /** Of a run that failed; left out where a retry was left, and something newer came first. */
  readonly class?: NonNullable<RunEntry['class']>
  /** Undefined when the Job is gone. */
  readonly record: RunRecord | undefined
  /** Lines of the worker; undefined when they are gone or were not asked for. */
  readonly log?: readonly string[]
  /** Steps of the end itself: a Job that is left behind. */
  readonly after?: readonly Step[]
  /** Acted on with the end: a cancel request. */
  readonly changes?: StatusChanges
  readonly wake?: readonly (Date | undefined)[]
}

export function finishRun(subject: Subject, finished: Finished): Actions {
  const { status, resource } = subject
  const report = reportOf(subject, finished)
  const entry = { ...entryOf(finished), ...report.ref }
  const { history = [] } = status
  const isNoted = finished.record?.onlyTargetMoved === true && entry.outcome === 'Unchanged'
  const next = isNoted ? history : withRun(history, entry, resource.spec.historyLimit)
  const lastSuccessfulRun = isSuccess(entry) ? entry : status.lastSuccessfulRun
  const [previous] = history
  return actions(subject, {
    before: [...exportStep(finished), ...report.steps, ...shorten(previous, entry)],
    changes: {
      ...finished.changes,
      activeRun: undefined,
      lastRun: entry,
      lastSuccessfulRun,
      history: [...next],
      observed: observedAfter(subject, finished),
      ...(resource.kind === 'MCPRegistry' ? artifactAfter(finished) : {}),
    },
    situation: resource.spec.suspend === true ? { type: 'suspended', isActive: false } : { type: 'idle' },
    events: isNoted ? report.events : [...report.events, eventOf(entry)],
    after: [...(finished.after ?? []), { type: 'releaseSlot' }],
    // The next plan starts from what this one wrote.
    wake: [...(finished.wake ?? []), subject.now],
  })
}

/** A pod's clock has whole seconds, ours has not: a run never ends before it starts. */
function entryOf({ run, ending, record, class: failureClass }: Finished): RunEntry {
  const { result } = ending
  const completionTime = Date.parse(ending.endTime) < Date.parse(run.startTime) ? run.startTime : ending.endTime
  return {
    id: run.id,
    generation: run.generation,
    trigger: run.trigger,
    startTime: run.startTime,
    completionTime,
    attempts: run.attempt,
    outcome: outcomeOf(ending),
    ...(failureClass ? { class: failureClass } : {}),
    reason: ending.reason,
    message: ending.message,
    ...(record ? { requestHash: result?.requestHash ?? record.requestHash } : {}),
    ...(result ? resultParts(result) : {}),
  }
}

function outcomeOf({ class: endingClass, result }: Ending): RunEntry['outcome'] {
  if (endingClass === 'cancelled') return 'Cancelled'
  return endingClass === 'done' && result ? result.outcome : 'Failed'
}

function resultParts(result: WorkerResult): Partial<RunEntry> {
  const { sourceRevision, targetRevision, branch, repository, digest, counts, issues } = result
  const target = {
    ...(targetRevision === undefined ? {} : { revision: targetRevision }),
    ...(branch === undefined ? {} : { branch }),
    ...(repository === undefined ? {} : { repository }),
  }
  return {
    ...(sourceRevision === undefined ? {} : { source: { revision: sourceRevision } }),
    ...(Object.keys(target).length === 0 ? {} : { target }),
    ...(digest === undefined ? {} : { digest }),
    ...(counts ? { counts } : {}),
    // Whatever a worker says there is cut to the schema with the rest of the status.
    ...(issues.length === 0 ? {} : { issues: issues as readonly JsonValue[] as unknown as readonly RunIssue[] }),
  }
}

/** What the next tick is compared with. Plans and cancelled runs leave it as it was. */
function observedAfter({ status }: Subject, { run, ending, record }: Finished): StatusChanges['observed'] {
  const before = status.observed ?? {}
  const outcome = outcomeOf(ending)
  if (!record || outcome === 'Planned' || outcome === 'Cancelled') return before
  const { result } = ending
  const { probe = {} } = record
  const isGood = outcome !== 'Failed'
  const sourceRevision = result?.sourceRevision ?? (isGood ? undefined : probe.revision)
  const targetHead = commitOf(result?.targetRevision) ?? (isGood ? undefined : probe.targetHead)
  const isFullRead = isGood && sourceRevision?.startsWith('sha256:')
  return {
    requestHash: result?.requestHash ?? record.requestHash,
    ...(sourceRevision === undefined ? {} : { sourceRevision }),
    ...(targetHead === undefined ? {} : { targetHead }),
    ...validators(sourceRevision, probe, before),
    ...(isFullRead ? { fullReadTime: run.startTime } : {}),
    dependencies: record.dependencies,
  }
}

type Validated = { readonly etag?: string; readonly lastModified?: string }

/** Validators belong to a revision: those of the probe, or those that were known, when it is that revision. */
function validators(
  revision: string | undefined,
  probe: Validated & { readonly revision?: string },
  before: Validated & { readonly sourceRevision?: string },
): Validated {
  if (revision === undefined) return {}
  const from = probe.revision === revision ? probe : before.sourceRevision === revision ? before : {}
  const { etag, lastModified } = from
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) }
}

/** Of `main@sha1:<commit>`. */
function commitOf(revision: string | undefined): string | undefined {
  return /(?:^|@)sha1:([0-9a-f]{40})$/.exec(revision ?? '')?.[1]
}

/** Of a sync that read its source to the end; any other leaves the last one's. */
function artifactAfter({ ending, record }: Finished): StatusChanges {
  const { result } = ending
  if (ending.class !== 'done' || !result || result.reason === 'FilterMatchesNothing') return {}
  const { digest, counts, sourceRevision, targetRevision } = result
  const place = record?.place ?? {}
  const revision = place.layout ? targetRevision : sourceRevision
  if (digest === undefined || revision === undefined) return {}
  const servers = counts && counts.added + counts.updated + counts.unchanged + counts.conflicts + counts.stale
  const artifact: Artifact = { ...place, revision, digest, ...(servers === undefined ? {} : { servers }) }
  return { artifact, ...(servers === undefined ? {} : { servers }) }
}

interface Reported {
  readonly ref: Pick<RunEntry, 'reportRef'>
  readonly steps: readonly Step[]
  readonly events: readonly PlannedEvent[]
}

/** The report is worth less than the end of the run: one that is lost or refused leaves the reference empty. */
function reportOf(subject: Subject, { run, ending, log }: Finished): Reported {
  const name = `${run.id}-report`
  // The worker of a cancelled run is ended, and its log goes with its Job: that is no loss.
  if (!ending.result || ending.class === 'cancelled') {
    // Written by a controller that ended before it could say so, and before somebody deleted the Job.
    const steps: Step[] = ending.class === 'cancelled' ? [{ type: 'deleteReport', name }] : []
    return { ref: {}, steps, events: [] }
  }
  const { refused } = subject.seen.answers
  const configMap = log && reportConfigMap(ownedMetadata(subject, name, run), log)
  if (log && !configMap) return { ref: {}, steps: [], events: [] }
  if (configMap && refused?.step !== 'writeReport') {
    return { ref: { reportRef: name }, steps: [{ type: 'writeReport', configMap }], events: [] }
  }
  const why = configMap ? `the cluster refused it (${refused?.reason})` : 'the log of its worker is gone'
  const message = `the report of run ${run.id} is lost: ${why}`
  return {
    ref: { reportRef: '' },
    steps: [],
    events: [{ severity: 'Warning', reason: 'ReportLost', message, run: run.id }],
  }
}

/** One that is deleted in the same plan is shortened first, which is nothing lost. */
function shorten(previous: RunEntry | undefined, entry: RunEntry): Step[] {
  const { reportRef: name = '' } = previous ?? {}
  return name === '' || name === entry.reportRef ? [] : [{ type: 'shortenReport', name }]
}

/** True for a run whose result has still to be put into a ConfigMap. */
export function hasExport({ ending, record }: Pick<Finished, 'ending' | 'record'>): boolean {
  const { result } = ending
  const isWritten = result?.outcome === 'Completed' || result?.outcome === 'PartiallyCompleted'
  return record?.exportTo !== undefined && isWritten && result.reason !== 'FilterMatchesNothing'
}

/** Why the export of a run can't be written, or undefined. */
export function exportFault({ ending, log }: Pick<Finished, 'ending' | 'log'>): Failure | undefined {
  try {
    readExportBlock(log ?? [], ending.result?.digest ?? '')
    return undefined
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

function exportStep(finished: Finished): Step[] {
  const { ending, record, log = [] } = finished
  if (!record?.exportTo || !hasExport(finished) || ending.class !== 'done') return []
  const content = readExportBlock(log, ending.result?.digest ?? '')
  return [{ type: 'writeExport', configMap: exportedConfigMap(record.exportTo, content, undefined) }]
}

function eventOf({ id, outcome, reason = outcome, message = '' }: RunEntry): PlannedEvent {
  const severity = outcome === 'Failed' ? 'Warning' : 'Normal'
  return { severity, reason, message: `run ${id} ended ${outcome}: ${message}`, run: id }
}
