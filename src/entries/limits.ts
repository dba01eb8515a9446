// Limits on what a run reads (design section 4, "Memory"; docs/limits.md). Install settings may lower them; they travel in the request.

export interface Limits {
  readonly fileBytes: number
  readonly totalBytes: number
  readonly files: number
  readonly entryBytes: number
  /** Entries of one file and of all files together: a file of commas would otherwise fill the memory. */
  readonly entries: number
  /** What stands around the entries of one file. */
  readonly envelopeBytes: number
  readonly yamlBytes: number
  readonly depth: number
  /** A rendered file beyond this is refused: git hosts reject blobs over 100 MB. */
  readonly renderedBytes: number
}

const MIB = 1024 * 1024

export const DEFAULT_LIMITS: Limits = {
  fileBytes: 256 * MIB,
  totalBytes: 1024 * MIB,
  files: 200_000,
  entryBytes: MIB,
  entries: 500_000,
  envelopeBytes: 16 * MIB,
  yamlBytes: 8 * MIB,
  depth: 64,
  renderedBytes: 95 * MIB,
}
