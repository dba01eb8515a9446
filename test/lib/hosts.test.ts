// Which hosts may be spoken to: every notation of a denied address, every way to it, and the same words for all.
import t, { type Test } from 'tap'
import { AddressRanges, cidrFault } from '../../src/lib/addresses.ts'
import type { Failure } from '../../src/lib/failure.ts'
import {
  DEFAULT_HOSTS,
  type HostGuard,
  type HostPolicy,
  hostGuard,
  hostPatternFault,
  LOCAL_HOSTS,
} from '../../src/lib/hosts.ts'
import { fails } from '../helpers/fails.ts'

const ANONYMOUS = { credentials: false }

function guard(policy: Partial<HostPolicy> = {}, names: Readonly<Record<string, readonly string[]>> = {}) {
  return hostGuard({ ...DEFAULT_HOSTS, ...policy }, async name => {
    const addresses = names[name]
    if (!addresses) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
    return addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  })
}

/** What `checkUrl` refuses with. */
async function refusal(t: Test, hosts: HostGuard, url: string, use = ANONYMOUS): Promise<Failure> {
  return await fails(t, (async () => hosts.checkUrl(new URL(url), use))(), { class: 'definite' }, url)
}

t.test('G4 loopback, link-local and metadata addresses are denied in every notation', async t => {
  const denied = [
    'http://127.0.0.1/',
    'https://127.8.9.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0.0.0.0/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[::127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    'ssh://git@127.0.0.1/team/catalog.git',
    'ssh://git@[::1]/team/catalog.git',
  ]
  for (const url of denied) {
    t.equal((await refusal(t, guard({ allowPlainHttp: 'all' }), url)).reason, 'HostDenied')
  }
  for (const url of ['https://10.0.0.7/', 'https://192.168.1.1/', 'https://[2001:db8::1]/', 'https://git.example/'])
    t.doesNotThrow(() => guard().checkUrl(new URL(url), ANONYMOUS), url)
  for (const url of denied)
    t.doesNotThrow(() => hostGuard(LOCAL_HOSTS, async () => []).checkUrl(new URL(url), ANONYMOUS))
})

t.test('G4 a name is denied when any of its addresses is, in words that tell nothing of the address', async t => {
  const hosts = guard(
    { denyCidrs: ['10.96.0.0/12', 'fd12::/16'] },
    {
      'fine.example': ['93.184.216.34', '2001:db8::1'],
      'both.example': ['93.184.216.34', '127.0.0.1'],
      'mapped.example': ['::ffff:169.254.169.254'],
      'service.example': ['10.96.0.1'],
      'cluster.example': ['fd12::7'],
    },
  )

  t.strictSame(await hosts.addressesFor('fine.example'), [
    { address: '93.184.216.34', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ])
  t.strictSame(await hosts.addressesFor('93.184.216.34'), [{ address: '93.184.216.34', family: 4 }])
  for (const name of ['both.example', 'mapped.example', 'service.example', 'cluster.example', '127.1', '0x7f000001']) {
    const failure = await fails(t, hosts.addressesFor(name), { reason: 'HostDenied', class: 'definite' }, name)
    t.equal(failure.message, `${name} is or leads to an address that is denied here`)
  }
})

t.test('E3 a name that does not resolve is a transient failure', async t => {
  const failure = await fails(t, guard().addressesFor('gone.example'), {
    reason: 'NetworkFailed',
    class: 'transient',
    message: /ENOTFOUND/,
  })
  t.match(failure.hint, /look at the host in the address, and at the DNS/)
})

t.test('G4 only allowed hosts are spoken to, whatever their spelling', async t => {
  const hosts = guard({ allowHosts: ['git.example', '*.corp.example', '2001:db8::1'] }, { 'git.example': ['10.0.0.1'] })
  const fine = [
    'https://git.example/',
    'https://GIT.example./',
    'https://a.b.corp.example/',
    'https://[2001:db8:0::1]/',
  ]
  for (const url of fine) t.doesNotThrow(() => hosts.checkUrl(new URL(url), ANONYMOUS), url)
  const wrong = [
    'https://corp.example/',
    'https://xcorp.example/',
    'https://git.example.evil/',
    'https://other.example/',
  ]
  for (const url of wrong) {
    t.match(await refusal(t, hosts, url), { reason: 'HostDenied', hint: /--allow-hosts/ })
  }
  // Denied before anything is looked up.
  await fails(t, hosts.addressesFor('other.example'), { reason: 'HostDenied' })
})

t.test('B5 credentials never go over plain http, and plain http only where it is allowed', async t => {
  const allowed = guard({ allowPlainHttp: ['plain.example'] })
  t.doesNotThrow(() => allowed.checkUrl(new URL('http://plain.example/'), ANONYMOUS))
  t.match(await refusal(t, allowed, 'http://other.example/'), { reason: 'HostDenied', hint: /--allow-plain-http/ })
  for (const policy of [DEFAULT_HOSTS, LOCAL_HOSTS, { ...DEFAULT_HOSTS, allowPlainHttp: ['plain.example'] }]) {
    const hosts = hostGuard(policy, async () => [])
    const failure = await refusal(t, hosts, 'http://plain.example/', { credentials: true })
    t.equal(failure.reason, 'InsecureCredentials')
  }
})

t.test('file URLs are for local mode, other schemes for nobody', async t => {
  t.equal((await refusal(t, guard(), 'file:///etc/passwd')).reason, 'HostDenied')
  t.doesNotThrow(() => guard({ local: true }).checkUrl(new URL('file:///srv/catalog.json'), ANONYMOUS))
  t.equal((await refusal(t, guard({ local: true }), 'gopher://host/')).reason, 'UrlInvalid')
})

t.test('ranges and patterns that mean nothing are refused', async t => {
  for (const cidr of ['10.0.0.0/33', '10.0.0/8', 'fe80::/129', 'example', '10.0.0.0/8/8', 'fe80::1%eth0/64', ''])
    t.match(cidrFault(cidr), 'is no range of addresses', cidr)
  for (const cidr of ['10.0.0.0/8', '10.0.0.1', 'fd00::/8', '::1']) t.equal(cidrFault(cidr), undefined, cidr)
  for (const pattern of ['https://git.example', '*', '*.', 'a b', 'git.example/path', '*.*.example'])
    t.match(hostPatternFault(pattern), 'is neither a host', pattern)
  t.throws(() => new AddressRanges(['nonsense']), RangeError)
})
