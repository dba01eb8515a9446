// Headers that a resource adds to requests. Admission refuses names that carry credentials; the worker checks again, and
// refuses those by which a request would mean another host, length or answer than the one that was checked.
import { Failure } from '../../lib/failure.ts'

export type Headers = Readonly<Record<string, string>>

const CREDENTIALS = /authorization|cookie|token|key|secret|password/i
const OURS =
  /^(accept-encoding|connection|content-length|expect|host|if-.*|keep-alive|proxy-.*|range|te|trailer|transfer-encoding|upgrade)$/i

/** With names in lower case. Throws ManifestInvalid. */
export function checkedHeaders(headers: Headers): Headers {
  const checked: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    const fault = faultOf(name, value)
    if (fault !== undefined)
      throw new Failure('ManifestInvalid', 'definite', `the header ${JSON.stringify(name)} of the source ${fault}`)
    checked.push([name.toLowerCase(), value])
  }
  return Object.fromEntries(checked)
}

function faultOf(name: string, value: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&*+.^_|~-]{1,128}$/.test(name)) return 'is no name of a header'
  if (CREDENTIALS.test(name)) return 'would carry credentials: put them into authSecret'
  if (OURS.test(name)) return 'is one that every request sets by itself: leave it out'
  return /[^\t\x20-\x7e\x80-\xff]/.test(value) ? 'has a value with control characters' : undefined
}
