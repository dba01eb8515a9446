// A program with all that it started, found by a folder that stands in their environment: git runs in process groups of
// its own, and who loses its parent gets another one, but what is inherited at the start stays readable in /proc.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export interface FoundProcess {
  readonly pid: number
  readonly parent: number
  readonly command: string
  /** As `/proc` has it: a process may be gone a moment later. */
  readonly environment: string
}

export interface KillOptions {
  /** Leaves git's own server processes alone, as on a host that is not killed with its client. */
  readonly spareServer: boolean
}

/** Living processes whose environment mentions the folder; none where there is no /proc (needs.ts, "needProc"). */
export function processesOf(directory: string): FoundProcess[] {
  if (!existsSync('/proc')) return []
  const found: FoundProcess[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = textOf(`/proc/${name}/environ`)
    if (!environment.includes(directory)) continue
    const command = textOf(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim()
    // After the name, which may hold anything: state, then parent.
    const parent = Number(textOf(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ')[1])
    found.push({ pid: Number(name), parent, command, environment })
  }
  return found
}

/** `kill -9` of all of them at one moment: each is stopped first, so that none starts another one meanwhile. */
export function killProcesses(directory: string, { spareServer }: KillOptions): void {
  const stopped = new Set<number>()
  for (;;) {
    const all = processesOf(directory)
    const doomed = (spareServer ? withoutServers(all) : all).filter(({ pid }) => !stopped.has(pid))
    if (doomed.length === 0) break
    for (const { pid } of doomed) {
      stopped.add(pid)
      signal(pid, 'SIGSTOP')
    }
  }
  for (const pid of stopped) signal(pid, 'SIGKILL')
}

/** `git push` to a file URL starts the other side itself; that, and what it started, is the server. */
function withoutServers(all: readonly FoundProcess[]): FoundProcess[] {
  const servers = new Set(
    all.filter(({ command }) => /\bgit[- ](?:receive|upload)-pack\b/.test(command)).map(({ pid }) => pid),
  )
  for (let size = 0; size !== servers.size; ) {
    size = servers.size
    for (const { pid, parent } of all) if (servers.has(parent)) servers.add(pid)
  }
  return all.filter(({ pid }) => !servers.has(pid))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // It ended, or is another user's.
    return ''
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself.
  }
}

/** Argument lists of all processes, each as one line. */
export function processLines(): string[] {
  let ids: string[]
  try {
    ids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  }
  return ids.map(id => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return ''
    }
  })
}
