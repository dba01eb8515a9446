// Runs documents through the front half of a run, and tells what became of every entry.
import { DEFAULT_LIMITS } from '../../src/entries/limits.ts'
import { readDocuments } from '../../src/entries/parse/documents.ts'
import { type Accepted, type PreparePolicy, prepare } from '../../src/entries/prepare.ts'
import type { Issue } from '../../src/lib/issue.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FilterRequest, PolicyRequest, ValidationRequest } from '../../src/resources/request.ts'
import { policyRequest } from '../../src/resources/request-parts.ts'
import type { EntryOutcome } from '../../src/resources/result.ts'

export interface Prepared {
  readonly accepted: Accepted
  /** The accepted entries as they go on. */
  readonly documents: readonly JsonObject[]
  readonly outcomes: readonly EntryOutcome[]
  /** `name@version reason` of those that don't go on. */
  readonly reasons: readonly string[]
  /** Of accepted entries and of others. */
  readonly issues: readonly Issue[]
}

export interface PrepareChoices {
  readonly policy?: Partial<PolicyRequest>
  readonly filter?: Partial<FilterRequest>
  readonly validation?: ValidationRequest
}

export async function prepared(text: string, choices: PrepareChoices = {}): Promise<Prepared> {
  const outcomes: EntryOutcome[] = []
  const policy: PreparePolicy = {
    judge: { ...policyRequest(undefined), ...choices.policy },
    filter: { versions: 'all', ...choices.filter },
    validation: choices.validation,
  }
  const file = { path: 'registry.json', bytes: Buffer.from(text) }
  async function* read() {
    yield* readDocuments(file, { limits: DEFAULT_LIMITS, format: undefined })
  }
  const told = { entry: (outcome: EntryOutcome) => outcomes.push(outcome), document: () => {} }
  const accepted = await prepare(read(), policy, told)
  return {
    accepted,
    documents: accepted.entries.map(entry => JSON.parse(accepted.spool.read(entry.text).toString()) as JsonObject),
    outcomes,
    reasons: outcomes.map(({ name, version, reason }) => `${name}@${version} ${reason}`),
    issues: [...accepted.entries, ...outcomes].flatMap(({ issues }) => issues),
  }
}
