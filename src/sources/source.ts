// A source, opened: documents at one revision. One kind of source a file; all give the same.

import type PQueue from 'p-queue'
import type { SourceDocument } from '../entries/document.ts'
import type { Limits } from '../entries/limits.ts'
import type { GitEngine } from '../git/engine.ts'
import type { SecretStore } from '../lib/secrets.ts'

/** What sources and targets may use of the world, passed in by whoever starts the run. */
export interface Access {
  readonly git: GitEngine
  readonly secrets: SecretStore
  /** The user's own git credentials may answer (`--use-git-credentials`). */
  readonly userConfig: boolean
  readonly limits: Limits
  /** How many network transfers may go on at once. */
  readonly transfers: PQueue
  /** An empty folder of this run's own; removed by whoever made it. */
  readonly scratch: string
  readonly signal: AbortSignal
  /** Hears what goes on, for people who wait. */
  readonly progress?: (step: string) => void
}

export interface OpenSource {
  /** `main@sha1:<commit>` for git, `sha256:<digest>` otherwise. */
  readonly revision: string
  /** One file after the other, in byte order of their paths; each is released before the next is read. */
  documents(): AsyncIterable<SourceDocument>
}
