// The lock of a state directory, on real processes: one owner at a time, and none when the owner has died.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { lockDirectory } from '../../src/local/directory-lock.ts'
import { identityOf, isAlive } from '../../src/local/process-identity.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { projectRoot } from '../helpers/needs.ts'

const module = pathToFileURL(join(projectRoot, 'dist/src/local/directory-lock.js')).href

interface Contender {
  readonly child: ChildProcess
  /** True when it has the lock, and keeps it until it is killed. */
  readonly won: Promise<boolean>
}

/** A process that waits for a line, then tries to take the lock. */
function contender(t: Test, directory: string): Contender {
  const script = `import { lockDirectory } from ${JSON.stringify(module)}
    process.stdin.once('data', async () => {
      const { lock } = await lockDirectory(${JSON.stringify(directory)}, process.pid)
      process.stdout.write(lock ? 'won' : 'lost')
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  return { child, won: once(child.stdout, 'data').then(([said]) => String(said) === 'won') }
}

async function killed({ child }: Contender): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

t.test('one process owns the directory, and the next one after it let go', async t => {
  const directory = await temporaryDirectory(t)
  const first = await lockDirectory(directory, process.pid)
  t.ok(first.lock)
  const second = await lockDirectory(directory, process.pid)
  t.strictSame(second, { lock: undefined, owner: await identityOf(process.pid) })
  await first.lock?.release()
  t.ok((await lockDirectory(directory, process.pid)).lock)
  t.strictSame(readdirSync(directory), ['lock-2'], 'nothing else is left')
})

t.test('of many that find a dead owner at the same moment, one takes over', async t => {
  const directory = await temporaryDirectory(t)
  for (let round = 0; round < 3; round++) {
    const all = Array.from({ length: 6 }, () => contender(t, directory))
    for (const { child } of all) child.stdin?.write('go\n')
    const won = await Promise.all(all.map(each => each.won))
    t.equal(won.filter(Boolean).length, 1, `round ${round}: ${won}`)
    // They die with the lock held.
    await Promise.all(all.map(killed))
  }
})

t.test('a lock whose number now belongs to another process is that of a dead one', async t => {
  const directory = await temporaryDirectory(t)
  const self = await identityOf(process.pid)
  t.ok(self && (await isAlive(self)))
  writeFileSync(join(directory, 'lock-7'), JSON.stringify({ pid: process.pid, started: 'before' }))
  t.ok((await lockDirectory(directory, process.pid)).lock)
  t.strictSame(JSON.parse(readFileSync(join(directory, 'lock-8'), 'utf8')), self)
})

t.test('a torn lock names no owner', async t => {
  const directory = await temporaryDirectory(t)
  writeFileSync(join(directory, 'lock-1'), '{"pid":1,')
  t.ok((await lockDirectory(directory, process.pid)).lock)
})

t.test('an ended process is not alive', async t => {
  const child = spawn(process.execPath, ['-e', ''])
  const identity = await identityOf(child.pid ?? 0)
  await once(child, 'exit')
  t.ok(identity)
  if (identity) t.notOk(await isAlive(identity))
})
