// How the process ends: by one signal, whatever it reads; and never without a word.
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { killProcesses } from '../helpers/processes.ts'
import { rollbook, startRollbook } from '../helpers/program.ts'

async function folder(t: Test): Promise<string> {
  const cwd = await temporaryDirectory(t)
  // Whoever does not end by the signal.
  t.teardown(() => killProcesses(cwd, { spareServer: false }))
  return cwd
}

/** More than a pipe holds: once it is taken, the program reads. */
const SPACES = Buffer.alloc(1024 * 1024, ' ')

t.test('one signal ends whoever reads a silent stdin', async t => {
  for (const [args, signal, code] of [
    ['apply --local -f -', 'SIGINT', 130],
    ['validate -', 'SIGTERM', 143],
    ['run -f -', 'SIGINT', 130],
    ['convert - --to upstream', 'SIGTERM', 143],
    ['diff - /dev/null', 'SIGINT', 130],
    ['local -f -', 'SIGTERM', 143],
  ] as const) {
    const cwd = await folder(t)
    const program = startRollbook([...args.split(' '), '-q'], { cwd, input: SPACES, inputStays: true })
    await program.inputTaken
    process.kill(program.pid, signal)
    t.match(await program.ended, { code, stdout: '', stderr: `ended by ${signal}` }, args)
  }
})

t.test('the exit code of a signal stands in the result too', async t => {
  const cwd = await folder(t)
  const program = startRollbook(['run', '-f', '-', '-o', 'json'], { cwd, input: SPACES, inputStays: true })
  await program.inputTaken
  process.kill(program.pid, 'SIGINT')
  const { code, stdout } = await program.ended
  t.equal(code, 130)
  t.match(JSON.parse(stdout), { kind: 'Failure', reason: 'Cancelled', exitCode: 130 })
})

t.test('one signal ends whoever reads a silent named pipe, and what is written to one is read', async t => {
  const cwd = await folder(t)
  const pipe = join(cwd, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const args of ['apply --local -f pipe', 'validate pipe', 'run -f pipe', 'local -f pipe']) {
    const program = startRollbook([...args.split(' '), '-q'], { cwd })
    // Opened only when the program has opened it.
    const writer = await open(pipe, 'w')
    process.kill(program.pid, 'SIGINT')
    t.match(await program.ended, { code: 130, stderr: 'ended by SIGINT' }, args)
    await writer.close()
  }
  const program = startRollbook(['validate', 'pipe'], { cwd })
  const writer = await open(pipe, 'w')
  await writer.write('{"servers": ')
  await writer.write('[]}')
  await writer.close()
  t.match(await program.ended, { code: 0, stdout: 'valid: 0 entries in 1 document\n' })
})

t.test('a command that nothing can end any more is a defect, and says so', async t => {
  const cwd = await temporaryDirectory(t)
  const sabotage = `import { Readable } from 'node:stream'
    Object.defineProperty(process, 'stdin', { value: new Readable({ read() {} }) })`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(sabotage)}` }
  const stderr = /^rollbook: a defect of rollbook: the command waits for something that never comes\n$/
  t.match(await rollbook(['validate', '-', '-q'], { cwd, env }), { code: 70, stdout: '', stderr })
})
