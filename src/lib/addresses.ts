// IP addresses and ranges of them, so that one address in two notations is one address: IPv4 inside IPv6 counts as both.
import { BlockList, isIP } from 'node:net'

/** A set of CIDR ranges. Throws RangeError for what `cidrFault` finds wrong. */
export class AddressRanges {
  private readonly list = new BlockList()

  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const fault = cidrFault(cidr)
      if (fault !== undefined) throw new RangeError(fault)
      const [address = '', prefix] = cidr.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      this.list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family)
    }
  }

  /** True when the address, or an IPv4 address that it carries, lies in one of the ranges. */
  has(address: string): boolean {
    if (isIP(address) === 4) return this.list.check(address, 'ipv4')
    const plain = plainAddress(address)
    const inner = isIP(plain) === 4 ? plain : embeddedIpv4(plain)
    return (inner !== undefined && this.list.check(inner, 'ipv4')) || this.list.check(withoutZone(address), 'ipv6')
  }
}

/** Why a range is refused, or undefined. A single address is a range of one. */
export function cidrFault(cidr: string): string | undefined {
  const [address = '', prefix, ...more] = cidr.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const fine = /^\d{1,3}$/.test(prefix ?? '0') && Number(prefix ?? 0) <= most && more.length === 0
  return family !== 0 && !address.includes('%') && fine
    ? undefined
    : `${JSON.stringify(cidr)} is no range of addresses such as 10.96.0.0/12`
}

/** The shortest notation; IPv4-mapped IPv6 becomes IPv4. Expects an address. */
export function plainAddress(address: string): string {
  if (isIP(address) === 4) return address
  const [a, b, c, d, e, f, high = 0, low = 0] = groupsOf(address)
  const isMapped = [a, b, c, d, e].every(group => group === 0) && f === 0xffff
  return isMapped ? ipv4Of(high, low) : canonical(address)
}

/** IPv4 that an IPv6 address leads to: compatible, translated, NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056). */
function embeddedIpv4(address: string): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, high = 0, low = 0] = groupsOf(address)
  if (a === 0x2002) return ipv4Of(b, c)
  const isNat64 = a === 0x64 && b === 0xff9b && (c === 1 || (c | d | e | f) === 0)
  const isCompatible = (a | b | c | d | e | f) === 0 && high !== 0
  const isTranslated = (a | b | c | d | f) === 0 && e === 0xffff
  return isNat64 || isCompatible || isTranslated ? ipv4Of(high, low) : undefined
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = canonical(address).split('::')
  const numbers = (text: string | undefined) => (text ? text.split(':').map(group => Number.parseInt(group, 16)) : [])
  const [first, last] = [numbers(head), numbers(tail)]
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

/** As the WHATWG URL standard writes an IPv6 address: hex groups only, zeros compressed. */
function canonical(address: string): string {
  return new URL(`http://[${withoutZone(address)}]/`).hostname.slice(1, -1)
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
