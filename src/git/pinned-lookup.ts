// In place of the system's resolver: the addresses that were checked, and no other, whatever the name means by now.
import { isIP, type LookupFunction } from 'node:net'

/** `addresses` has at least one. */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map(address => ({ address, family: isIP(address) }))
  return (_name, { all }, callback) => {
    const [first] = found
    if (all === true || first === undefined) callback(null, found)
    else callback(null, first.address, first.family)
  }
}
