// The target as an index: identity to fingerprint and byte range, never a tree of objects (design section 4, "Memory").
import { Failure } from '../lib/failure.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import { newestDateOf } from './dates.ts'
import type { Envelope, Format, RawEntry, Section, SourceDocument, SourceFile } from './document.ts'
import { marksOf, withMeta, writeEntry, writtenEntry } from './entry.ts'
import type { Limits } from './limits.ts'
import { identityKey, type Mergeable } from './merge.ts'
import { jsonDocument } from './parse/json-document.ts'
import { recordParts } from './parse/record.ts'

/** An entry that the target has. */
export interface CatalogEntry extends Mergeable {
  /** ToolHive form only. */
  readonly section?: Section
  readonly newestDate: string | undefined
  /** Path of the file that holds it, and its place there. */
  readonly file: string
  readonly start: number
  readonly end: number
  /** The text already has the bytes that we would write. */
  readonly isWritten: boolean
}

export interface Catalog {
  readonly entries: ReadonlyMap<string, CatalogEntry>
  readonly envelope: Envelope | undefined
  /** The files that the layout manages, by their whole path. */
  readonly files: ReadonlyMap<string, SourceFile>
  /** How many entries each managed file holds. */
  readonly counts: ReadonlyMap<string, number>
  /** Paths of files below the target's path that the layout did not write: never touched, listed. */
  readonly unmanaged: ReadonlySet<string>
}

export const EMPTY_CATALOG: Catalog = {
  entries: new Map(),
  envelope: undefined,
  files: new Map(),
  counts: new Map(),
  unmanaged: new Set(),
}

type EntryOf = (raw: RawEntry, file: SourceFile) => CatalogEntry | undefined

/** How the entries of a format become entries of an index. */
export interface FileIndexOptions {
  readonly limits: Limits
  readonly format: Format
  /** Undefined for an entry without identity. */
  readonly entryOf: EntryOf
}

/** Indexes a target of one file. Throws Failure TargetInvalid with the place of the first thing that is not ours to replace. */
export function indexFile(file: SourceFile, { limits, format, entryOf }: FileIndexOptions): Catalog {
  const document = jsonDocument(file, limits)
  const problem = document.issues.find(issue => issue.severity === 'error')
  if (problem) throw targetInvalid(placeOf(file.path, problem), problem.message)
  if (document.format !== format)
    throw targetInvalid(file.path, `it is in format ${document.format}, and this run writes ${format}`)

  const entries = new Map<string, CatalogEntry>()
  for (const raw of document.entries()) {
    const where = () => placeOf(file.path, raw.locate(''))
    const finding = raw.findings.find(({ severity }) => severity === 'error')
    if (finding) throw targetInvalid(placeOf(file.path, finding), finding.message)
    const entry = entryOf(raw, file)
    if (!entry) throw targetInvalid(where(), 'this entry has no name or no version')
    addEntry(entries, entry, where)
  }
  return {
    ...EMPTY_CATALOG,
    entries,
    envelope: document.envelope,
    files: new Map([[file.path, file]]),
    counts: new Map([[file.path, entries.size]]),
  }
}

export interface FolderIndexOptions {
  readonly limits: Limits
  /** Path of the file that holds the envelope. */
  readonly catalogFile: string
  readonly entryOf: EntryOf
  /** True when the layout gives this path to a file of these entries. */
  isManaged(path: string, entries: readonly CatalogEntry[]): boolean
}

/** Indexes a target of many files. A file that the layout did not write is never touched, and listed. Throws TargetInvalid. */
export function indexFolder(files: readonly SourceFile[], options: FolderIndexOptions): Catalog {
  const entries = new Map<string, CatalogEntry>()
  const managed = new Map<string, SourceFile>()
  const counts = new Map<string, number>()
  const unmanaged = new Set<string>()
  let envelope: Envelope | undefined
  for (const file of files) {
    const document = jsonDocument(file, options.limits)
    const found = document.format === 'upstream' ? entriesOf(document, file, options.entryOf) : undefined
    const isCatalogFile = file.path === options.catalogFile && found?.length === 0
    if (!found || !(isCatalogFile || options.isManaged(file.path, found))) {
      unmanaged.add(file.path)
      continue
    }
    for (const entry of found) addEntry(entries, entry, () => file.path)
    if (isCatalogFile) envelope = document.envelope
    else envelope ??= document.envelope
    managed.set(file.path, file)
    counts.set(file.path, found.length)
  }
  return { entries, envelope, files: managed, counts, unmanaged }
}

/** Undefined when one of them is no entry. */
function entriesOf(document: SourceDocument, file: SourceFile, entryOf: EntryOf): CatalogEntry[] | undefined {
  const found: CatalogEntry[] = []
  for (const raw of document.entries()) {
    const entry = raw.findings.some(({ severity }) => severity === 'error') ? undefined : entryOf(raw, file)
    if (!entry) return undefined
    found.push(entry)
  }
  return document.issues.some(({ severity }) => severity === 'error') ? undefined : found
}

function addEntry(entries: Map<string, CatalogEntry>, entry: CatalogEntry, where: () => string): void {
  if (entries.has(entry.identity))
    throw targetInvalid(where(), `${entry.name} ${entry.version} stands here for the second time`)
  entries.set(entry.identity, entry)
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

/** An entry of an upstream catalog; undefined when it has no identity. */
export function upstreamEntry(raw: RawEntry, { path, bytes }: SourceFile): CatalogEntry | undefined {
  if (!isJsonObject(raw.value) || !raw.range) return undefined
  const document = withMeta(raw.value, raw.meta)
  const name = own(document, 'name')
  const version = own(document, 'version')
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  const { start, end } = raw.range
  const { text, fingerprint } = writtenEntry(document)
  return {
    identity: identityKey(name, version),
    name,
    version,
    fingerprint,
    marks: marksOf(document),
    newestDate: newestDateOf(document),
    file: path,
    start,
    end,
    isWritten: bytes.toString('utf8', start, end) === text,
  }
}

/** The bytes of an entry as they stand in the target. */
export function catalogBytes(catalog: Catalog, entry: CatalogEntry): Buffer {
  const file = catalog.files.get(entry.file)
  if (!file) throw new RangeError(`the catalog has no file ${entry.file}`)
  return file.bytes.subarray(entry.start, entry.end)
}

function placeOf(path: string, at: { readonly line?: number; readonly column?: number } | undefined): string {
  return at?.line === undefined ? path : `${path}:${at.line}:${at.column ?? 1}`
}

/** The failure for a target that we must not write over. */
export function targetInvalid(where: string, problem: string): Failure {
  return new Failure(
    'TargetInvalid',
    'definite',
    `the target ${where} is not a catalog that we may write over: ${problem}`,
    {
      hint: 'mend or remove it yourself',
    },
  )
}
