// What a planned run would change, as `rollbook diff` tells it between the target before and after (design, section 4.8).
import type { JsonValue } from '../lib/json.ts'
import type { FormatName } from '../resources/request.ts'
import { catalogBytes, catalogDocument } from './catalog.ts'
import { type Diff, type Difference, diffOf, fieldChanges } from './diff.ts'
import { updatedLine } from './render/lines.ts'
import type { EntryDecision, RenderInput } from './render/rendered.ts'

/** A report holds 2 MiB; so does this. */
const MOST_BYTES = 2 * 1024 * 1024

export interface PlanInput extends Pick<RenderInput, 'catalog' | 'accepted' | 'startTime'> {
  readonly format: FormatName
  readonly decisions: readonly EntryDecision[]
}

export function planDiff(input: PlanInput): Diff {
  return diffOf(
    input.decisions.map(decision => differenceOf(decision, input)),
    MOST_BYTES,
  )
}

function differenceOf(decision: EntryDecision, input: PlanInput): Difference {
  const { name, version, identity } = 'target' in decision ? decision.target : decision.source
  // A ToolHive entry is known by its key, and has no version.
  const entry = input.format === 'toolhive' ? { name: identity, version: '' } : { name, version }
  const { outcome } = decision
  if (outcome === 'updated') return { ...entry, outcome, changes: () => changesOf(decision, input) }
  return { ...entry, outcome: outcome === 'added' || outcome === 'removed' ? outcome : 'unchanged' }
}

function changesOf(
  { source, target }: Extract<EntryDecision, { outcome: 'updated' }>,
  { catalog, accepted, startTime, format }: PlanInput,
) {
  return format === 'toolhive'
    ? fieldChanges(parsed(catalogBytes(catalog, target)), parsed(accepted.spool.read(source.text)))
    : fieldChanges(
        catalogDocument(catalog, target),
        parsed(updatedLine(source, target, { accepted, startTime }).text()),
      )
}

function parsed(bytes: Buffer): JsonValue {
  return JSON.parse(bytes.toString('utf8')) as JsonValue
}
