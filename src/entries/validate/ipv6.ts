// IPv6 addresses in URLs, as Go's net/netip reads them: only such an address may stand in the brackets of a host.

const GROUP = /^[0-9A-Fa-f]{1,4}$/
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/
/** Longer than any address: six groups and an IPv4 tail. */
const LONGEST = 45

/** True for an IPv6 address without a zone (RFC 4291 2.2, with an IPv4 tail and at most one `::`). */
export function isIpv6(text: string): boolean {
  if (text.length > LONGEST) return false
  const gap = text.indexOf('::')
  if (gap < 0) return groupCount(text, true) === 8
  const head = gap === 0 ? 0 : groupCount(text.slice(0, gap), false)
  const rest = text.slice(gap + 2)
  const tail = rest === '' ? 0 : groupCount(rest, true)
  // `::` stands for at least one group of zeros
  return head >= 0 && tail >= 0 && head + tail <= 7
}

/** Number of 16-bit groups, or a negative number when one is malformed. */
function groupCount(text: string, isEnd: boolean): number {
  const groups = text.split(':')
  const last = groups.at(-1) ?? ''
  const hasTail = isEnd && last.includes('.')
  if (hasTail && !isIpv4(last)) return -9
  const plain = hasTail ? groups.slice(0, -1) : groups
  return plain.every(group => GROUP.test(group)) ? plain.length + (hasTail ? 2 : 0) : -9
}

function isIpv4(text: string): boolean {
  const octets = text.split('.')
  return octets.length === 4 && octets.every(octet => OCTET.test(octet) && Number(octet) <= 255)
}
