// The form of a target by its format and layout: how its files are indexed, entries brought into it, and files written.
import { sha256Hex } from '../lib/hash.ts'
import type { FormatName, LayoutName, PolicyRequest } from '../resources/request.ts'
import type { Catalog } from './catalog.ts'
import type { SourceFile } from './document.ts'
import type { Limits } from './limits.ts'
import type { Accepted, Outcomes } from './prepare.ts'
import { projectToolhive } from './project-toolhive.ts'
import { indexDirectory, renderDirectory } from './render/directory.ts'
import { folderDigest } from './render/folder.ts'
import { indexNamespaces, renderNamespaces } from './render/namespace.ts'
import type { Rendered, RenderInput } from './render/rendered.ts'
import { indexToolhiveFile, renderToolhiveFile } from './render/toolhive-file.ts'
import { indexUpstreamFile, renderUpstreamFile } from './render/upstream-file.ts'
import { leftBehind } from './source-envelope.ts'

export interface TargetForm {
  /** True for the files, at or below the target's path, that the index has to see. */
  concerns(path: string, root: string): boolean
  /** Accepted entries as this form merges them; entries that it can't hold get their outcome, what stood around them a note. */
  project(accepted: Accepted, policy: PolicyRequest, outcomes: Outcomes): Accepted
  /** Throws TargetInvalid. */
  index(files: readonly SourceFile[], limits: Limits, root: string): Catalog
  /** Undefined when nothing changes. Throws TargetTooLarge, TargetInvalid. */
  render(input: RenderInput): Rendered | undefined
  /** Digest of what stands there now, 64 hex digits; null when nothing does. */
  digest(catalog: Catalog, root: string): string | null
}

const isPath = (path: string, root: string) => path === root
const isJsonBelow = (path: string, root: string) => path.startsWith(`${root}/`) && path.endsWith('.json')

function upstreamAccepted(accepted: Accepted, _policy: PolicyRequest, outcomes: Outcomes): Accepted {
  outcomes.document(leftBehind(accepted.envelopes, 'upstream'))
  return accepted
}

function toolhiveAccepted(accepted: Accepted, policy: PolicyRequest, outcomes: Outcomes): Accepted {
  outcomes.document(leftBehind(accepted.envelopes, 'toolhive'))
  return projectToolhive(accepted, policy, outcomes)
}

const UPSTREAM: Readonly<Record<LayoutName, TargetForm>> = {
  File: {
    concerns: isPath,
    project: upstreamAccepted,
    index: indexUpstreamFile,
    render: renderUpstreamFile,
    digest: fileDigest,
  },
  Namespace: {
    concerns: isJsonBelow,
    project: upstreamAccepted,
    index: indexNamespaces,
    render: renderNamespaces,
    digest: folderDigest,
  },
  Directory: {
    concerns: isJsonBelow,
    project: upstreamAccepted,
    index: indexDirectory,
    render: renderDirectory,
    digest: folderDigest,
  },
}

const TOOLHIVE: TargetForm = {
  concerns: isPath,
  project: toolhiveAccepted,
  index: indexToolhiveFile,
  render: renderToolhiveFile,
  digest: fileDigest,
}

/** ToolHive's format has layout File only; admission refuses the others. */
export function targetForm({
  format,
  layout,
}: {
  readonly format: FormatName
  readonly layout: LayoutName
}): TargetForm {
  return format === 'toolhive' ? TOOLHIVE : UPSTREAM[layout]
}

function fileDigest(catalog: Catalog, root: string): string | null {
  const file = catalog.files.get(root)
  return file ? sha256Hex(file.bytes) : null
}
