// The target as an index: identity to fingerprint and byte range, never a tree of objects (design section 4, "Memory").
import { Failure } from '../lib/failure.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import { newestDateOf } from './dates.ts'
import type { Envelope, RawEntry, SourceFile } from './document.ts'
import { fingerprintOf, marksOf, withMeta, writeEntry } from './entry.ts'
import type { Limits } from './limits.ts'
import { identityKey, type Mergeable } from './merge.ts'
import { jsonDocument } from './parse/json-document.ts'
import { recordParts } from './parse/record.ts'

/** An entry that the target has. */
export interface CatalogEntry extends Mergeable {
  readonly newestDate: string | undefined
  /** Place of its text in the file. */
  readonly start: number
  readonly end: number
  /** The text already has the bytes that we would write. */
  readonly isWritten: boolean
}

export interface Catalog {
  readonly entries: ReadonlyMap<string, CatalogEntry>
  readonly envelope: Envelope | undefined
  /** Undefined when the file does not exist yet. */
  readonly file: SourceFile | undefined
}

export const EMPTY_CATALOG: Catalog = { entries: new Map(), envelope: undefined, file: undefined }

/** Indexes an upstream catalog file. Throws Failure TargetInvalid: what we can't read we never write over. */
export function indexCatalog(file: SourceFile, limits: Limits): Catalog {
  const document = jsonDocument(file, limits)
  const problem = document.issues.find(issue => issue.severity === 'error')
  if (problem) throw targetInvalid(placeOf(file.path, problem), problem.message)
  if (document.format !== 'upstream')
    throw targetInvalid(file.path, 'it is in ToolHive format, and this run writes upstream format')

  const entries = new Map<string, CatalogEntry>()
  for (const raw of document.entries()) {
    const where = () => placeOf(file.path, raw.locate(''))
    const finding = raw.findings.find(({ severity }) => severity === 'error')
    if (finding) throw targetInvalid(placeOf(file.path, finding), finding.message)
    const entry = catalogEntry(raw, file.bytes)
    if (!entry) throw targetInvalid(where(), 'this entry has no name or no version')
    const key = identityKey(entry.name, entry.version)
    if (entries.has(key)) throw targetInvalid(where(), `${entry.name} ${entry.version} stands here for the second time`)
    entries.set(key, entry)
  }
  return { entries, envelope: document.envelope, file }
}

/** The bytes that we write for an entry of the target: its own where they are already written so. */
export function catalogText(catalog: Catalog, entry: CatalogEntry): Buffer {
  const bytes = catalogBytes(catalog, entry)
  return entry.isWritten ? bytes : Buffer.from(writeEntry(catalogDocument(catalog, entry)))
}

/** An entry of the target as a document, with its `_meta` inside. */
export function catalogDocument(catalog: Catalog, entry: CatalogEntry): JsonObject {
  const { value, meta } = recordParts(JSON.parse(catalogBytes(catalog, entry).toString('utf8')) as JsonValue)
  return withMeta(isJsonObject(value) ? value : {}, meta)
}

function catalogEntry(raw: RawEntry, bytes: Buffer): CatalogEntry | undefined {
  if (!isJsonObject(raw.value) || !raw.range) return undefined
  const document = withMeta(raw.value, raw.meta)
  const name = own(document, 'name')
  const version = own(document, 'version')
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  const { start, end } = raw.range
  const isWritten = bytes.toString('utf8', start, end) === writeEntry(document)
  return {
    name,
    version,
    fingerprint: fingerprintOf(document),
    marks: marksOf(document),
    newestDate: newestDateOf(document),
    start,
    end,
    isWritten,
  }
}

function catalogBytes(catalog: Catalog, entry: CatalogEntry): Buffer {
  if (!catalog.file) throw new RangeError('an empty catalog has no entries')
  return catalog.file.bytes.subarray(entry.start, entry.end)
}

function placeOf(path: string, at: { readonly line?: number; readonly column?: number } | undefined): string {
  return at?.line === undefined ? path : `${path}:${at.line}:${at.column ?? 1}`
}

function targetInvalid(where: string, problem: string): Failure {
  return new Failure(
    'TargetInvalid',
    'definite',
    `the target ${where} is not a catalog that we may write over: ${problem}`,
    {
      hint: 'mend or remove the file by a commit of your own',
    },
  )
}
