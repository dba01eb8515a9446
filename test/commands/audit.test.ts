// `rollbook audit`: each way in which history, commits and digests can part is found, and honest histories are clean.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { RunResult } from '../../src/resources/result.ts'
import { type AuditResult, auditedRuns, PATH, type Workplace, workplace } from '../helpers/audited-place.ts'
import { engineHost } from '../helpers/engine-host.ts'
import { catalogOf, server } from '../helpers/entries.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { REVIEW, reviewPlace } from '../helpers/review-place.ts'

const one = (words: string) => server('io.example/one', '1.0.0', { description: words })
const commitOf = ({ target }: RunResult) => target.revision?.replace('main@sha1:', '') ?? ''
/** Replaces the branch's last commit by one with this message, and with this tree or the same. */
async function amend({ target }: Pick<Workplace, 'target'>, message: string, tree = 'main^{tree}'): Promise<string> {
  const parents = await target.git(['rev-list', '--max-count=1', '--parents', 'main'])
  const parentArgs = parents
    .split(' ')
    .slice(1)
    .flatMap(parent => ['-p', parent])
  const commit = await target.git(['commit-tree', await target.git(['rev-parse', tree]), ...parentArgs], message)
  await target.git(['update-ref', 'refs/heads/main', commit])
  return commit
}

t.test('two runs and their commits: clean', async t => {
  const place = await workplace(t)
  await place.run([one('first')])
  await place.run()
  await place.run([one('second')])

  const { code, data, stderr } = await place.audit()

  t.strictSame(data, { kind: 'AuditResult', ok: true, runs: 3, commits: 2, findings: [] }, stderr)
  t.equal(code, 0)
  t.match(await program(['audit', '-f', 'import.yaml', '--runs', 'runs.jsonl', '-q'], { cwd: place.cwd }), {
    code: 0,
    stdout: 'clean: 2 commits, 3 runs\n',
  })
})

t.test('a hand edit is listed, and no error', async t => {
  const place = await workplace(t)
  await place.run([one('first')])
  await place.target.commit({ 'README.md': 'beside the path' }, 'beside')
  const edit = await place.target.commit({ [PATH]: catalogOf(one('by hand')) }, 'fix it by hand')
  await place.run([one('second')])

  const { code, data } = await place.audit()

  t.equal(code, 0)
  t.match(data, {
    ok: true,
    commits: 3,
    findings: [{ type: 'HandEdit', severity: 'info', commit: edit, run: null, path: PATH }],
  })
  t.equal(data.findings.length, 1)
})

t.test('a removed commit: its run has none', async t => {
  const place = await workplace(t)
  await place.run([one('first')])
  const gone = await place.run([one('second')])
  await place.target.git(['update-ref', 'refs/heads/main', `${commitOf(gone)}^`])

  const { code, data } = await place.audit()

  t.equal(code, 1)
  t.match(data, {
    ok: false,
    findings: [{ type: 'RunWithoutCommit', severity: 'error', commit: commitOf(gone), run: gone.id }],
  })
  t.equal(data.findings.length, 1)
})

t.test('a rewritten commit is found by its trailer; with other content its digest tells', async t => {
  const place = await workplace(t)
  await place.run([one('first')])
  const run = await place.run([one('second')])
  const [message = ''] = await place.target.log()
  const amended = await amend(place, `better words, ${message}`)
  const harmless = await place.audit()
  t.equal(harmless.code, 0)
  t.match(harmless.data, {
    ok: true,
    findings: [{ type: 'Rewritten', severity: 'info', commit: amended, run: run.id }],
  })
  t.equal(harmless.data.findings.length, 1)

  const changed = await amend(place, message, 'main^^{tree}')
  const { code, data } = await place.audit()
  t.equal(code, 1)
  t.match(data.findings, [
    { type: 'DigestMismatch', severity: 'error', commit: changed, run: run.id },
    { type: 'Rewritten', commit: changed },
  ])
})

t.test('a digest that does not match, without runs on record, in every layout', async t => {
  for (const [layout, file] of [
    ['File', PATH],
    ['Namespace', 'catalog/io.example.json'],
    ['Directory', 'catalog/io.example/one/1.0.0.json'],
  ] as const) {
    const targetPath = layout === 'File' ? PATH : 'catalog'
    const place = await workplace(t, { layout, targetPath })
    await place.run([one('first')])
    const [message = ''] = await place.target.log()
    const text = await place.target.read(file)
    const forgedMessage = message.replace(/Rollbook-Run: .*/, 'Rollbook-Run: another')
    const forged = await place.target.commit({ [file]: `${text.replace('first', 'other')}\n` }, forgedMessage)

    const { code, data } = await place.audit(null, ['--repository', place.target.directory, '--path', targetPath])

    t.equal(code, 1, layout)
    t.match(data, { runs: 0, commits: 2 })
    t.strictSame(
      data.findings.map(({ type, commit }) => [type, commit]),
      [
        ['DigestMismatch', forged],
        ['HistoryTruncated', null],
      ],
      layout,
    )
  }
})

