// A repository named on the command line: a URL, or a folder of this machine that is one.
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '../lib/failure.ts'
import { repositoryUrlFault } from '../lib/repository-url.ts'

/** Its URL. Throws UrlInvalid, and RepositoryNotFound for what is neither a URL nor a folder. */
export async function repositoryAddress(text: string, cwd: string): Promise<string> {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    const fault = repositoryUrlFault(text)
    if (fault !== undefined) throw new Failure('UrlInvalid', 'definite', `the address of the repository ${fault}`)
    return text
  }
  const folder = resolve(cwd, text)
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory()) return pathToFileURL(folder).href
  throw new Failure('RepositoryNotFound', 'definite', `${text} is neither the URL of a repository nor a folder`, {
    hint: 'a repository behind ssh is written ssh://user@host/path',
  })
}
