import { spawnSync } from 'node:child_process'
import t from 'tap'
import { hostnameOf, isPlainHttpsUrl, isWebUrl, parseGoUrl } from '../../../src/entries/validate/go-url.ts'
import { needGo, projectRoot } from '../../helpers/needs.ts'
import { printedSeed, wholeNumbersFrom } from '../../helpers/random.ts'

interface GoAnswer {
  readonly ok: boolean
  readonly scheme: string
  readonly host: string
  readonly hostname: string
  readonly path: string
}

t.test('reads URLs as Go does', async t => {
  const cases: readonly { text: string; is: object | undefined; why: string }[] = [
    {
      text: 'HTTPS://Example.com:443/a?b#c',
      is: { scheme: 'https', host: 'Example.com:443', path: '/a' },
      why: 'usual',
    },
    { text: 'https:example.com', is: { scheme: 'https', host: '', path: '' }, why: 'opaque, no host' },
    { text: '//example.com/a', is: { scheme: '', host: 'example.com', path: '/a' }, why: 'no scheme' },
    { text: '///a', is: { scheme: '', host: '', path: '///a' }, why: 'a path' },
    { text: 'https://u:p@ss@h/', is: { scheme: 'https', host: 'h', path: '/' }, why: 'last @ ends the user' },
    { text: 'https://[::1%25en0]:80', is: { scheme: 'https', host: '[::1%25en0]:80', path: '' }, why: 'zone' },
    { text: 'https://h/ a', is: { scheme: 'https', host: 'h', path: '/ a' }, why: 'space in a path' },
    { text: 'https://h/#\n', is: { scheme: 'https', host: 'h', path: '/' }, why: 'controls in a fragment' },
    { text: 'https://h?%zz', is: { scheme: 'https', host: 'h', path: '' }, why: 'queries are not checked' },
    { text: '', is: { scheme: '', host: '', path: '' }, why: 'empty reference' },
    { text: '*', is: { scheme: '', host: '', path: '*' }, why: 'the asterisk' },
    { text: 'ht tp://x', is: undefined, why: 'space before the colon: colon in a first segment' },
    { text: ':x', is: undefined, why: 'missing scheme' },
    { text: 'a/b:c:', is: { scheme: '', host: '', path: 'a/b:c:' }, why: 'colon in a later segment' },
    { text: ' https://h', is: undefined, why: 'nothing is trimmed' },
    { text: 'https://h\t/', is: undefined, why: 'control character' },
    { text: 'https://a b/', is: undefined, why: 'space in the host' },
    { text: 'https://h/%zz', is: undefined, why: 'bad escape in the path' },
    { text: 'https://h/#%z', is: undefined, why: 'bad escape in the fragment' },
    { text: 'https://%41/', is: undefined, why: 'ASCII must not be escaped in a host' },
    { text: 'https://h:8o/', is: undefined, why: 'port not numeric' },
    { text: 'https://h:1:2/', is: undefined, why: 'two colons in an http host' },
    { text: 'https://[::1/', is: undefined, why: 'open bracket' },
    { text: 'https://[1.2.3.4]/', is: undefined, why: 'IPv4 in brackets' },
    { text: 'https://a[::1]/', is: undefined, why: 'bracket inside a host' },
    { text: 'https://u ser@h/', is: undefined, why: 'space in user information' },
    { text: 'https://h\\a/', is: undefined, why: 'backslash is no slash' },
  ]
  for (const { text, is, why } of cases) t.same(parseGoUrl(text), is, `${why}: ${JSON.stringify(text)}`)
  t.equal(hostnameOf({ scheme: 'https', host: '[::1]:80', path: '' }), '::1')
  t.equal(hostnameOf({ scheme: 'https', host: 'h:', path: '' }), 'h')
})