t.test('runs on record: indented as printed, of other branches, of none, and lines that are no run', async t => {
  const place = await workplace(t)
  const run = await place.run([one('first')])
  const other = { ...run, target: { ...run.target, branch: 'release' } }
  const audit = async (text: string) => {
    await writeFile(join(place.cwd, 'given.jsonl'), text)
    return await program(['audit', '-f', 'import.yaml', '--runs', 'given.jsonl', '-q'], { cwd: place.cwd })
  }
  const pretty = JSON.stringify(run, null, 2)

  t.match(await audit(`${pretty}\n${JSON.stringify(other)}\r\n\n`), {
    code: 0,
    stdout: 'clean: 1 commit, 1 run\n',
    stderr: /1 run in given\.jsonl wrote to other repositories or branches/,
  })
  t.match(await audit(JSON.stringify(other)), {
    code: 10,
    stdout: '',
    stderr: /given\.jsonl holds 1 run, and none that wrote to branch main of/,
  })
  t.match(await audit(`${pretty}\n{"kind":"Diff"}\nx\n{"kind":"RunResult","id":"a"}\n${pretty.slice(0, -1)}`), {
    code: 10,
    stdout: '',
    stderr: new RegExp(
      [
        'given.jsonl:\\d+: this is not a RunResult',
        'given.jsonl:\\d+: this is not JSON',
        'given.jsonl:\\d+: this RunResult lacks outcome, startTime, .*',
        'given.jsonl:\\d+: this is not JSON .InputUnreadable.',
      ].join('\n'),
    ),
  })
  const told = async (...args: string[]) => await program(['audit', ...args, '-q'], { cwd: place.cwd })
  t.match(await told('-f', 'import.yaml', '--runs', 'none'), {
    code: 10,
    stderr: /none can't be read: ENOENT.*InputUnreadable/,
  })
  t.match(await told('-f', 'import.yaml', '--path', 'x'), { code: 2, stderr: /--path and -f exclude each other/ })
  t.match(await told('--repository', place.target.url), { code: 2, stderr: /--path PATH/ })
  t.match(await told('--repository', place.target.url, '--path', '../x'), {
    code: 2,
    stderr: /--path: the path must not/,
  })
  const there = ['--repository', place.target.url, '--path', PATH]
  t.match(await told(...there, '--branch', 'none'), { code: 10, stderr: /branch none does not exist.*RefNotFound/ })
  t.match(await told(...there, '--name', 'importjob/x'), { code: 2, stderr: /--name/ })
})

t.test('a path that no run wrote to is no clean one', async t => {
  const place = await workplace(t)
  const told = async (...args: string[]) => await program(['audit', ...args], { cwd: place.cwd })
  const at = (path: string) => told('--repository', place.target.url, '--path', path)
  t.match(await at(PATH), { code: 0, stdout: 'clean: 0 commits, 0 runs\n' }, 'an empty repository')
  await place.target.commit({ 'README.md': 'first' }, 'by hand')
  t.match(await told('-f', 'import.yaml'), { code: 0, stderr: `no run wrote to ${PATH} on branch main` }, 'not run yet')
  t.match(await at(PATH), { code: 10, stdout: '', stderr: /no run wrote to .*PathNotFound.\ncorrect --path/ })
  await place.run([one('first')])

  for (const path of ['catalog', `${PATH}/x.json`, 'typo.json'])
    t.match(await at(path), { code: 10, stdout: '', stderr: `\nruns wrote to ${PATH}\n` }, path)
  t.match(await at('README.md'), { code: 0, stdout: /^info HandEdit/ }, 'hand edits only')
  t.match(await at(PATH), { code: 0, stdout: /\nno errors, \d notes?: 1 commit, 0 runs\n$/ })
})

