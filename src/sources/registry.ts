// Source registry: the list of an API of the official form (v0.1), page by page; each page is a document. All pages are
// on disk before the first entry is looked at, so that half a registry is never taken for the whole.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Format, SourceDocument } from '../entries/document.ts'
import { readDocuments } from '../entries/parse/documents.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex, sha256Raw } from '../lib/hash.ts'
import type { RegistrySourceRequest } from '../resources/request.ts'
import { wholeBody } from './http/body.ts'
import { type HttpClient, withHttp } from './http/client.ts'
import { listUrl } from './registry/list-url.ts'
import { type ListPage, listPage } from './registry/page.ts'
import { type Access, digestRevision, type OpenSource } from './source.ts'

/** Throws SourceInvalid for a list that breaks off, LimitExceeded, and whatever the client throws. */
export async function openRegistrySource(
  source: RegistrySourceRequest,
  format: Format | undefined,
  access: Access,
): Promise<OpenSource> {
  const directory = join(access.scratch, 'source')
  await mkdir(directory)
  const names: string[] = []
  const digests: string[] = []
  await withHttp(source, access, async http => {
    for await (const { name, bytes, list } of pagesOf(source, http, access)) {
      if (list) for (const record of list.records) digests.push(sha256Raw(JSON.stringify(record)))
      else digests.push(sha256Raw(bytes))
      if (list?.records.length === 0) continue
      await writeFile(join(directory, name), bytes)
      names.push(name)
    }
  })
  return {
    revision: digestRevision(digestOf(digests)),
    documents: () => documentsOf(directory, names, { format, access }),
  }
}

/**
 * The digest of a registry is that of its records: where one page ends, in which order they come and what the cursors
 * are called says nothing of the content, and differs between two reads of a busy registry.
 */
function digestOf(records: readonly string[]): string {
  return sha256Hex([...new Set(records)].sort().join('\n'))
}

async function* documentsOf(
  directory: string,
  names: readonly string[],
  { format, access }: { readonly format: Format | undefined; readonly access: Access },
): AsyncIterable<SourceDocument> {
  for (const path of names) {
    access.signal.throwIfAborted()
    const bytes = await readFile(join(directory, path))
    yield* readDocuments({ path, bytes }, { limits: access.limits, format })
  }
}

interface Page {
  /** `page-3`: what issues call it. */
  readonly name: string
  readonly bytes: Buffer
  /** Undefined: one document of another form, such as ToolHive's registry.json, which some servers answer. */
  readonly list: ListPage | undefined
}

async function* pagesOf(source: RegistrySourceRequest, http: HttpClient, access: Access): AsyncIterable<Page> {
  const { limits } = access
  const { host } = new URL(source.url)
  const cursors = new Set<string>()
  let cursor: string | undefined
  let includeDeleted = true
  let totalBytes = 0
  for (let number = 1; number <= limits.files; number++) {
    let bytes = await readPage(http, listUrl(source.url, { cursor, includeDeleted }), includeDeleted && number === 1)
    if (!bytes) {
      includeDeleted = false
      bytes = await readPage(http, listUrl(source.url, { cursor, includeDeleted }), false)
    }
    const page = { name: `page-${number}`, bytes: bytes ?? Buffer.alloc(0), list: bytes && listPage(bytes) }
    if (!page.list && number > 1) throw brokenOff(page, host, access)
    totalBytes += page.bytes.length
    if (totalBytes > limits.totalBytes)
      throw limitExceeded(`the pages of ${host} have over ${limits.totalBytes} bytes together`)
    yield page

    cursor = page.list?.nextCursor
    if (cursor === undefined) return
    if (cursors.has(cursor))
      throw new Failure('SourceInvalid', 'definite', `${host} leads in a circle: ${page.name} names a cursor again`)
    cursors.add(cursor)
  }
  throw limitExceeded(`${host} has more than ${limits.files} pages, the limit for files of a source`)
}

/** Undefined when the server refuses the parameters and `mayRefuse`: older servers know no include_deleted. */
async function readPage(http: HttpClient, url: URL, mayRefuse: boolean): Promise<Buffer | undefined> {
  const { content } = await http.get(url, { read: wholeBody, expect: mayRefuse ? [400, 422] : [] })
  return content
}

function brokenOff({ name, bytes }: Page, host: string, { limits }: Access): Failure {
  const [document] = readDocuments({ path: name, bytes }, { limits, format: undefined })
  const [issue] = document?.issues ?? []
  const why = issue ? `: ${issue.message}` : ''
  return new Failure('SourceInvalid', 'definite', `${name} of ${host} is no list of servers${why}`)
}

function limitExceeded(message: string): Failure {
  return new Failure('LimitExceeded', 'definite', message, { hint: 'name a smaller registry' })
}
