// What stderr tells: errors, notes, progress, colours; and the process around it.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Progress } from '../../src/commands/progress.ts'
import { listOf, server } from '../helpers/entries.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'
import { rollbook } from '../helpers/program.ts'

async function folder(t: Test, files: Record<string, string>): Promise<string> {
  const cwd = await temporaryDirectory(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  return cwd
}

/** A stderr that remembers, and a clock that is set by hand. */
function watched(isTTY: boolean, isSilent = false) {
  const seen: string[] = []
  const time = { now: 0 }
  const stream = { isTTY, write: (text: string) => seen.push(text) > 0 }
  const progress = new Progress(stream as unknown as NodeJS.WriteStream, { isSilent, now: () => time.now })
  return { seen, time, progress }
}

t.test('progress: a line every few seconds where nobody can rewrite it', async t => {
  const { seen, time, progress } = watched(false)
  for (const [now, step] of [
    [0, 'a'],
    [999, 'b'],
    [1000, 'c'],
    [2500, 'd'],
    [3999, 'e'],
    [4000, 'f'],
    [5000, 'g'],
  ] as const) {
    time.now = now
    progress.tell(step)
  }
  progress.end()
  t.strictSame(seen, ['c (1 s)\n', 'f (4 s)\n'])
})

t.test('progress: on a terminal one line that rewrites itself and is gone at the end', async t => {
  const { seen, time, progress } = watched(true)
  for (const [now, step] of [
    [0, 'a'],
    [1000, 'b'],
    [1100, 'c'],
    [1200, 'd'],
  ] as const) {
    time.now = now
    progress.tell(step)
  }
  progress.end()
  t.strictSame(seen, ['\rb (1 s)\u001b[K', '\rd (1 s)\u001b[K', '\r\u001b[K'])
})

t.test('progress: a remark stays, and the line that rewrites itself makes room for it', async t => {
  const { seen, time, progress } = watched(true)
  time.now = 1000
  progress.tell('a')
  progress.remark('told')
  progress.end()
  t.strictSame(seen, ['\ra (1 s)\u001b[K', '\r\u001b[K', 'told\n', '\r\u001b[K'])
  const silent = watched(true, true)
  silent.progress.remark('told')
  t.strictSame(silent.seen, [])
})

t.test('progress: none under --quiet, and none for what is quick', async t => {
  const silent = watched(true, true)
  silent.time.now = 5000
  silent.progress.tell('a')
  silent.progress.end()
  t.strictSame(silent.seen, [])
  const quick = watched(true)
  quick.progress.tell('a')
  quick.progress.end()
  t.strictSame(quick.seen, [])
})

t.test('progress: a long validation shows it on stderr, and --quiet silences it', async t => {
  const many = Array.from({ length: 300 }, (_, index) =>
    JSON.stringify({ server: server(`io.example/s${index}`, '1.0.0') }),
  )
  const cwd = await folder(t, { 'many.jsonl': many.join('\n') })
  const now = performance.now
  t.teardown(() => Object.assign(performance, { now }))
  // A slow machine, in no time: each look at the clock is a tenth of a second later.
  let time = 0
  Object.assign(performance, { now: () => (time += 100) })

  const loud = await program(['validate', 'many.jsonl'], { cwd })
  t.match(loud.stderr, /^validating: \d+ entries \(1 s\)\nvalidating: \d+ entries \(4 s\)\n/)
  Object.assign(performance, { now: () => (time += 1000) })
  t.match((await program(['validate', 'many.jsonl'], { cwd })).stderr, /^validating: 1 entry \(1 s\)\n/)
  t.equal((await program(['validate', 'many.jsonl', '--quiet'], { cwd })).stderr, '')
  t.equal((await program(['validate', 'many.jsonl', '--log-level', 'error'], { cwd })).stderr, '')
})

t.test('colours: on a terminal only, and not under --no-color, NO_COLOR or a dumb terminal', async t => {
  const cwd = await folder(t, { 'good.json': JSON.stringify(server('io.example/one', '1.0.0')) })
  const isTTY = true
  const good = ['validate', 'good.json']
  t.match((await program(good, { cwd, isTTY })).stdout, '\u001b[32mvalid\u001b[39m: 1 entry in')
  t.match((await program(['validate', 'none.json'], { cwd, isTTY })).stderr, '\u001b[31mrollbook:\u001b[39m none.json')
  const plain = [
    program(good, { cwd }),
    program([...good, '--no-color'], { cwd, isTTY }),
    program(good, { cwd, isTTY, env: { NO_COLOR: '1' } }),
    program(good, { cwd, isTTY, env: { ROLLBOOK_NO_COLOR: 'true' } }),
    program(good, { cwd, isTTY, env: { TERM: 'dumb' } }),
    program(['validate', 'none.json', '--no-color'], { cwd, isTTY }),
    program(['validate', '--wrong', '--no-color'], { cwd, isTTY }),
  ]
  for (const { stdout, stderr } of await Promise.all(plain)) t.notMatch(stdout + stderr, '\u001b')
  t.match(
    (await program(good, { cwd, isTTY, env: { NO_COLOR: '' } })).stdout,
    '\u001b[32m',
    'an empty NO_COLOR says nothing',
  )
})

t.test('notes: problems always, notes not under --log-level error, origins of settings under debug', async t => {
  const entry = server('io.example/one', '1.0.0', {
    packages: [{ registryType: 'npm', identifier: 'one', version: '1.0.0', transport: { type: 'stdio' } }],
  })
  const cwd = await folder(t, { 'list.json': listOf(entry, server('io.example/bad', 'latest')) })
  const convert = ['convert', 'list.json', '--to', 'toolhive', '--on-invalid', 'skip']

  const info = await program(convert, { cwd })
  t.match(info.stderr, /\[reserved-version-string\]/)
  t.match(info.stderr, /^list\.json:4:17: info: io\.example\/one 1\.0\.0: .* \[LeftOut\]$/m)
  const error = await program([...convert, '--log-level', 'error'], { cwd })
  t.match(error.stderr, /\[reserved-version-string\]/)
  t.notMatch(error.stderr, /\[LeftOut\]/)
  const debug = await program([...convert, '--log-level=debug'], { cwd, env: { ROLLBOOK_NAMESPACE: 'com.example' } })
  t.match(debug.stderr, 'debug: --namespace is com.example (environment ROLLBOOK_NAMESPACE)\n')
  t.match(debug.stderr, 'debug: --to is toolhive (flag)\n')
  t.equal(debug.stdout.length > 0, true)
})

t.test('a defect exits 70, with a stack only under --log-level debug', async t => {
  const cwd = await temporaryDirectory(t)
  // Something that no code of ours expects: the program's own version can't be told.
  const sabotage = 'process.stdout.write = () => { throw new TypeError("sabotaged") }'
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(sabotage)}` }

  const plain = await rollbook(['version'], { cwd, env })
  t.equal(plain.code, 70)
  t.equal(plain.stderr, 'rollbook: a defect of rollbook: sabotaged\n--log-level debug shows where\n')
  for (const more of [{ ROLLBOOK_LOG_LEVEL: 'debug' }, {}]) {
    const args = Object.keys(more).length === 0 ? ['version', '--log-level=debug'] : ['version']
    const { code, stderr } = await rollbook(args, { cwd, env: { ...env, ...more } })
    t.equal(code, 70)
    t.match(stderr, /TypeError: sabotaged\n {4}at /)
  }
})

t.test('a reader that leaves early is no defect', async t => {
  const many = Array.from({ length: 3000 }, (_, index) => server(`io.example/s${index}`, 'latest'))
  const cwd = await folder(t, { 'many.json': listOf(...many) })
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'dist/bundle/dist/src/cli.js'), 'validate', 'many.json', '-q', '-o', 'json'],
    {
      cwd,
    },
  )
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise(resolve => child.on('close', resolve))
  t.equal(code, 141)
  t.equal(stderr, '')
})

t.test('the process passes exit codes, stdin and streams on', async t => {
  const cwd = await temporaryDirectory(t)
  const input = JSON.stringify(server('io.example/one', '1.0.0'))
  const [good, bad, wrong, help] = await Promise.all([
    rollbook(['validate', '-', '-q'], { cwd, input }),
    rollbook(['validate', '-', '-o', 'json'], { cwd, input: input.replace('1.0.0', 'latest') }),
    rollbook(['validate', '-', '--wrong'], { cwd, input }),
    rollbook(['--help'], { cwd }),
  ])
  t.match(good, { code: 0, stdout: 'valid: 1 entry in 1 document\n', stderr: '' })
  t.equal(bad.code, 10)
  t.equal(JSON.parse(bad.stdout).valid, false)
  t.match(wrong, { code: 2, stdout: '' })
  t.match(help, { code: 0, stderr: '' })
})
