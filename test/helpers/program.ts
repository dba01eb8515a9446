// The program itself, run as people run it: a child process with an environment of its own, from the bundle, which starts
// in half the time.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './needs.ts'

export interface Ran {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunProgram {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  /** Stdin stays open after the input, and silent. */
  readonly inputStays?: boolean
  /** From the modules instead, as an installed package runs. */
  readonly unbundled?: boolean
}

/** A program that is still at work. It leads a process group of its own. */
export interface StartedProgram {
  readonly pid: number
  /** What it printed so far. */
  stdout(): string
  stderr(): string
  /** It has read the input, but for what a pipe holds. */
  readonly inputTaken: Promise<void>
  readonly ended: Promise<Ran>
}

/** The bundle. */
export const programFile = join(projectRoot, 'dist/bundle/dist/src/cli.js')
const modules = join(projectRoot, 'dist/src/cli.js')

/** Starts `rollbook`. Its environment has nothing of this machine's but PATH. */
export function startRollbook(
  args: readonly string[],
  { cwd, env = {}, input = '', inputStays = false, unbundled = false }: RunProgram,
): StartedProgram {
  const child = spawn(process.execPath, [unbundled ? modules : programFile, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, TMPDIR: cwd, ...env },
    detached: true,
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => out.push(piece))
  child.stderr.on('data', (piece: Buffer) => err.push(piece))
  child.stdin.on('error', () => {})
  const inputTaken = new Promise<void>(resolve => child.stdin.write(input, () => resolve()))
  if (!inputStays) child.stdin.end()
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })
  const textOf = (pieces: Buffer[]) => () => Buffer.concat(pieces).toString()
  return { pid: child.pid ?? 0, stdout: textOf(out), stderr: textOf(err), inputTaken, ended }
}

/** Runs `rollbook` to its end. */
export function rollbook(args: readonly string[], options: RunProgram): Promise<Ran> {
  return startRollbook(args, options).ended
}

/** Runs `rollbook ... -o json` and gives the document it printed; throws with its error text when there is none. */
export async function rollbookJson<T>(
  args: readonly string[],
  options: RunProgram,
): Promise<{ code: number | null; data: T; stderr: string }> {
  const { code, stdout, stderr } = await rollbook([...args, '-o', 'json'], options)
  try {
    return { code, data: JSON.parse(stdout) as T, stderr }
  } catch {
    throw new Error(`rollbook ${args.join(' ')} printed no JSON (exit ${code}): ${stdout}${stderr}`)
  }
}
