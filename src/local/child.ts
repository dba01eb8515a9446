// The container of a run as a child process: its own process group, bounded output, an end in every case.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { killProcessesOf, signalGroup } from './orphans.ts'

export interface ChildCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Named in the environment of everything that it starts. */
  readonly folder: string
  /** Receives what it prints, stdout and stderr as they come. */
  readonly output: (piece: Buffer) => void
}

export interface ChildExit {
  /** 128 + its number after a signal. */
  readonly exitCode: number
  readonly signal?: number
  /** The system ran out of memory while it was killed, or its own heap was full. */
  readonly isOutOfMemory: boolean
}

export interface Child {
  readonly pid: number
  /** Settles when it and everything that it started are gone. */
  readonly ended: Promise<ChildExit>
  /** Asks it to end, and ends it after the grace. Returns at once; also a second time. */
  stop(graceSeconds: number): void
}

/** Rejects when the program can't be started. */
export async function startChild({ file, args, cwd, env, folder, output }: ChildCommand): Promise<Child> {
  const killsBefore = await memoryKills()
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  if (pid === undefined) return await failed
  failed.catch(() => {})

  let killer: NodeJS.Timeout | undefined
  let heapIsFull = false
  child.stdout.on('data', output)
  child.stderr.on('data', (piece: Buffer) => {
    heapIsFull ||= piece.includes('heap out of memory')
    output(piece)
  })
  // What it started may hold its pipes open, and has to end with it. A worker that ends by itself has seen to that.
  child.once('exit', (_code, signal) => {
    clearTimeout(killer)
    signalGroup(pid, 'SIGKILL')
    if (signal !== null) void killProcessesOf(folder)
  })
  const ended = new Promise<ChildExit>(resolve => {
    child.once('close', async (code, signal) => {
      if (signal !== null) await killProcessesOf(folder)
      const number = signal === null ? undefined : constants.signals[signal]
      const isKilled = signal === 'SIGKILL' && (await memoryKills()) > killsBefore
      resolve({
        exitCode: code ?? 128 + (number ?? 0),
        ...(number === undefined ? {} : { signal: number }),
        isOutOfMemory: isKilled || (heapIsFull && code !== 0),
      })
    })
  })
  const stop = (graceSeconds: number) => {
    if (child.exitCode !== null || child.signalCode !== null || killer !== undefined) return
    signalGroup(pid, 'SIGTERM')
    killer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceSeconds * 1000)
  }
  return { pid, ended, stop }
}

/** How many processes Linux has killed for want of memory since it started; 0 where nobody counts. */
async function memoryKills(): Promise<number> {
  const counters = await readFile('/proc/vmstat', 'utf8').catch(() => '')
  return Number(/^oom_kill (\d+)$/m.exec(counters)?.[1] ?? 0)
}
