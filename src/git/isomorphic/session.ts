// A session: one remote, checked before any byte is sent, with its HTTP client. Git over https only, http where it is allowed.
import { Failure } from '../../lib/failure.ts'
import { redactor } from '../../lib/redact.ts'
import { checkCredentials, refusalOf, secretsOf } from '../authorization.ts'
import type { GitRemote } from '../engine.ts'
import type { RemoteContext } from '../remote-context.ts'
import { checkRepositoryUrl } from '../repository-url.ts'
import { GitHttp, type Proxies } from './http.ts'

export interface Session extends RemoteContext {
  readonly http: GitHttp
  readonly signal: AbortSignal
}

export interface SessionOptions {
  /** Plain http, without credentials. */
  readonly allowHttp: boolean
  readonly proxies: Proxies
  readonly signal: AbortSignal
}

/** Throws UrlInvalid, HostDenied, InsecureCredentials, SecretInvalid, GitMissing. */
export function openSession(remote: GitRemote, options: SessionOptions): Session {
  // What is allowed in general is judged first, so that a bad URL is a bad URL on every engine.
  const url = checkRepositoryUrl(remote.url, { allowFile: true, allowHttp: options.allowHttp })
  if (url.protocol === 'ssh:' || url.protocol === 'file:') throw needsGit(url)
  if (remote.userConfig === true)
    throw new Failure('GitMissing', 'definite', 'only the git program can use your own git credentials', {
      hint: 'install git and choose --git-engine native, or name a Secret in authSecret',
    })
  const credentials = remote.credentials ?? {}
  checkCredentials(url, credentials)
  const context: RemoteContext = {
    url,
    redact: redactor([...secretsOf(credentials), ...passwordsIn(options.proxies)]),
    refusal: refusalOf(credentials, false),
  }
  const { proxies, signal } = options
  return { ...context, signal, http: new GitHttp({ context, remote, proxies, signal }) }
}

/** One clear failure for what the embedded engine cannot reach. */
function needsGit(url: URL): Failure {
  const scheme = url.protocol.slice(0, -1)
  return new Failure('GitMissing', 'definite', `the embedded git engine does not speak ${scheme}, only https`, {
    hint: `use an https URL, or install git${scheme === 'ssh' ? ' and an OpenSSH client' : ''} and choose --git-engine native`,
  })
}

function passwordsIn({ http, https }: Proxies): string[] {
  return [http, https].flatMap(proxy => /^(?:[a-z0-9]+:\/\/)?[^:@]*:(.+)@[^@]*$/i.exec(proxy)?.[1] ?? [])
}
