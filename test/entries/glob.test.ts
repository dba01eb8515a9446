// Globs on names: what they match, the same as picomatch where both mean the same, and no pattern that takes long.
import picomatch from 'picomatch'
import t from 'tap'
import { globMatcher } from '../../src/entries/glob.ts'
import { pick, seededRandom } from '../helpers/random.ts'

t.test('what matches', async t => {
  const table = [
    { glob: 'io.github.acme/weather', yes: ['io.github.acme/weather'], no: ['io.github.acme/weather2', 'weather'] },
    { glob: '*', yes: ['', 'weather', 'io.github.acme/weather'], no: [] },
    { glob: 'io.github.*', yes: ['io.github.acme/weather', 'io.github.'], no: ['io.githubX'] },
    { glob: '*/weather', yes: ['io.github.acme/weather', 'a/b/weather'], no: ['weather', 'a/weather2'] },
    { glob: '*-alpha', yes: ['a/x-alpha', '-alpha'], no: ['a/x-alpha-2'] },
    { glob: '**/x', yes: ['a/b/x'], no: ['x'] },
    { glob: 'a?c', yes: ['abc'], no: ['a/c', 'ac'] },
    { glob: 'a/[wx]*', yes: ['a/weather', 'a/x'], no: ['a/y', 'a/'] },
    { glob: 'a/[!wx]*', yes: ['a/y'], no: ['a/weather', 'a//'] },
    { glob: 'v[0-9].[0-9]', yes: ['v1.2'], no: ['va.b', 'v1x2'] },
    { glob: '[]a]', yes: [']', 'a'], no: ['b'] },
    { glob: '{io.github,com}.acme/*', yes: ['io.github.acme/x', 'com.acme/x'], no: ['org.acme/x'] },
    { glob: 'a{,b{c,d*}}e', yes: ['ae', 'abce', 'abdxe'], no: ['abe', 'abcde'] },
    { glob: 'a{b', yes: ['a{b'], no: ['ab'] },
    { glob: 'a[b', yes: ['a[b'], no: ['ab'] },
    { glob: '{a{b}', yes: ['{ab'], no: ['ab'] },
    { glob: 'a.b+c(d)|e', yes: ['a.b+c(d)|e'], no: ['aXb+c(d)|e', 'e'] },
    { glob: '!a', yes: ['!a'], no: ['b'] },
    { glob: '__proto__', yes: ['__proto__'], no: ['constructor'] },
  ]
  for (const { glob, yes, no } of table) {
    const matches = globMatcher([glob])
    for (const name of yes) t.ok(matches(name), `${glob} matches ${name}`)
    for (const name of no) t.notOk(matches(name), `${glob} does not match ${name}`)
  }
  t.notOk(globMatcher([])('x'), 'nothing matches no pattern')
  t.ok(globMatcher(['a', 'b*'])('bc'), 'one of several is enough')
})

t.test('picomatch agrees, with stars that cross slashes', async t => {
  const random = seededRandom(t)
  const parts = ['a', 'b', 'a', 'b', '*', '?', '[ab]', '[^a]', '{a,bb}', '-']
  for (let round = 0; round < 5000; round++) {
    const glob = `x${Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, parts)).join('')}`
    const name = `x${Array.from({ length: Math.floor(random() * 7) }, () => pick(random, ['a', 'b', '-'])).join('')}`
    if (globMatcher([glob])(name) !== picomatch(glob, { bash: true, dot: true })(name)) {
      t.fail('not as picomatch', { glob, name })
      break
    }
  }
})

t.test('hostile patterns of the longest length take no time', async t => {
  const most = (part: string) => part.repeat(Math.floor(256 / part.length))
  const patterns = [
    most('*a'),
    most('*?'),
    most('?*'),
    `${most('{')}`,
    most('{a,'),
    most('{a,*}'),
    most('{{a}'),
    most('['),
  ]
  const deep = `${'{*,'.repeat(60)}a${'}'.repeat(60)}b`
  const classes = `${most('[!b]*').slice(0, 250)}b`
  const names = ['a'.repeat(200), `${'a'.repeat(199)}b`, `${'ab/'.repeat(66)}c`]
  const before = process.cpuUsage()
  const matches = globMatcher([...patterns, deep, classes])
  for (const name of names) matches(name)
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 2_000_000, `${(user + system) / 1000} ms of processor time`)
})
