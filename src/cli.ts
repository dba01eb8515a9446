#!/usr/bin/env node
// The process around the program: streams, signals, and the only process.exit.
import { constants } from 'node:os'
import { Ended, type EndSignal } from './commands/ended.ts'
import { DEFECT } from './commands/explain.ts'
import { runProgram } from './commands/program.ts'
import { EXIT_CODE } from './lib/failure.ts'

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] satisfies EndSignal[]) {
  process.once(signal, () => ending.abort(new Ended(signal)))
}
// A terminal or a pipe may stay silent for ever: whoever reads it is ended with it, and nobody may read it.
process.stdin.on('error', () => {})
ending.signal.addEventListener('abort', () => process.stdin.destroy(ending.signal.reason))
// Whoever read our output has gone (`rollbook ... | head`): the code that a shell gives for that.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE)
  process.stderr.write(
    `rollbook: the output can't be written: ${error.message}; what the command did stands [OutputNotWritable]\n`,
  )
  process.exit(EXIT_CODE.definite)
})

// Nothing is left that could end the command: Node would leave with a code of its own, and without a word.
process.once('beforeExit', () => {
  if (process.exitCode !== undefined) return
  process.stderr.write('rollbook: a defect of rollbook: the command waits for something that never comes\n')
  process.exit(DEFECT)
})

process.exitCode = await runProgram(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: ending.signal,
})
