// Which process it is: a number is given to another process once the first has ended, so the time of its start is part of it.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, as the system counts; compared, never read. */
  readonly started: string
}

/** Undefined when there is no such process. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const started = (await startInProc(pid)) ?? (await startFromPs(pid))
  return started === undefined ? undefined : { pid, started }
}

/** True while that very process lives. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.started === identity.started
}

/** Linux: ticks since the boot, and which boot. */
async function startInProc(pid: number): Promise<string | undefined> {
  const [boot, stat] = await Promise.all(
    ['/proc/sys/kernel/random/boot_id', `/proc/${pid}/stat`].map(path => readFile(path, 'utf8').catch(() => undefined)),
  )
  // After the name, which may hold anything: state first, start as the twentieth. A zombie has ended.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (boot === undefined || fields === undefined || fields[0] === 'Z') return undefined
  return `${boot.trim()} ${fields[19]}`
}

/** Elsewhere, and also on Linux for a process that is not there. */
async function startFromPs(pid: number): Promise<string | undefined> {
  const printed = await new Promise<string>(resolve => {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
    execFile('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env }, (error, stdout) => resolve(error ? '' : stdout))
  })
  const [, state = 'Z', started] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(printed) ?? []
  return state.startsWith('Z') ? undefined : started
}

/** An identity as JSON text holds it; undefined for any other text, such as one whose writer was killed. */
export function readIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined
  }
}
