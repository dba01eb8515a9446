// The laws that every status obeys (kinds.md, "Status"; the checker of fluxcd/pkg): called on every status that any test
// writes. A law that is broken is a sentence.
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { isSuccess } from '../../src/reconcile/history.ts'
import type { Status } from '../../src/reconcile/subject.ts'
import { CONDITION_REASONS } from '../../src/resources/condition-reasons.ts'
import type { Condition, RunEntry } from '../../src/resources/generated/types.ts'
import { definitionOf, type RollbookResource } from '../../src/resources/kinds.ts'
import { checkValue } from '../../src/resources/schema-check.ts'

/** Text that must be nowhere in a status: tests plant it in Secrets. */
export const CANARY = 'canary-4f1c9a'

const MOST_HISTORY = 64 * 1024
const MOST_STATUS = 128 * 1024

/** Violations of the status of a resource; `previous` is the status before, when there was one. */
export function checkStatusLaws(resource: RollbookResource, previous?: Status): string[] {
  const status = (resource.status ?? {}) as Status
  const law = new Laws(resource, status)
  law.schema()
  law.conditions()
  law.runs()
  law.history()
  law.sizes()
  if (previous) law.transition(previous)
  return law.broken
}

class Laws {
  readonly broken: string[] = []
  private readonly resource: RollbookResource
  private readonly status: Status

  constructor(resource: RollbookResource, status: Status) {
    this.resource = resource
    this.status = status
  }

  private hold(isHeld: boolean, sentence: string): void {
    if (!isHeld) this.broken.push(`${this.resource.kind} ${this.resource.metadata.name}: ${sentence}`)
  }

  schema(): void {
    const schema = definitionOf(this.resource.kind).schema.properties?.['status'] ?? {}
    const value = JSON.parse(JSON.stringify(this.status)) as JsonValue
    for (const { path, message } of checkValue(schema, value)) this.hold(false, `status.${path.join('.')} ${message}`)
  }

  conditions(): void {
    const { generation = 0 } = this.resource.metadata
    const { observedGeneration = -1, conditions = [] } = this.status
    const isJob = this.resource.kind !== 'MCPRegistry'
    const types = ['Ready', 'Reconciling', 'Stalled', ...(isJob ? ['Succeeded'] : [])]
    this.hold(String(conditions.map(({ type }) => type)) === String(types), `conditions are ${types.join(', ')}`)
    this.hold(observedGeneration <= generation, 'observedGeneration is not above generation')
    for (const { type, observedGeneration: seen, reason, message } of conditions) {
      this.hold(seen === observedGeneration, `${type} has the observedGeneration of the status`)
      this.hold(CONDITION_REASONS.includes(reason), `the reason ${reason} of ${type} is in the closed list`)
      this.hold(message !== '', `${type} has a message`)
    }
    const [ready, reconciling, stalled] = types.map(type => this.condition(type)?.status)
    this.hold(ready !== 'True' || (reconciling === 'False' && stalled === 'False'), 'Ready True excludes the other two')
    this.hold(reconciling !== 'True' || stalled !== 'True', 'Reconciling and Stalled are never both True')
    this.hold(ready !== 'Unknown' || reconciling === 'True', 'Ready Unknown means Reconciling True')
    this.reconcilingOnlyWhereItMay()
  }

  /** Only until the first run of a generation has ended, or while a failed run is retried. */
  private reconcilingOnlyWhereItMay(): void {
    if (this.condition('Reconciling')?.status !== 'True') return
    const isRetried = this.status.activeRun?.lastFailure !== undefined
    this.hold(isRetried || !this.isSettled(), 'a later run leaves Reconciling alone')
  }

  private isSettled(): boolean {
    const { lastRun } = this.status
    const { uid, generation } = this.resource.metadata
    if (this.resource.kind === 'MCPRegistrySyncJob') return lastRun?.trigger?.token === `${uid}/${generation}`
    return lastRun?.generation === generation
  }

  runs(): void {
    const { activeRun, lastRun, lastSuccessfulRun, phase } = this.status
    if (activeRun) {
      const isWaiting = activeRun.retryTime !== undefined
      this.hold(isWaiting === (activeRun.jobName === undefined), 'a run has a Job or waits for its next attempt')
      this.hold(
        ['Running', 'Syncing', 'Scheduled'].includes(phase ?? ''),
        `a run is under way, and the phase is ${phase}`,
      )
      this.hold(activeRun.id !== lastRun?.id, 'the run under way is not the last finished one')
      const succeeded = this.condition('Succeeded')
      this.hold(!succeeded || succeeded.status === 'Unknown', 'Succeeded is Unknown while a run is under way')
    }
    if (lastSuccessfulRun) this.hold(isSuccess(lastSuccessfulRun), 'the last successful run succeeded')
    this.ready()
  }

