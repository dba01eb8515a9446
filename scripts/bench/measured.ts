// Runs a program and measures it: time, and the memory of it and of everything that it started.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface Measured {
  readonly seconds: number
  /** Peak of the program itself, MiB; undefined where there is no /proc. */
  readonly peak: number | undefined
  /** Peak of the program and its children together, MiB. Files that git maps count, although they can be given back. */
  readonly peakOfAll: number | undefined
  readonly stdout: string
}

export interface Run {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

const LOOK_MS = 50

/** Throws with the program's error text when it does not end with 0. */
export async function measured(program: string, args: readonly string[], { cwd, env }: Run): Promise<Measured> {
  const begin = performance.now()
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => out.push(piece))
  child.stderr.on('data', (piece: Buffer) => err.push(piece))
  let peak = 0
  let peakOfAll = 0
  const look = setInterval(() => {
    peak = Math.max(peak, memoryOf(child.pid ?? 0, 'VmHWM'))
    const all = [child.pid ?? 0, ...descendants(child.pid ?? 0)]
    peakOfAll = Math.max(
      peakOfAll,
      all.reduce((sum, pid) => sum + memoryOf(pid, 'VmRSS'), 0),
    )
  }, LOOK_MS)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearInterval(look)
  const seconds = (performance.now() - begin) / 1000
  if (code !== 0)
    throw new Error(
      `${program} ${args.join(' ')} ended with ${code}: ${Buffer.concat(err).toString('utf8').slice(-500)}`,
    )
  return {
    seconds,
    peak: peak === 0 ? undefined : peak,
    peakOfAll: peak === 0 ? undefined : Math.max(peak, peakOfAll),
    stdout: Buffer.concat(out).toString('utf8'),
  }
}

/** The middle of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN
}

function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    // It has ended, or this is no Linux.
    return 0
  }
}

function descendants(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(task => {
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim()
      return children === '' ? [] : children.split(' ').flatMap(child => [Number(child), ...descendants(Number(child))])
    })
  } catch {
    return []
  }
}
