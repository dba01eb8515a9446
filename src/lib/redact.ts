// The one redaction point: every text that came from outside (servers, programs) passes here before it reaches an error,
// a log or a status. See gitops-practice.md G1, B8 and CVE-2024-52005 (escape sequences in server messages).

/** Takes secrets, credentials inside URLs, authorization headers and control characters out of a text. */
export type Redactor = (text: string) => string

const MASK = '***'

/** A redactor that knows these secrets, also in their Base64 and URL-encoded forms and, for keys, line by line. */
export function redactor(secrets: readonly string[]): Redactor {
  const needles = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  return text => {
    let clean = withoutControls(text)
    for (const needle of needles) clean = clean.replaceAll(needle, MASK)
    return withoutCredentials(clean)
  }
}

/** Removes terminal escape sequences, control characters (tab and line feed stay) and direction overrides. */
export function withoutControls(text: string): string {
  return text
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g, '')
    .replace(/\u001b[@-~]?/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}

function withoutCredentials(text: string): string {
  return (
    text
      // `git@` names no secret, and an ssh URL without it would not be recognised by its reader.
      .replace(/([a-z][a-z0-9+.-]*:\/\/)(?!git@)[^\s/]*@/gi, `$1${MASK}@`)
      .replace(/(authorization["']?\s*[:=]\s*["']?)(?:(?:basic|bearer|token|digest)\s+)?[^\s"',;]+/gi, `$1${MASK}`)
      .replace(/\b(basic|bearer)\s+(?=[^\s]*[0-9+/=])[A-Za-z0-9+/=._~-]{12,}/gi, `$1 ${MASK}`)
      .replace(/([?&](?:access_token|private_token|token|password|secret|sig|key)=)[^\s&"']+/gi, `$1${MASK}`)
  )
}

function formsOf(secret: string): string[] {
  if (secret === '') return []
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter(line => line.length >= 16) : []
  return [secret, secret.trim(), encoded(secret), Buffer.from(secret).toString('base64'), ...lines].filter(
    form => form !== '',
  )
}

/** A lone surrogate can't be encoded; its raw form is masked all the same. */
function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}
