// The termination message is what the kubelet keeps: valid JSON in 4,096 bytes, whatever the run was called and said.
import t from 'tap'
import type { Issue } from '../../src/lib/issue.ts'
import { NO_COUNTS, type RunResult } from '../../src/resources/result.ts'
import { cutToBytes } from '../../src/run/cut.ts'
import { terminationMessage } from '../../src/run/termination-message.ts'

const RESULT: RunResult = {
  kind: 'RunResult',
  id: 'run-1',
  resource: { kind: 'MCPRegistryImportJob', namespace: 'team', name: 'import' },
  outcome: 'Failed',
  reason: 'EntriesInvalid',
  message: 'wrong',
  startTime: '2026-03-01T12:00:00.000Z',
  completionTime: '2026-03-01T12:00:00.000Z',
  source: { revision: 'main@sha1:0' },
  target: { repository: 'https://git.example/catalog.git', branch: 'main', revision: null },
  digest: `sha256:${'d'.repeat(64)}`,
  engine: 'native',
  counts: NO_COUNTS,
  issues: [],
}

function issue(message: string): Issue {
  return { code: 'type', severity: 'error', document: 'a.json', pointer: '', path: '', message }
}

t.test('what fits is whole', async t => {
  const result = { ...RESULT, issues: [issue('a'), issue('b')] }
  t.strictSame(JSON.parse(terminationMessage(result)), result)
})

t.test('issues are dropped from the end', async t => {
  const issues = Array.from({ length: 10 }, (_, index) => issue(`${index} ${'ä'.repeat(300)}`))
  const text = terminationMessage({ ...RESULT, issues })
  t.ok(Buffer.byteLength(text) <= 4096, `${Buffer.byteLength(text)} bytes`)
  const kept = JSON.parse(text).issues
  t.ok(kept.length > 2)
  t.strictSame(kept, issues.slice(0, kept.length))
})

t.test('hostile texts are cut, never half a character, and what counts stays', async t => {
  for (const evil of ['x', 'ä', '\u{1f600}', '\u0001', '\ud800', '"', '\\']) {
    const long = evil.repeat(1024)
    const text = terminationMessage({
      ...RESULT,
      message: long,
      resource: { kind: long, namespace: long, name: long },
      source: { revision: long },
      target: { repository: long, branch: long, revision: long },
      issues: [issue(long)],
    })
    t.ok(Buffer.byteLength(text) <= 4096, `${Buffer.byteLength(text)} bytes`)
    t.match(JSON.parse(text), {
      id: 'run-1',
      outcome: 'Failed',
      reason: 'EntriesInvalid',
      digest: RESULT.digest,
      counts: NO_COUNTS,
    })
  }
})

t.test('cutToBytes', async t => {
  t.equal(cutToBytes('äää', 6), 'äää')
  t.equal(cutToBytes('äääää', 6), 'ä…')
  t.equal(cutToBytes('\u{1f600}\u{1f600}\u{1f600}', 8), '\u{1f600}…')
  t.equal(cutToBytes('refused: many words; and lines; do this', 24), 'refused: man…; do this')
  t.equal(cutToBytes('refused; advice that is far too long', 16), 'refused; advi…')
})
