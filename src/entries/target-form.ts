// The form of a target by its format and layout: how its files are indexed, entries brought into it, and files written.
import type { FormatName, LayoutName, PolicyRequest } from '../resources/request.ts'
import { type Catalog, indexUpstreamFile } from './catalog.ts'
import type { SourceFile } from './document.ts'
import type { Limits } from './limits.ts'
import type { Accepted, Outcomes } from './prepare.ts'
import { projectToolhive } from './project-toolhive.ts'
import type { RenderedFile, RenderInput } from './render/rendered.ts'
import { indexToolhiveFile, renderToolhiveFile } from './render/toolhive-file.ts'
import { renderUpstreamFile } from './render/upstream-file.ts'
import { leftBehind } from './source-envelope.ts'

export interface TargetForm {
  /** Accepted entries as this form merges them; entries that it can't hold get their outcome, what stood around them a note. */
  project(accepted: Accepted, policy: PolicyRequest, outcomes: Outcomes): Accepted
  /** Throws TargetInvalid. */
  index(file: SourceFile, limits: Limits): Catalog
  /** Undefined when nothing changes. Throws TargetTooLarge. */
  render(input: RenderInput): RenderedFile | undefined
}

const UPSTREAM_FILE: TargetForm = {
  project(accepted, _policy, outcomes) {
    outcomes.document(leftBehind(accepted.envelopes, 'upstream'))
    return accepted
  },
  index: indexUpstreamFile,
  render: renderUpstreamFile,
}
const TOOLHIVE_FILE: TargetForm = {
  project(accepted, policy, outcomes) {
    outcomes.document(leftBehind(accepted.envelopes, 'toolhive'))
    return projectToolhive(accepted, policy, outcomes)
  },
  index: indexToolhiveFile,
  render: renderToolhiveFile,
}

/** Layouts Directory and Namespace are refused where the request is made. */
export function targetForm({ format }: { readonly format: FormatName; readonly layout: LayoutName }): TargetForm {
  return format === 'toolhive' ? TOOLHIVE_FILE : UPSTREAM_FILE
}
