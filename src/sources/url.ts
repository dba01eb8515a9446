// Source url: one document on a web server, in local mode also a file. Its revision is the digest of the decoded bytes.
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Format } from '../entries/document.ts'
import { Failure } from '../lib/failure.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { UrlSourceRequest } from '../resources/request.ts'
import { wholeBody } from './http/body.ts'
import { type HttpAccess, parseUrl, withHttp } from './http/client.ts'
import { type Access, digestRevision, type OpenSource, oneDocument } from './source.ts'

/** Reads the document. Throws PathNotFound, LimitExceeded, and whatever the client throws. */
export async function openUrlSource(
  source: UrlSourceRequest,
  format: Format | undefined,
  access: Access,
): Promise<OpenSource> {
  const url = parseUrl(source.url)
  const bytes = url.protocol === 'file:' ? await readLocalFile(url, access) : await readRemote(source, url, access)
  return {
    revision: digestRevision(sha256Hex(bytes)),
    documents: () => oneDocument({ path: nameOf(url), bytes }, format, access),
  }
}

async function readRemote(source: UrlSourceRequest, url: URL, access: HttpAccess): Promise<Buffer> {
  const { content } = await withHttp(source, access, http => http.get(url, { read: wholeBody }))
  return content ?? Buffer.alloc(0)
}

/** The bytes of a file URL. Throws HostDenied outside local mode, PathNotFound, LimitExceeded. */
export async function readLocalFile(
  url: URL,
  { hosts, limits }: Pick<HttpAccess, 'hosts' | 'limits'>,
): Promise<Buffer> {
  hosts.checkUrl(url, { credentials: false })
  const path = localPath(url)
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new Failure('PathNotFound', 'definite', `${url.href} is no file on this machine`)
  if (found.size > limits.fileBytes) {
    const message = `${url.href} has ${found.size} bytes, the limit for one file is ${limits.fileBytes}`
    throw new Failure('LimitExceeded', 'definite', message)
  }
  return await readFile(path)
}

function localPath(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw new Failure('UrlInvalid', 'definite', `${url.href} is no address of a file`, { hint: 'write file:///path' })
  }
}

/** What issues call the document: its address, without a query, which may carry a token. */
function nameOf(url: URL): string {
  return url.protocol === 'file:' ? url.href : `${url.origin}${url.pathname}`
}