t.test('agrees with Go on generated URLs', async t => {
  const env = needGo(t, 26)
  if (env === undefined) return
  const seed = printedSeed(t)
  const texts = generatedUrls(seed, 20_000)
  const program = `${t.testdir()}/go-url`
  const built = spawnSync('go', ['build', '-o', program], { cwd: `${projectRoot}/test/helpers/go-url`, env })
  t.equal(built.status, 0, String(built.stderr))
  const ran = spawnSync(program, { input: JSON.stringify(texts), env, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const answers: GoAnswer[] = JSON.parse(ran.stdout)

  const differences = texts.filter((text, i) => JSON.stringify(ours(text)) !== JSON.stringify(answers[i]))
  t.equal(answers.length, texts.length)
  t.same(differences.slice(0, 10), [], `${differences.length} differences, seed ${seed}`)
  const webDifferences = texts.filter((text, i) => isWebUrl(text) !== isWeb(answers[i]))
  t.same(webDifferences.slice(0, 10), [], 'http and https URLs with a host')
  const plain = texts.flatMap((text, i) => (isPlainHttpsUrl(text) ? [{ text, scheme: answers[i]?.scheme }] : []))
  t.same(
    plain.filter(each => each.scheme !== 'https'),
    [],
    'what is plain, Go parses',
  )
  t.ok(plain.length > 100, `${plain.length} are plain`)
  const valid = answers.filter(answer => answer.ok).length
  t.ok(valid > texts.length / 10 && valid < texts.length * 0.9, `${valid} of ${texts.length} are valid`)
  t.ok(answers.filter(answer => answer.host !== '').length > texts.length / 20, 'many have a host')
})

function isWeb(answer: GoAnswer | undefined): boolean {
  return (answer?.scheme === 'https' || answer?.scheme === 'http') && answer.host !== ''
}

function ours(text: string): GoAnswer {
  const url = parseGoUrl(text)
  if (url === undefined) return { ok: false, scheme: '', host: '', hostname: '', path: '' }
  return {
    ok: true,
    scheme: url.scheme,
    host: hexOf(url.host),
    hostname: hexOf(hostnameOf(url)),
    path: hexOf(url.path),
  }
}

/** The text's bytes with percent escapes decoded, in hex. */
function hexOf(text: string): string {
  const bytes = Buffer.from(text)
  const decoded: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === 0x25
    decoded.push(isEscape ? Number.parseInt(bytes.toString('latin1', i + 1, i + 3), 16) : (bytes[i] ?? 0))
    if (isEscape) i += 2
  }
  return Buffer.from(decoded).toString('hex')
}

/** Random URLs: built from parts that are often legal, then sometimes damaged. The same seed gives the same URLs. */
function generatedUrls(seed: number, count: number): string[] {
  const below = wholeNumbersFrom(seed)
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? ''
  const some = (list: readonly string[], most: number): string =>
    Array.from({ length: below(most + 1) }, () => pick(list)).join('')

  const noise = [
    ...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~0aZé\u{1f600}\u0000\t\u007f\u0085',
    '%25',
    '%zz',
    '%41',
    '%c3',
    '%2F',
  ]
  const scheme = [
    'https://',
    'https://',
    'https://',
    'http://',
    'HTTP://',
    'ftp://',
    'postgres://',
    'https:',
    'h+t-t.p://',
    '1a://',
    '//',
    '///',
    '/',
    '',
    ':',
  ]
  const user = ['', '', '', 'u@', 'u:p@', 'u@v@', 'u:p:q@', 'ü@', '%zz@', 'u%41:@', '@']
  const address = [
    '1',
    'ffff',
    'a',
    '0',
    '12345',
    'g',
    ':',
    ':',
    ':',
    '::',
    '1.2.3.4',
    '01.2.3.4',
    '256.1.1.1',
    '.',
    '%25en0',
    '%25',
    '%25%41',
    '%25%2f',
    '%25 x',
    '%',
  ]
  const label = [
    'a',
    'example',
    '.',
    'com',
    'localhost',
    '127.0.0.1',
    '-',
    '_',
    '~',
    '!',
    'é',
    '%c3%a9',
    '%41',
    '%25',
    ' ',
    '<',
    '"',
    '^',
  ]
  const port = ['', '', '', ':', ':80', ':8x', ':1:2', ':-1', ': 1']
  const path = ['', '/', '/a', '/%20', '/%2', '/a:b', ' ', '//', '?q=%zz', '#f', '#%4', '#\u0001', ';', '\\']
  const ipv6 = [
    '1:2:3:4:5:6:7:8',
    '::',
    '::1',
    '1::8',
    '1:2:3:4:5:6:1.2.3.4',
    '::ffff:1.2.3.4',
    'fe80::1%25en0',
    '1:2:3:4:5:6:7::',
    '1:2:3:4:5:6:7:8::',
  ]

  return Array.from({ length: count }, () => {
    const host = pick([some(label, 4), 'example.com', `[${some(address, 8)}]`, `[${pick(ipv6)}]`])
    const isUsual = below(4) === 0
    const url = isUsual
      ? pick(['https://', 'http://']) +
        some(['a', '.', '-', '9'], 4) +
        pick(['', '', ':80']) +
        some(['/', 'a', '~_', '.'], 4)
      : pick(scheme) + pick(user) + host + pick(port) + some(path, 3)
    if (below(3) > 0) return url
    const at = below(url.length + 1)
    // A cut surrogate pair becomes U+FFFD, as in any UTF-8 text.
    return Buffer.from(url.slice(0, at) + pick(noise) + url.slice(at + below(2))).toString()
  })
}
