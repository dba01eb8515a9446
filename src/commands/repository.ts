// A repository named on the command line: a URL, or a folder of this machine that is one.
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '../lib/failure.ts'
import { repositoryUrlFault } from '../lib/repository-url.ts'

/** How a URL begins. */
export const URL_START = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** Its URL. Throws UrlInvalid, and RepositoryNotFound for what is neither a URL nor a folder. */
export async function repositoryAddress(text: string, cwd: string): Promise<string> {
  if (URL_START.test(text)) {
    const fault = repositoryUrlFault(text)
    if (fault === undefined) return text
    throw new Failure('UrlInvalid', 'definite', `the address of the repository ${fault}`, {
      hint: 'with --use-git-credentials your own git and ssh configuration answer for it',
    })
  }
  if (await isRepository(text, cwd)) return pathToFileURL(resolve(cwd, text)).href
  throw new Failure('RepositoryNotFound', 'definite', `${text} is neither the URL of a repository nor a folder`, {
    hint: 'a repository behind ssh is written ssh://user@host/path',
  })
}

/** True of a URL, whatever is behind it, and of a folder of this machine. */
export async function isRepository(text: string, cwd: string): Promise<boolean> {
  if (URL_START.test(text)) return true
  const found = await stat(resolve(cwd, text)).catch(() => undefined)
  return found?.isDirectory() ?? false
}
