// The one table from what git, ssh and git servers say to what it means for a run, for both engines. Nothing else
// compares their message texts, except push-refusal.ts, which reads what a server answers about a ref.

import { LOOK_AT_NAME, LOOK_AT_WAY } from '../lib/connection-error.ts'
import { Failure, type FailureClass, type Reason } from '../lib/failure.ts'
import { type RemoteContext, redacted } from './remote-context.ts'

/** How a git program ended. The embedded engine tells what it meets in the same words. */
export interface GitEnd {
  readonly code: number
  readonly stderr: string
}

/** What was being done; reading and writing are refused with different words and consequences. */
export type Operation = 'read' | 'push'

interface Rule {
  readonly pattern: RegExp
  readonly reason: Reason
  readonly class: FailureClass
  /** `{host}` and `{url}` are filled in; `{detail}` is what git said last. */
  readonly sentence: string
  readonly only?: Operation
  /** Instead of the sentence for a file URL, which has neither host nor credentials. */
  readonly ofFile?: string
  /** What to look at; `{refusal}` is what to do about the credentials. */
  readonly hint?: string
}

const MAY_WRITE = 'they need the right to write there: {refusal}'

/** What the other end says of its disk; the same words without `remote` are about ours. */
const SERVER_DISK =
  /^(?:remote: |error: remote unpack failed: |unpack-objects failed: ).*(?:unable to create temporary (?:object directory|file)|insufficient permission for adding an object|No space left on device|Out of diskspace|[Dd]isk quota exceeded|Read-only file system|unable to write (?:loose|object|sha1|file|pack)|couldn't write '|Unable to create '.*\.lock': Permission denied)/m

