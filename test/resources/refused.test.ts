// The rules of the CRDs, offline: each refused manifest is refused with our message at the right line and column.
import t, { type Test } from 'tap'
import { crds } from '../../src/resources/generated/crds.ts'
import { loadManifests } from '../../src/resources/load.ts'
import { wordsFor } from '../../src/resources/pattern-words.ts'
import { type ManifestIssue, printIssue } from '../../src/resources/problem.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { type Changes, manifestRules, type Refused } from '../contracts/refused-manifests.ts'
import { manifestOf } from '../helpers/manifests.ts'

const seen = new Set<string>()

function refuse(t: Test, name: string, { kind = 'MCPRegistryImportJob', set, field, message, points }: Refused): void {
  const text = manifestOf(kind, set)
  const { resources, issues } = loadManifests([{ path: 'job.yaml', text }])
  const found = issues.find(issue => issue.path === field && message.test(issue.message))
  if (!found) {
    t.fail(`${name}: expected ${field} ${message}, got ${issues.map(printIssue).join(' | ') || 'nothing'}`)
    return
  }
  for (const issue of issues) seen.add(issue.message)
  t.strictSame(resources, [], name)
  t.equal(found.severity, 'error', name)
  t.ok(textAt(text, found).startsWith(points), `${name}: ${textAt(text, found)} starts with ${points}`)
}

function textAt(text: string, issue: ManifestIssue): string {
  const line = Buffer.from(text.split('\n')[issue.line - 1] ?? '')
  return line.subarray(issue.column - 1).toString()
}

function accept(t: Test, set: Changes, kind: KindName = 'MCPRegistryImportJob'): void {
  const { resources, issues } = loadManifests([{ path: 'job.yaml', text: manifestOf(kind, set) }])
  t.strictSame(issues.map(printIssue), [], JSON.stringify(set))
  t.equal(resources.length, 1)
}

for (const [name, ask] of Object.entries(manifestRules)) {
  t.test(name, async t => {
    ask({ refuse: (name, row) => refuse(t, name, row), accept: (set, kind) => accept(t, set, kind) })
  })
}

t.test('a refused address is told without its credentials', async t => {
  const address = 'https://robot:hunter2@git.example/x'
  const leak = manifestOf('MCPRegistryImportJob', { 'spec.source.git.repository': address })
  const { issues } = loadManifests([{ path: 'f', text: leak }])
  t.ok(issues.length > 0)
  t.notMatch(issues.map(printIssue).join(), /hunter2|robot/)
})

t.test('misspelt words say what was meant', async t => {
  const hints = { 'spec.mode': 'apply', 'spec.suspend': 'yes', 'spec.filtr': {}, 'spec.source.git.tag': 1.5 }
  const { issues } = loadManifests([{ path: 'f', text: manifestOf('MCPRegistryImportJob', hints) }])
  t.strictSame(issues.map(issue => issue.hint).sort(), [
    'did you mean "filter"?',
    'did you mean Apply?',
    'put it in quotes: "1.5"',
    'write true without quotes',
  ])
})

t.test('quotes are advised only where they are all that lacks', async t => {
  const wrong = { 'spec.retry': { backoffInterval: 30 }, 'spec.mode': true, 'spec.timeZone': 2 }
  const { issues } = loadManifests([{ path: 'f', text: manifestOf('MCPRegistryImportJob', wrong) }])
  t.strictSame(issues.map(({ message, hint }) => `${message}: ${hint}`).sort(), [
    'must be a text, not a number: write 30s, 15m or 1h30m',
    'must be a text, not a number: write Europe/Berlin or UTC',
    'must be a text, not true or false: it must be one of Apply, Plan',
  ])
})

t.test('every rule and every pattern has a row above', async t => {
  const expected = new Set<string>()
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('pattern' in node && typeof node.pattern === 'string')
      expected.add(wordsFor(node.pattern)?.message ?? node.pattern)
    if ('rule' in node && 'message' in node) expected.add(String(node.message))
    for (const inner of Object.values(node)) collect(inner)
  }
  collect(crds)
  const explained = 'must be an https, ssh, http or file address of a repository, without credentials in it'
  t.strictSame(
    [...expected].filter(message => !seen.has(message) && message !== explained),
    [],
  )
})
