// Where a run writes: a branch or a ConfigMap. What transfer asks of either, and which one a request means.
import type { Catalog } from '../entries/catalog.ts'
import type { Rendered, Room } from '../entries/render/rendered.ts'
import { type TargetForm, targetForm } from '../entries/target-form.ts'
import type { FormatName, RunRequest, TargetRequest } from '../resources/request.ts'
import { configMapAddress } from '../resources/source-address.ts'
import type { MessageInput } from './message.ts'
import type { RunTrailers } from './trailers.ts'

/** A commit of this run that is already in the target's history. */
export interface FoundRun {
  readonly revision: string
  readonly trailers: RunTrailers
}

/** Opened; everything but `refresh` speaks of the state that the last look saw. */
export interface Target {
  /** Of what stands there, after a push of what was written; null when nothing does. */
  readonly revision: string | null
  /** How large a file may be here. */
  readonly room: Room
  /** Looks again. */
  refresh(): Promise<void>
  /** Brings what `catalog` will read, while the source is read. Judges nothing: `catalog` does. */
  fetchFiles(form: TargetForm): Promise<void>
  /** What an earlier attempt of this run wrote, where the target remembers runs. */
  findRun(request: RunRequest): Promise<FoundRun | undefined>
  /** What stands at the path now. Throws TargetInvalid when that is nothing we may write over. */
  catalog(form: TargetForm): Promise<Catalog>
  /** Writes, and says why where the target remembers that. 'moved' when somebody else was faster. */
  push(rendered: Rendered, facts: MessageInput, time: Date): Promise<'accepted' | 'moved'>
}

/** How the entries are written, and under which path. */
export interface TargetShape {
  readonly form: TargetForm
  readonly format: FormatName
  readonly path: string
}

/** A key of a ConfigMap is a file of layout File; what is written nowhere has the form in which entries are compared. */
export function targetShape(target: TargetRequest): TargetShape {
  switch (target.type) {
    case 'git':
      return { form: targetForm(target), format: target.format, path: target.path }
    case 'configmap':
      return { form: fileForm(target.format), format: target.format, path: configMapAddress(target) }
    case 'none':
      return { form: fileForm('upstream'), format: 'upstream', path: '' }
    default:
      return target satisfies never
  }
}

function fileForm(format: FormatName): TargetForm {
  return targetForm({ format, layout: 'File' })
}
