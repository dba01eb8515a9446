// The program inside the test's own process: everything but the process itself, in milliseconds instead of a start of Node.
import { Readable, Writable } from 'node:stream'
import { runProgram } from '../../src/commands/program.ts'
import type { Ran, RunProgram } from './program.ts'

export interface InProcess extends Partial<RunProgram> {
  /** As if stdout and stderr were terminals. */
  readonly isTTY?: boolean
}

/** Runs `rollbook` with these arguments to its end. */
export async function program(
  args: readonly string[],
  options: InProcess = {},
): Promise<Ran & { readonly code: number }> {
  const { cwd = '/nonexistent' } = options
  const stdout = gathered(options.isTTY)
  const stderr = gathered(options.isTTY)
  const code = await runProgram(args, {
    stdin: Readable.from([Buffer.from(options.input ?? '')]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...options.env },
    cwd,
    signal: new AbortController().signal,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** The same with `-o json`, and the document that it printed. */
export async function programJson<T>(args: readonly string[], options: InProcess = {}) {
  const { code, stdout, stderr } = await program([...args, '-o', 'json'], options)
  return { code, stderr, data: JSON.parse(stdout) as T }
}

function gathered(isTTY = false) {
  const pieces: Buffer[] = []
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece)
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(pieces).toString('utf8') }
}