/** First match wins: the specific before the general. */
const RULES: readonly Rule[] = [
  // Object format (F8)
  definite(
    'ObjectFormatUnsupported',
    /mismatched algorithms|unknown object format|object-format=sha256|algorithm 'sha256'/,
    '{url} uses SHA-256 object names, which are not supported: use a repository with SHA-1 object names',
  ),

  // Programs
  definite(
    'GitMissing',
    /cannot run (?:'?ssh'?|.*\/ssh): No such file|ssh: (?:command )?not found/,
    'the ssh program was not found: install an OpenSSH client (Debian: apt-get install openssh-client)',
  ),
  definite(
    'GitMissing',
    /'remote-https?' is not a git command|Unable to find remote helper for 'https?'/,
    'this git cannot speak https: install git with curl support',
  ),
  definite(
    'GitFailed',
    /No user exists for uid/,
    'ssh refuses to run because this user id has no entry in /etc/passwd: use https, or run as a user that has one',
  ),

  // Host keys (B4)
  definite(
    'HostKeyUnknown',
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    '{host} answered with another host key than known_hosts has: if the host really changed its key, put the new one into known_hosts',
  ),
  definite(
    'HostKeyUnknown',
    /Host key verification failed|No .* host key is known|Host key .* not in/,
    'known_hosts has no key for {host}: add the key that the host publishes',
  ),
  definite('HostKeyUnknown', /Unable to negotiate with/, 'ssh and {host} have no algorithm in common: {detail}'),

  // Identities and passwords (B1, B3)
  definite(
    'AuthenticationFailed',
    /incorrect passphrase supplied|bad passphrase/,
    'the passphrase does not decrypt the private key for {host}: correct key password of the Secret',
  ),
  definite(
    'AuthenticationFailed',
    /Load key .*(?:invalid format|error in libcrypto|not a key file|unsupported)/,
    'ssh cannot read the private key for {host}: give it as OpenSSH or PEM text',
  ),
  definite(
    'PushDenied',
    /marked as read only|deploy key does not have write access|not allowed to (?:push|upload) code|Write access to repository not granted|Permission to .* denied|read[- ]only (?:key|access|repository)|[Aa]ccess denied|not permitted to (?:push|write)/,
    'these credentials may read {url} but not push to it: {detail}',
    { only: 'push', hint: MAY_WRITE },
  ),
  definite(
    'AuthenticationFailed',
    /Permission denied \((?:publickey|password|keyboard|gssapi|hostbased)|Too many authentication failures/,
    '{host} refused the private key',
    { hint: '{refusal}' },
  ),
  definite(
    'AuthenticationFailed',
    /could not read (?:Username|Password) for|Authentication failed for|returned error: 401|HTTP Basic: Access denied|terminal prompts disabled/,
    '{host} refused the credentials for {url}',
    { hint: '{refusal}' },
  ),
  // Not the credentials: the server took them, and then its own files could not be written.
  definite('PushRejected', SERVER_DISK, '{url} could not store what was pushed: {detail}', {
    only: 'push',
    hint: "look at the server: is its disk full, and may its git write the repository's files",
  }),
  definite(
    'PushDenied',
    /returned error: 403|service not enabled|insufficient permission|[Pp]ermission denied|Read-only file system/,
    'pushing to {url} is not permitted with these credentials: {detail}',
    { only: 'push', hint: MAY_WRITE },
  ),
  definite(
    'AuthenticationFailed',
    /returned error: 403/,
    '{host} refuses access to {url} with these credentials (403)',
    { hint: '{refusal}' },
  ),

  // Certificates (B11)
  definite(
    'CertificateInvalid',
    /server certificate verification failed|SSL certificate problem|certificate subject name|no alternative certificate subject name|certificate has expired|unable to get local issuer certificate|self[- ]signed certificate|peer certificate/,
    'the certificate of {host} is not trusted ({detail}): put its certificate authority into key ca.crt of the Secret',
  ),
  definite(
    'CertificateInvalid',
    /error setting certificate|problem with the SSL CA cert/,
    'the certificate authority given for {host} cannot be read: give it as PEM text in key ca.crt of the Secret',
  ),

  // Not there
  {
    ...definite(
      'RepositoryNotFound',
      /returned error: (?:404|410)|repository '.*' not found|[Rr]epository not found|could not be found or you don't have|repository does not exist|does not appear to be a git repository|not found: did you run git update-server-info/,
      '{url} was not found, or these credentials may not see it',
      { hint: 'look at the address, and if the repository is private, {refusal}' },
    ),
    ofFile: '{url} was not found: there is no git repository at this path',
  },
  definite(
    'RepositoryNotFound',
    /is this a git repository\?|dumb http transport/,
    '{url} does not answer like a git repository',
  ),
  definite(
    'GitFailed',
    /detected dubious ownership/,
    '{url} belongs to another user, and git refuses to read it: run as its owner',
  ),
  definite(
    'HostDenied',
    /transport '.*' not allowed/,
    '{url} would be reached through a protocol that is not allowed here',
  ),

  // Objects
  definite(
    'GitFailed',
    /fsck error in (?:packed )?object|error: object [0-9a-f]+: \w+:/,
    "{url} holds an object that fails git's own checks: {detail}",
  ),

  // What may pass by itself (E1, E2, E3)
  transient('NetworkFailed', /returned error: 429/, '{host} asks to slow down (429)'),
  transient('NetworkFailed', /returned error: (5\d\d)/, '{host} has a problem of its own: {detail}'),
  transient(
    'NetworkFailed',
    /Could not resolve host(?:name)?|Temporary failure in name resolution|Name or service not known|nodename nor servname/,
    "the name {host} can't be resolved",
    LOOK_AT_NAME,
  ),
  definite(
    'NetworkFailed',
    /Unsupported proxy syntax/,
    'the proxy setting of this machine is not a URL: percent-encode the special characters of its password',
  ),
  transient(
    'NetworkFailed',
    /Could not resolve proxy|Received HTTP code \d+ from proxy|CONNECT tunnel failed|Proxy CONNECT aborted/,
    'the proxy on the way to {host} cannot be used: {detail}',
  ),
  transient(
    'NetworkFailed',
    /[Ff]ailed to connect|[Cc]ouldn't connect|Connection refused|connect to host .* port|No route to host|Network is unreachable|Connection timed out|[Oo]peration timed out|timed out/,
    "{host} can't be reached: {detail}",
    LOOK_AT_WAY,
  ),
  transient(
    'NetworkFailed',
    /Connection reset|Connection closed|Broken pipe|Empty reply|hung up|early EOF|unexpected disconnect|RPC failed|transfer closed|unexpected eof|recv (?:error|failure)|kex_exchange_identification|ssl_read|gnutls_handshake|bad line length|expected flush|unable to rewind|Could not read from remote repository|protocol error/i,
    'the connection to {host} broke off: {detail}',
  ),
  transient(
    'GitFailed',
    /invalid index-pack output|index-pack failed|pack has bad object|inflate|object file .* is empty|unpack-objects failed|SHA1 COLLISION|is corrupt|corrupted|did not send all necessary objects|bad object/,
    'what {host} sent is damaged or incomplete: {detail}',
  ),
]

/** The failure that a git exit means, redacted. */
export function failureOf(context: RemoteContext, operation: Operation, exit: GitEnd): Failure {
  const rule = RULES.find(({ pattern, only }) => (only ?? operation) === operation && pattern.test(exit.stderr))
  const detail = lastWords(exit.stderr) || `git ended with exit code ${exit.code}`
  if (rule === undefined)
    return redacted(context, new Failure('GitFailed', 'transient', `git failed on ${context.url.href}: ${detail}`))
  const isFile = context.url.protocol === 'file:'
  const sentence = ((isFile ? rule.ofFile : undefined) ?? rule.sentence)
    .replaceAll('{host}', () => context.url.host || 'the file system')
    .replaceAll('{url}', () => context.url.href)
    .replaceAll('{detail}', () => detail)
  const added = rule.reason === 'AuthenticationFailed' ? context.refusal.note : ''
  // A file URL has no credentials to look at.
  const advice = isFile && rule.hint?.includes('{refusal}') ? undefined : rule.hint
  const hint = advice === undefined ? {} : { hint: advice.replaceAll('{refusal}', () => context.refusal.hint) }
  return redacted(context, new Failure(rule.reason, rule.class, sentence + added, hint))
}

/** The status code of a redirect that git was told not to follow. */
export function redirectStatus(exit: GitEnd): string | undefined {
  return /returned error: (30[12378])/.exec(exit.stderr)?.[1]
}

/** True when the remote has no ref of the name asked for. */
export function isMissingRef(exit: GitEnd): boolean {
  return /couldn't find remote ref|[Rr]emote branch .* not found|no such remote ref/.test(exit.stderr)
}

/** True when the server does not have, or does not give out, a commit asked for by its id (A7). */
export function isMissingCommit(exit: GitEnd): boolean {
  return /not our ref|unadvertised object|no such remote ref|couldn't find remote ref|unable to find [0-9a-f]{40}/.test(
    exit.stderr,
  )
}

/** True when git complains of an object that is damaged on disk. */
export function isDamage(exit: GitEnd): boolean {
  return /corrupt|inflate|bad object|unable to read|hash mismatch|garbage|missing/.test(exit.stderr)
}

/** The end of what git, ssh and the server said, without git's standing advice, at most 500 characters. */
export function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map(line =>
      line
        .replace(/^(?:remote: *)?(?:fatal|error|warning|ERROR): */, '')
        .replace(/^remote: */, '')
        .trim(),
    )
    .filter(
      line =>
        line !== '' &&
        !/^(?:hint:|failed to push some refs to |Please make sure you have|and the repository exists|To |@@@)/.test(
          line,
        ),
    )
  const said = lines.slice(-4).join('; ')
  return said.length > 500 ? `${said.slice(0, 499)}…` : said
}

function definite(reason: Reason, pattern: RegExp, sentence: string, more: Pick<Rule, 'only' | 'hint'> = {}): Rule {
  return { pattern, reason, class: 'definite', sentence, ...more }
}

function transient(reason: Reason, pattern: RegExp, sentence: string, hint?: string): Rule {
  return { pattern, reason, class: 'transient', sentence, ...(hint === undefined ? {} : { hint }) }
}