  /** Ready is False after a failure, and True only after a run that did not fail. */
  private ready(): void {
    const { lastRun, activeRun } = this.status
    const ready = this.condition('Ready')
    if (ready?.status === 'True') {
      this.hold(
        this.isSettled() && lastRun?.outcome !== 'Failed',
        'Ready True needs a run of this generation that did not fail',
      )
    }
    this.hold(ready?.status !== 'True' || this.status.phase !== 'Failed', 'Ready True excludes the phase Failed')
    const isOver = this.isSettled() && lastRun?.outcome === 'Failed' && !activeRun
    if (isOver) this.hold(ready?.status === 'False', 'Ready is False after a failure')
  }

  history(): void {
    const { history = [], lastSuccessfulRun } = this.status
    const limit = this.resource.spec.historyLimit
    this.hold(history.length <= limit, `history has at most ${limit} entries`)
    const ids = history.map(({ id }) => id)
    this.hold(new Set(ids).size === ids.length, 'each run is in history once')
    this.hold(bytesOf(history as unknown as JsonValue) <= MOST_HISTORY + 2, 'history is at most 64 KiB')
    if (lastSuccessfulRun) this.hold(history.some(isSuccess), 'the last success is never dropped')
    for (const [index, entry] of history.entries()) {
      this.entry(entry)
      const before = history[index + 1]
      if (before) this.hold(!isRepeat(before, entry), 'adjacent repeats without a commit are one entry')
    }
  }

  private entry({
    id,
    reason,
    startTime = '',
    completionTime = '',
    outcome,
    message,
    class: failureClass,
    counts,
  }: RunEntry): void {
    this.hold(CONDITION_REASONS.includes(reason ?? ''), `the reason ${reason} of run ${id} is in the closed list`)
    this.hold(Date.parse(startTime) <= Date.parse(completionTime), `run ${id} ends after its start`)
    const isLeft = message?.includes('; not tried again because ') === true
    const hasClass = outcome === 'Failed' && !isLeft
    this.hold(hasClass === (failureClass !== undefined), `run ${id} has a class when it failed with no retry left`)
    if (!counts) return
    const { total, invalid, filtered, conflicts, added, updated, unchanged } = counts
    this.hold(total === invalid + filtered + conflicts + added + updated + unchanged, `the counts of run ${id} add up`)
  }

  sizes(): void {
    const text = JSON.stringify(this.status)
    this.hold(Buffer.byteLength(text) <= MOST_STATUS, 'the status is at most 128 KiB')
    this.hold(!text.includes(CANARY), 'no secret is in the status')
  }

  transition(previous: Status): void {
    const { observedGeneration = -1, conditions = [], lastRun } = this.status
    this.hold(observedGeneration >= (previous.observedGeneration ?? -1), 'observedGeneration never goes back')
    for (const { type, status, lastTransitionTime } of conditions) {
      const before = previous.conditions?.find(condition => condition.type === type)
      if (before?.status === status) {
        this.hold(
          before.lastTransitionTime === lastTransitionTime,
          `lastTransitionTime of ${type} changes with its status only`,
        )
      }
    }
    if (previous.lastRun) this.hold(lastRun !== undefined, 'a last run is never forgotten')
    if (lastRun && lastRun.id !== previous.lastRun?.id) this.finished(lastRun)
  }

  /** What ends Unchanged may leave no entry, and with room for one entry the last success has it. */
  private finished(run: RunEntry): void {
    const [newest] = this.status.history ?? []
    const isExcused = run.outcome === 'Unchanged' || this.resource.spec.historyLimit === 1
    this.hold(isExcused || newest?.id === run.id, 'the last run is the newest of history')
  }

  private condition(type: string): Condition | undefined {
    return this.status.conditions?.find(condition => condition.type === type)
  }
}

function isRepeat(one: RunEntry, other: RunEntry): boolean {
  const hasCommit =
    ['Completed', 'Cancelled'].includes(one.outcome) ||
    (one.outcome === 'PartiallyCompleted' && one.reason !== 'FilterMatchesNothing')
  return !hasCommit && one.outcome === other.outcome && one.reason === other.reason && one.digest === other.digest
}

function bytesOf(value: JsonValue | JsonObject): number {
  return Buffer.byteLength(JSON.stringify(value))
}
