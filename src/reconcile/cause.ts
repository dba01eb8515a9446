// Why a run starts (design 4.1): what is due now, without a look at the source. Ticks are decided in tick.ts.

import { cutToLength } from '../resources/fit.ts'
import type { Trigger } from '../resources/generated/types.ts'
import type { RollbookResource } from '../resources/kinds.ts'
import { RUN_REQUESTED_AT, RUN_REQUESTED_BY } from '../resources/names.ts'
import type { ProbedState } from '../resources/run-record.ts'
import { hasRun, type Subject } from './subject.ts'

export interface Cause {
  readonly trigger: Trigger
  /** What a probe saw that led to the run. */
  readonly probe?: ProbedState
  readonly onlyTargetMoved?: boolean
}

/** As long as status can echo it: a longer one would never be found handled. */
const LONGEST_TOKEN = 512
const LONGEST_NAME = 256

/** The value of the request annotation, as status echoes it; undefined when there is none. */
export function requestToken({ metadata }: Pick<RollbookResource, 'metadata'>): string | undefined {
  const token = metadata.annotations?.[RUN_REQUESTED_AT]
  return token === undefined || token === '' ? undefined : cutToLength(token, LONGEST_TOKEN)
}

/** A request that was not acted on (D11). */
export function openRequest({ resource, status }: Subject): string | undefined {
  const token = requestToken(resource)
  return token === status.lastHandledRunRequest ? undefined : token
}

/** Somebody asks for a run. Comes before a new generation, so that one run answers both. */
export function requestCause(subject: Subject): Cause | undefined {
  const token = openRequest(subject)
  if (token === undefined) return undefined
  const by = subject.resource.metadata.annotations?.[RUN_REQUESTED_BY]
  const requestedBy = by === undefined || by === '' ? {} : { requestedBy: cutToLength(by, LONGEST_NAME) }
  return { trigger: { type: 'Request', token, ...requestedBy } }
}

/** No run of this generation has ended; the generation counts as used only by a run, never by a look (D4). */
export function specCause({ status, generation }: Subject): Cause | undefined {
  return hasRun(status.lastRun, generation) ? undefined : { trigger: { type: 'Spec' } }
}
