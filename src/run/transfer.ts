// One run: one request in, at most one commit out. Top to bottom, this is the arrow of the design.
import type { Catalog } from '../entries/catalog.ts'
import { merge } from '../entries/merge.ts'
import { prepare } from '../entries/prepare.ts'
import type { EntryDecision } from '../entries/render/rendered.ts'
import { targetForm } from '../entries/target-form.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { RunRequest } from '../resources/request.ts'
import type { RunResult } from '../resources/result.ts'
import { openSource } from '../sources/open.ts'
import type { Access } from '../sources/source.ts'
import type { Clock } from './clock.ts'
import {
  alreadyCommitted,
  committed,
  nothingMatched,
  planned,
  type RunFrame,
  refuseInvalid,
  unchanged,
} from './conclude.ts'
import { GitTarget } from './git-target.ts'
import { commitMessage } from './message.ts'
import type { Report } from './report.ts'

/** A branch that moves faster than this many merges is somebody else's problem to slow down. */
const MAX_PUSHES = 8

/** Throws Failure for everything that stops the run; `report` then holds what was seen until there. */
export async function transfer(request: RunRequest, access: Access, clock: Clock, report: Report): Promise<RunResult> {
  const [source, target] = await together(
    access.transfers.add(() => openSource(request, access)),
    access.transfers.add(() => GitTarget.open(request.target, access)),
  )
  const frame = (): RunFrame => ({ request, sourceRevision: source.revision, report, completionTime: clock.now() })
  const form = targetForm(request.target)
  const prepared = await prepare(
    source.documents(),
    { judge: request.policy, filter: request.filter, validation: request.validation },
    report,
  )
  const accepted = form.project(prepared, request.policy, report)
  refuseInvalid(report, request)

  for (let push = 1; push <= MAX_PUSHES; push++) {
    const done = await target.findRun(request)
    if (done) return alreadyCommitted(frame(), done)

    const catalog = await target.catalog(form)
    const { rejectedAllBy } = prepared
    if (rejectedAllBy !== undefined)
      return nothingMatched(frame(), { revision: target.revision, digest: digestOf(catalog), rejectedAllBy })
    const decisions = merge(accepted.entries, catalog.entries, { ...request.merge, keep: accepted.invalidIdentities })
    report.decided(decisions)
    refuseMerge(decisions, catalog, request)

    const file = form.render({
      ...request,
      ...request.target,
      catalog,
      accepted,
      decisions,
      limits: access.limits,
    })
    if (!file) return unchanged(frame(), target.revision, digestOf(catalog))
    if (request.mode === 'Plan') return planned(frame(), target.revision, file.digest)

    const pushed = await target.push(file, messageOf(frame(), source.revision, file.digest), clock.now())
    if (pushed === 'accepted') return committed(frame(), target.revision, file.digest)

    // Somebody else was faster: merge again on what they wrote.
    await clock.sleep(backoff(push, clock), access.signal)
    await target.refresh()
  }
  throw new Failure(
    'ConflictRetriesExhausted',
    'conflict',
    `the branch moved ${MAX_PUSHES} times while this run merged`,
    {
      hint: 'run it again when fewer others write to the branch',
    },
  )
}

/** Both, side by side; when one fails the other still ends first, because both work in the run's scratch folder. */
async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

/** Throws MergeConflict, WouldEmptyTarget. */
function refuseMerge(decisions: readonly EntryDecision[], catalog: Catalog, { merge }: RunRequest): void {
  const conflicts = decisions.filter(decision => decision.outcome === 'conflict')
  if (conflicts.length > 0 && merge.onConflict === 'Fail') {
    const names = conflicts.slice(0, 3).map(decision => `${decision.target.name} ${decision.target.version}`)
    throw new Failure(
      'MergeConflict',
      'definite',
      `${conflicts.length} entries differ from the target's, and merge.onConflict is Fail: ${names.join(', ')}`,
    )
  }
  const emptied = catalog.entries.size > 0 && decisions.every(decision => decision.outcome === 'removed')
  if (emptied && !merge.allowEmpty) {
    throw new Failure(
      'WouldEmptyTarget',
      'definite',
      `this run would remove all ${catalog.entries.size} entries of the target`,
      {
        hint: 'set merge.allowEmpty if that is meant',
      },
    )
  }
}

function messageOf(frame: RunFrame, sourceRevision: string, digest: string): string {
  const counts = frame.report.counts()
  const outcome = counts.invalid > 0 ? 'PartiallyCompleted' : 'Completed'
  return commitMessage({
    request: frame.request,
    sourceRevision,
    counts,
    outcome,
    digest,
    outcomes: frame.report.outcomes(),
  })
}

function digestOf(catalog: Catalog): string | null {
  return catalog.file ? sha256Hex(catalog.file.bytes) : null
}

/** Full jitter: two runs that collide rarely collide again. */
function backoff(push: number, clock: Clock): number {
  return clock.random() * Math.min(2000, 50 * 2 ** push)
}
