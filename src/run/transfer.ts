// One run: one request in, at most one commit out. Top to bottom, this is the arrow of the design.
import type { Catalog } from '../entries/catalog.ts'
import { counted } from '../entries/counted.ts'
import { merge } from '../entries/merge.ts'
import { planDiff } from '../entries/plan-diff.ts'
import { pruneNotes } from '../entries/prune-note.ts'
import type { EntryDecision } from '../entries/render/rendered.ts'
import { unmanagedNotes } from '../entries/unmanaged-note.ts'
import { amount } from '../lib/amount.ts'
import type { Clock } from '../lib/clock.ts'
import { Failure, onSide } from '../lib/failure.ts'
import type { RunRequest } from '../resources/request.ts'
import type { RunResult } from '../resources/result.ts'
import { openSource } from '../sources/open.ts'
import type { Access, OpenSource } from '../sources/source.ts'
import {
  alreadyCommitted,
  committed,
  nothingMatched,
  planned,
  type RunFrame,
  refuseInvalid,
  unchanged,
  validated,
} from './conclude.ts'
import type { MessageInput } from './message.ts'
import { openTarget, signerOf } from './open-target.ts'
import type { Report } from './report.ts'
import { prepareStages } from './stages.ts'
import { targetShape } from './target.ts'

/** A branch that moves faster than this many merges is somebody else's problem to slow down. */
const MAX_PUSHES = 8
const LONGEST_PAUSE = 30_000

/** Throws Failure for everything that stops the run; `report` then holds what was seen until there. */
export async function transfer(request: RunRequest, access: Access, report: Report): Promise<RunResult> {
  const { clock } = access
  const tell = access.progress ?? (() => {})
  const sign = await signerOf(request.target, access)
  tell('fetching source and target')
  const [source, target] = await together(
    access.transfers.add(() => onSide('source', openedSource(request, access, report))),
    access.transfers.add(() => onSide('target', openTarget(request.target, access, { report, sign }))),
  )
  const frame = (): RunFrame => ({
    request,
    sourceRevision: source.revision,
    report,
    completionTime: clock.now(),
    engine: access.git.name,
  })
  const { form, format, path } = targetShape(request.target)
  const documents = counted(source.documents(), n => tell(`reading the source: ${entriesOf(n)}`))
  const [prepared] = await together(prepareStages(documents, request, report), target?.fetchFiles(form))
  const accepted = target ? form.project(prepared, request.policy, report) : prepared
  refuseInvalid(report, accepted.entries.length, request)
  if (!target) return validated(frame(), prepared)

  let begin = clock.elapsed()
  for (let push = 1; ; push++) {
    tell('looking for an earlier attempt')
    const done = await target.findRun(request)
    if (done) return alreadyCommitted(frame(), done)
    if (push > MAX_PUSHES) throw movedTooOften()

    tell(`merging ${entriesOf(accepted.entries.length)} into the target`)
    const catalog = await target.catalog(form)
    const { rejectedAllBy } = prepared
    if (rejectedAllBy !== undefined) {
      const digest = form.digest(catalog, path)
      return nothingMatched(frame(), { revision: target.revision, digest, rejectedAllBy })
    }
    const decisions = merge(accepted.entries, catalog.entries, { ...request.merge, keep: accepted.invalidIdentities })
    const notes = [...pruneNotes(decisions, accepted, request.merge), ...unmanagedNotes(catalog, path)]
    report.decided(decisions, notes)
    if (request.mode === 'Plan') report.plan = planDiff({ ...request, format, catalog, accepted, decisions })
    refuseMerge(decisions, catalog, request)

    const rendered = form.render({ ...request, path, catalog, accepted, decisions, room: target.room })
    if (!rendered) return unchanged(frame(), target.revision, form.digest(catalog, path))
    if (request.mode === 'Plan') return planned(frame(), target.revision, rendered.digest)

    tell(push === 1 ? 'committing and pushing' : `committing and pushing, try ${push} of ${MAX_PUSHES}`)
    const pushed = await target.push(rendered, factsOf(frame(), source.revision, rendered.digest), clock.now())
    if (pushed === 'accepted') return committed(frame(), target.revision, rendered.digest)

    // Somebody else was faster: merge again on what they wrote.
    if (push < MAX_PUSHES) await clock.sleep(backoff(push, clock.elapsed() - begin, clock), access.signal)
    begin = clock.elapsed()
    await target.refresh()
  }
}

/** Noted at once: a target that can't be opened shall not hide what the source was. */
async function openedSource(request: RunRequest, access: Access, report: Report): Promise<OpenSource> {
  const source = await openSource(request, access)
  report.sourceRevision = source.revision
  return source
}

function movedTooOften(): Failure {
  const sentence = `the branch moved ${MAX_PUSHES} times while this run merged`
  return new Failure('ConflictRetriesExhausted', 'conflict', sentence, {
    hint: 'run it again when fewer others write to the branch',
  })
}

/** Both, side by side; when one fails the other still ends first, because both work in the run's scratch folder. */
async function together<A, B>(first: Promise<A>, second: Promise<B> | undefined): Promise<[A, B | undefined]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

/** Throws MergeConflict, WouldEmptyTarget. */
function refuseMerge(
  decisions: readonly EntryDecision[],
  catalog: Catalog,
  { merge, target, resource }: RunRequest,
): void {
  const conflicts = decisions.filter(decision => decision.outcome === 'conflict')
  if (conflicts.length > 0 && merge.onConflict === 'Fail') {
    const names = conflicts.slice(0, 3).map(decision => `${decision.target.name} ${decision.target.version}`)
    const differing = conflicts.length === 1 ? '1 entry differs' : `${conflicts.length} entries differ`
    throw new Failure(
      'MergeConflict',
      'definite',
      `${differing} from the target's, and merge.onConflict is Fail: ${names.join(', ')}`,
    )
  }
  const emptied = catalog.entries.size > 0 && decisions.every(decision => decision.outcome === 'removed')
  if (emptied && !merge.allowEmpty) {
    throw new Failure(
      'WouldEmptyTarget',
      'definite',
      `this run would remove ${catalog.entries.size === 1 ? 'the only entry' : `all ${catalog.entries.size} entries`} of the target`,
      { hint: `${emptying(target, resource)} if that is meant` },
    )
  }
}

function entriesOf(count: number): string {
  return amount(count, 'entry', 'entries')
}

/** Where the resource says that its target may become empty. */
function emptying(target: RunRequest['target'], { kind }: RunRequest['resource']): string {
  if (target.type !== 'git') return 'delete the ConfigMap'
  return kind === 'MCPRegistry' ? 'set spec.allowEmpty' : 'set merge.allowEmpty'
}

/** What a commit says of the run. */
function factsOf(frame: RunFrame, sourceRevision: string, digest: string): MessageInput {
  const counts = frame.report.counts()
  const outcome = counts.invalid > 0 ? 'PartiallyCompleted' : 'Completed'
  return { request: frame.request, sourceRevision, counts, outcome, digest, outcomes: frame.report.outcomes() }
}

/**
 * Full jitter over four to sixteen times what the merge took. Were it a fixed time, ten runs that start together would
 * stay in step on a slow server or machine, and one of them would lose every time.
 */
function backoff(push: number, merging: number, clock: Clock): number {
  return clock.random() * Math.min(LONGEST_PAUSE, merging * Math.min(16, 2 * 2 ** push))
}
