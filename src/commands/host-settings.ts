// The settings that say which hosts may be spoken to, and the guard that keeps to them with the machine's own resolver.
import { lookup } from 'node:dns/promises'
import { cidrFault } from '../lib/addresses.ts'
import { type HostGuard, type HostPolicy, hostGuard, hostPatternFault } from '../lib/hosts.ts'
import { type OptionSpec, type OptionValues, UsageError } from './command.ts'

export const ALLOW_HOSTS: OptionSpec = {
  name: 'allow-hosts',
  type: 'string',
  multiple: true,
  value: 'HOST,...',
  help: 'the only hosts that are spoken to, *.domain for all below a domain (default: all)',
}

export const DENY_CIDRS: OptionSpec = {
  name: 'deny-cidrs',
  type: 'string',
  multiple: true,
  value: 'CIDR,...',
  help: "ranges of addresses that are never spoken to, such as the cluster's own (loopback and link-local never are)",
}

export const ALLOW_PLAIN_HTTP: OptionSpec = {
  name: 'allow-plain-http',
  type: 'string',
  multiple: true,
  value: 'HOST,...',
  help: 'hosts that may be spoken to without TLS, or all; never with credentials',
}

/** Throws UsageError for what is no host and no range. */
export function hostPolicy(options: OptionValues, { local }: { readonly local: boolean }): HostPolicy {
  const allowHosts = listOf(options, ALLOW_HOSTS, hostPatternFault)
  const plain = listOf(options, ALLOW_PLAIN_HTTP, host => (host === 'all' ? undefined : hostPatternFault(host)))
  return {
    ...(allowHosts.length === 0 ? {} : { allowHosts }),
    denyCidrs: listOf(options, DENY_CIDRS, cidrFault),
    allowPlainHttp: plain.includes('all') ? 'all' : plain,
    local,
  }
}

export function systemHostGuard(policy: HostPolicy): HostGuard {
  return hostGuard(policy, async name => {
    const addresses = await lookup(name, { all: true })
    return addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  })
}

function listOf(options: OptionValues, { name }: OptionSpec, faultOf: (text: string) => string | undefined): string[] {
  const parts = options.list(name).flatMap(text => text.split(',').map(part => part.trim()))
  const items = parts.filter(part => part !== '')
  const faults = items.map(faultOf).filter(fault => fault !== undefined)
  if (faults.length > 0) throw new UsageError(`--${name}: ${faults.join('; ')}`)
  return items
}
