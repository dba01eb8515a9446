// What layouts Namespace and Directory share: which files are managed, which change, and `_catalog.json` beside them.
import { sha256Hex } from '../../lib/hash.ts'
import { canonicalJson } from '../canonical.ts'
import { type Catalog, targetInvalid } from '../catalog.ts'
import type { Envelope } from '../document.ts'
import { mergeEnvelopes, sameEnvelope } from '../envelope.ts'
import { CATALOG_FILE, sourceEnvelope } from '../source-envelope.ts'
import { catalogContent, type Line, linesOf } from './lines.ts'
import { digestOfFiles, measured, type Rendered, type RenderedFile, type RenderInput } from './rendered.ts'

/** A managed file as it shall be. */
export interface FolderFile {
  /** Below the target's path. */
  readonly path: string
  readonly lines: readonly Line[]
  content(envelope: Envelope): Iterable<Uint8Array>
}

/** Undefined when nothing changes. Throws TargetInvalid where a file that is not ours stands in the way, TargetTooLarge. */
export function renderFolder(
  input: RenderInput,
  filesOf: (lines: readonly Line[]) => readonly FolderFile[],
): Rendered | undefined {
  const { catalog, accepted, merge, path: root, room } = input
  const source = sourceEnvelope(accepted.envelopes, 'upstream')
  const envelope = mergeEnvelopes(catalog.envelope, source, { ...merge, format: 'upstream' })
  const writes: RenderedFile[] = []
  const digests = new Map<string, string>()
  const write = (path: string, content: Iterable<Uint8Array>) => {
    const full = `${root}/${path}`
    if (catalog.unmanaged.has(full)) throw targetInvalid(full, 'another file stands where this run has to write')
    digests.set(path, measured(full, content, room))
    writes.push({ path: full, content })
  }

  for (const file of filesOf(linesOf(input))) {
    const there = catalog.files.get(`${root}/${file.path}`)
    if (there && !isChanged(file, catalog, `${root}/${file.path}`)) digests.set(file.path, sha256Hex(there.bytes))
    else write(file.path, file.content(envelope))
  }
  const catalogThere = catalog.files.get(`${root}/${CATALOG_FILE}`)
  if (catalogThere && catalog.envelope && sameEnvelope(envelope, catalog.envelope, 'upstream'))
    digests.set(CATALOG_FILE, sha256Hex(catalogThere.bytes))
  else if (saysMore(envelope)) write(CATALOG_FILE, catalogContent(envelope, []))

  for (const path of catalog.files.keys()) {
    if (!digests.has(path.slice(root.length + 1))) writes.push({ path, content: undefined })
  }
  return writes.length === 0 ? undefined : { digest: digestOfFiles(digests), writes }
}

/** The digest of what stands there now; null when nothing does. */
export function folderDigest(catalog: Catalog, root: string): string | null {
  if (catalog.files.size === 0) return null
  const digests = [...catalog.files].map(
    ([path, { bytes }]) => [path.slice(root.length + 1), sha256Hex(bytes)] as const,
  )
  return digestOfFiles(new Map(digests))
}

/** A file changes when it holds a new line, or no longer holds all that it held. */
function isChanged({ lines }: FolderFile, catalog: Catalog, path: string): boolean {
  return lines.some(({ kept }) => kept?.file !== path) || lines.length !== (catalog.counts.get(path) ?? 0)
}

/** An envelope with nothing but a default version and a date needs no file of its own. */
function saysMore({ top, data }: Envelope): boolean {
  const { version = '1.0.0', meta, ...rest } = top
  const { last_updated: _date, ...metaRest } =
    typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? meta : {}
  return canonicalJson([version, rest, metaRest, data]) !== canonicalJson(['1.0.0', {}, {}, {}])
}
