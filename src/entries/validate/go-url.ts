// Go's reading of a URL, as far as the rules ask for it. The official registry judges URLs with Go's net/url, which differs
// from WHATWG `URL` in both directions: it never trims or repairs, and it accepts much that browsers refuse.
import { isIpv6 } from './ipv6.ts'

/** What Go's `url.Parse` found. Host and path stand as written: percent escapes are checked, not decoded. */
export interface GoUrl {
  /** Lower case; `''` for a relative reference. */
  readonly scheme: string
  /** Host with its port, without user information; IPv6 in brackets. */
  readonly host: string
  readonly path: string
}

const CONTROL = /[\x00-\x1f\x7f]/
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/
/** ASCII that Go refuses in a host. `%` has rules of its own. */
const BAD_HOST_CHARACTER = /[\x00-\x20#/?@\\^`{|}\x7f]/
/** In a host only non-ASCII bytes and `%` itself may be escaped (RFC 3986 3.2.2, RFC 6874). */
const BAD_HOST_ESCAPE = /%(?!25|[89A-Fa-f][0-9A-Fa-f])/
/** In an IPv6 zone: `%`, a space, or what may also stand there unescaped. */
const BAD_ZONE_ESCAPE = /%(?!2[0-24-9A-Ea-e]|3[0-9A-Ea-e]|4[1-9A-Fa-f]|5[0-9AaBbDdFf]|6[1-9A-Fa-f]|7[0-9AaEe])/
const BAD_USER_CHARACTER = /[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/
const PLAIN_HTTPS = /^https:\/\/[A-Za-z0-9.-]+(?:\/[A-Za-z0-9._~/-]*)?$/
const PLAIN_WEB = /^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]+)?(?:\/[A-Za-z0-9._~/-]*)?$/
const PORT = /^(?::[0-9]*)?$/

/** Go's `url.Parse`, or undefined where Go gives an error (net/url of Go 1.26; the difference to it is tested). */
export function parseGoUrl(text: string): GoUrl | undefined {
  const hash = text.indexOf('#')
  const main = hash < 0 ? text : text.slice(0, hash)
  if (CONTROL.test(main)) return undefined
  if (hash >= 0 && BAD_ESCAPE.test(text.slice(hash + 1))) return undefined

  if (main.startsWith(':')) return undefined
  const schemeEnd = endOfScheme(main)
  const scheme = main.slice(0, schemeEnd).toLowerCase()
  const afterScheme = schemeEnd === 0 ? main : main.slice(schemeEnd + 1)
  const query = afterScheme.indexOf('?')
  const rest = query < 0 ? afterScheme : afterScheme.slice(0, query)

  if (!rest.startsWith('/')) {
    if (scheme !== '') return { scheme, host: '', path: '' } // opaque, such as mailto: or https:example.com
    const colon = rest.indexOf(':')
    const slash = rest.indexOf('/')
    if (colon >= 0 && (slash < 0 || colon < slash)) return undefined
  }
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) {
    return BAD_ESCAPE.test(rest) ? undefined : { scheme, host: '', path: rest }
  }
  const slash = rest.indexOf('/', 2)
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
  const path = slash < 0 ? '' : rest.slice(slash)
  const host = hostOf(authority, scheme)
  return host === undefined || BAD_ESCAPE.test(path) ? undefined : { scheme, host, path }
}

/** True for an https URL of plain characters, which Go parses for certain. Most URLs in a registry are, and need no parsing. */
export function isPlainHttpsUrl(text: string): boolean {
  return PLAIN_HTTPS.test(text)
}

/** True for an http or https URL with a host. */
export function isWebUrl(text: string): boolean {
  if (PLAIN_WEB.test(text)) return true
  const url = parseGoUrl(text)
  return (url?.scheme === 'https' || url?.scheme === 'http') && url.host !== ''
}

/** Go's `URL.Hostname`: the host without its port and brackets. */
export function hostnameOf(url: GoUrl): string {
  const colon = url.host.lastIndexOf(':')
  const host = colon >= 0 && PORT.test(url.host.slice(colon)) ? url.host.slice(0, colon) : url.host
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

/** Where the colon after a scheme stands, or 0 when the text starts with none. */
function endOfScheme(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const isLetter = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a)
    if (isLetter) continue
    if (c === 0x3a) return i
    const isInner = (c >= 0x30 && c <= 0x39) || c === 0x2b || c === 0x2d || c === 0x2e
    if (!isInner || i === 0) return 0
  }
  return 0
}

function hostOf(authority: string, scheme: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : authority.slice(0, at)
  const host = authority.slice(at + 1)
  if (user !== '' && (BAD_USER_CHARACTER.test(user) || BAD_ESCAPE.test(user))) return undefined
  return isHost(host, scheme) ? host : undefined
}

function isHost(host: string, scheme: string): boolean {
  const open = host.lastIndexOf('[')
  if (open > 0) return false
  if (open === 0) {
    const close = host.lastIndexOf(']')
    return close > 0 && PORT.test(host.slice(close + 1)) && isBracketed(host.slice(1, close))
  }
  // Outside http Go lets database drivers keep their lists of hosts: only the last colon starts a port there.
  const colon = scheme === 'http' || scheme === 'https' ? host.indexOf(':') : host.lastIndexOf(':')
  if (colon >= 0 && !PORT.test(host.slice(colon))) return false
  return !BAD_HOST_CHARACTER.test(host) && !BAD_HOST_ESCAPE.test(host)
}

function isBracketed(address: string): boolean {
  const zoneAt = address.indexOf('%25')
  if (zoneAt < 0) return isIpv6(address)
  const zone = address.slice(zoneAt + 3)
  if (zone === '' || BAD_HOST_CHARACTER.test(zone) || BAD_ZONE_ESCAPE.test(zone)) return false
  return isIpv6(address.slice(0, zoneAt))
}