t.test(
  'a review branch is audited while it has something to review, and then the branch that it was merged into',
  async t => {
    const place = await reviewPlace(engineHost(t))
    const first = ['HandEdit', await place.target.head()]
    const runs = [await place.run()]
    const audit = async () => {
      await writeFile(join(place.cwd, 'runs.jsonl'), runs.map(run => JSON.stringify(run)).join('\n'))
      return await programJson<AuditResult>(['audit', '-f', 'import.yaml', '--runs', 'runs.jsonl', '-q'], place)
    }
    const findings = async () => (await audit()).data.findings.map(({ type, commit }) => [type, commit])
    t.strictSame(await findings(), [first], 'ahead')

    await place.target.git(['update-ref', 'refs/heads/main', `refs/heads/${REVIEW}`])
    const edited = ['HandEdit', await place.target.commit({ [PATH]: catalogOf(one('by hand')) }, 'by hand')]
    t.strictSame(await findings(), [edited, first], 'merged: what came after it counts')

    await place.target.git(['update-ref', '-d', `refs/heads/${REVIEW}`])
    t.strictSame(await findings(), [edited, first], 'deleted')
    runs.push(await place.run())
    t.strictSame(await findings(), [edited, first], 'and made again')
  },
)

t.test('a review branch that was deleted without a merge leaves runs without commits', async t => {
  const place = await reviewPlace(engineHost(t))
  const run = await place.run()
  await writeFile(join(place.cwd, 'runs.jsonl'), JSON.stringify(run))
  await place.target.git(['update-ref', '-d', `refs/heads/${REVIEW}`])
  const audit = await programJson<AuditResult>(['audit', '-f', 'import.yaml', '--runs', 'runs.jsonl', '-q'], place)
  t.equal(audit.code, 1)
  t.strictSame(
    audit.data.findings.map(({ type }) => type),
    ['HandEdit', 'RunWithoutCommit'],
  )
})

t.test('manifests come from stdin, too', async t => {
  const place = await workplace(t)
  await place.run([one('first')])
  const input = await readFile(join(place.cwd, 'import.yaml'))
  t.match(await program(['audit', '-f', '-', '-q'], { cwd: place.cwd, input }), {
    code: 0,
    stdout: /\nno errors, 1 note: 1 commit,/,
  })
})

t.test('an empty repository has lost every commit', async t => {
  const place = await workplace(t)
  const run = await place.run([one('first')])
  await place.target.git(['update-ref', '-d', 'refs/heads/main'])
  const { code, data } = await place.audit()
  t.equal(code, 1)
  t.match(data, { commits: 0, findings: [{ type: 'RunWithoutCommit', commit: commitOf(run), run: run.id }] })
})

t.test('forged trailers: of a run on record, of one that made nothing, of none, and half of them', async t => {
  const place = await workplace(t)
  const run = await place.run([one('first')])
  const nothing = await place.run()
  const [message = ''] = await place.target.log()
  const edited = await place.target.commit({ [PATH]: catalogOf(one('by hand')) }, 'by hand')
  const found = async (words: string) => {
    const forged = await place.target.git(['commit-tree', 'main~1^{tree}', '-p', edited], words)
    await place.target.git(['update-ref', 'refs/heads/main', forged])
    const { data } = await place.audit()
    await place.target.git(['update-ref', 'refs/heads/main', edited])
    t.ok(data.findings.some(({ type, commit }) => type === 'HandEdit' && commit === edited))
    return data.findings
      .filter(({ type }) => type !== 'HandEdit')
      .map(finding => {
        t.equal(finding.commit, forged)
        return [finding.type, finding.severity, finding.run]
      })
  }

  t.strictSame(await found(message), [['ForgedTrailer', 'error', run.id]], 'a second commit of one run')
  t.strictSame(
    await found(message.replace(run.id, nothing.id)),
    [['ForgedTrailer', 'error', nothing.id]],
    'a run that made nothing',
  )
  t.strictSame(
    await found(message.replace(run.id, 'never-was')),
    [['CommitWithoutRun', 'error', 'never-was']],
    'a run that never was',
  )
  t.strictSame(
    await found(message.replace(run.id, 'never-was').replace(/^Rollbook-Digest.*\n/m, '')),
    [
      ['ForgedTrailer', 'error', 'never-was'],
      ['CommitWithoutRun', 'error', 'never-was'],
    ],
    'without a digest',
  )
  t.strictSame(
    await found(message.replace(run.id, 'never-was').replace(PATH, 'other/registry.json')),
    [['ForgedTrailer', 'error', 'never-was']],
    'of another path',
  )
})

t.test('clean after random runs, with other people at work beside the path; soak/audit.test.ts has more', t =>
  auditedRuns(t, 8),
)
