// How the process ends: by one signal, whatever it reads.
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { startRollbook } from '../helpers/program.ts'

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
    const cwd = await temporaryDirectory(t)
    const program = startRollbook([...args.split(' '), '-q'], { cwd, input: SPACES, inputStays: true })
    await program.inputTaken
    process.kill(program.pid, signal)
    t.match(await program.ended, { code, stdout: '', stderr: `ended by ${signal}` }, args)
  }
})

t.test('one signal ends whoever reads a silent named pipe, and what is written to one is read', async t => {
  const cwd = await temporaryDirectory(t)
  const pipe = join(cwd, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const args of ['validate pipe', 'run -f pipe', 'local -f pipe']) {
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
