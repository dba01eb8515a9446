// A run with a beginning and an end: its scratch folder, its deadline, and a result whatever happens.
import { Failure } from '../lib/failure.ts'
import { openScratch, removeScratch } from '../lib/scratch.ts'
import type { RunRequest } from '../resources/request.ts'
import type { RunResult } from '../resources/result.ts'
import type { Access } from '../sources/source.ts'
import { failed } from './conclude.ts'
import { Report } from './report.ts'
import { transfer } from './transfer.ts'

/** Access without what a run makes for itself. */
export interface RunEnvironment extends Omit<Access, 'scratch'> {
  /** Where scratch folders are made. */
  readonly temporary: string
  /** A run ends itself so many milliseconds before its deadline, or at half of it when that is later. 0 when nobody else ends it. */
  readonly endsEarlyBy: number
}

export interface ExecutedRun {
  readonly result: RunResult
  readonly report: Report
  /** What stopped it; undefined when it ended well. */
  readonly failure: Failure | undefined
}

/** Runs to a result. Throws only for defects of ours. */
export async function execute(request: RunRequest, environment: RunEnvironment): Promise<ExecutedRun> {
  const report = new Report()
  const deadline = new AbortController()
  const allowed = allowedTime(request, environment)
  const timer = setTimeout(() => deadline.abort(deadlineExceeded(request, allowed)), allowed).unref()
  const signal = AbortSignal.any([environment.signal, deadline.signal])
  const scratch = await openScratch(environment.temporary, 'run')
  try {
    const result = await transfer(request, { ...environment, scratch, signal }, report)
    return { result, report, failure: undefined }
  } catch (error) {
    const failure = failureOf(error, signal)
    if (!failure) throw error
    const { clock, git } = environment
    const { sourceRevision } = report
    const frame = { request, sourceRevision, report, completionTime: clock.now(), engine: git.name }
    return { result: failed(frame, failure), report, failure }
  } finally {
    clearTimeout(timer)
    await removeScratch(scratch)
  }
}

/** Whatever was thrown after the signal fired was thrown because of it. */
function failureOf(error: unknown, signal: AbortSignal): Failure | undefined {
  if (signal.aborted && signal.reason instanceof Failure) return signal.reason
  return error instanceof Failure ? error : undefined
}

function allowedTime({ activeDeadlineSeconds }: RunRequest, { endsEarlyBy }: RunEnvironment): number {
  const whole = activeDeadlineSeconds * 1000
  return Math.max(whole - endsEarlyBy, whole / 2)
}

function deadlineExceeded({ activeDeadlineSeconds }: RunRequest, allowed: number): Failure {
  const given = `activeDeadlineSeconds (${activeDeadlineSeconds})`
  const isWhole = allowed === activeDeadlineSeconds * 1000
  return new Failure(
    'DeadlineExceeded',
    'transient',
    `the run did not end within ${isWhole ? given : `the ${allowed / 1000} s that ${given} gives it before its pod is ended`}`,
    {
      hint: 'raise spec.activeDeadlineSeconds, or read less',
    },
  )
}
