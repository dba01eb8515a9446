// A stored resource that the API server would refuse today, since it was stored by another version of the CRD: it is told what
// is wrong, and nothing else is done with it (G6).

import { pathOfPointer, pointerOf } from '../lib/issue.ts'
import type { InstallSettings } from '../reconcile/observed.ts'
import type { Actions } from '../reconcile/plan.ts'
import { isSameStatus, nextStatus } from '../reconcile/status.ts'
import { subjectOf } from '../reconcile/subject.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import type { Problem } from '../resources/problem.ts'
import type { KnownResource } from './world.ts'

const MOST_SHOWN = 10

export function planInvalid({ resource, problems }: KnownResource, install: InstallSettings, now: Date): Actions {
  const message = sentenceOf(problems)
  const readable = { ...resource, spec: resource.spec ?? {} } as RollbookResource
  const seen = { resource: readable, jobs: [], registries: [], syncJobs: [], others: [], install, answers: {} }
  const subject = subjectOf({ ...seen, memory: { startedAt: now } }, now)
  const told = { reason: 'ManifestInvalid', message } as const
  // Nothing that a planner would read of the spec can be trusted.
  const status = nextStatus(subject, {
    situation: { type: 'held', told, isStalled: true },
    changes: { nextRunTime: undefined },
  })
  if (isSameStatus(subject.status, status)) return { steps: [] }
  const event = { severity: 'Warning', reason: told.reason, message } as const
  // The event first: a status of such an object may be refused, too.
  return {
    steps: [
      { type: 'event', event },
      { type: 'writeStatus', status },
    ],
  }
}

/** All problems, up to a length that a condition takes. */
export function sentenceOf(problems: readonly Problem[]): string {
  const shown = problems
    .slice(0, MOST_SHOWN)
    .map(({ path, message }) => `${pathOfPointer(pointerOf(...path))} ${message}`)
  const more = problems.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
