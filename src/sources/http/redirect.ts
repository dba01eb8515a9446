// Redirects, followed by hand (B6): each one is checked like a new address, none leads from https to http.
import { Failure } from '../../lib/failure.ts'
import { shownUrl } from './classify.ts'

/** Redirects in a row. */
export const MOST_REDIRECTS = 5

/** Where an answer sends the request next; undefined when it is no redirect. Throws UrlInvalid, HostDenied. */
export function redirectOf(status: number, location: string | undefined, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  if (location === undefined || !URL.canParse(location, from.href))
    throw refused(from, 'to no address that can be read')
  const to = new URL(location, from)
  if (to.username !== '' || to.password !== '') throw refused(from, 'to an address with credentials in it')
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw refused(from, `to the scheme ${to.protocol.slice(0, -1)}`)
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new Failure(
      'HostDenied',
      'definite',
      `${shownUrl(from)} redirects from https to http, which is never followed`,
      { hint: 'name the address that it leads to, with https, in the source' },
    )
  return to
}

export function tooManyRedirects(first: URL): Failure {
  return refused(first, `more than ${MOST_REDIRECTS} times`)
}

function refused(from: URL, where: string): Failure {
  return new Failure('UrlInvalid', 'definite', `${shownUrl(from)} redirects ${where}`, {
    hint: 'name the final address in the source',
  })
}
