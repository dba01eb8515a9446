// Processes of runs that outlived who started them: a killed `rollbook local` leaves its children and their folders, with the
// Secrets in them. The next owner of the state directory ends the first and removes the second.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf, isAlive, readIdentity } from './process-identity.ts'
import { runFolders } from './run-folder.ts'

const FILE = 'process'

/** Remembers the leader of a run's processes in the folder of the run. */
export async function rememberProcess(folder: string, pid: number): Promise<void> {
  const identity = await identityOf(pid)
  // Ended already.
  if (identity) await writeFile(join(folder, FILE), JSON.stringify(identity), { mode: 0o600 })
}

/** Ends what is left of former runs and removes their folders. */
export async function removeOrphans(directory: string): Promise<void> {
  for (const folder of await runFolders(directory)) {
    const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
    const leader = text === undefined ? undefined : readIdentity(text)
    if (leader && (await isAlive(leader))) signalGroup(leader.pid, 'SIGKILL')
    await killProcessesOf(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Ends every process whose environment names the folder: git runs in groups of its own, and loses its parent when the worker
 * is killed. Only where there is /proc; elsewhere git ends when it finds its pipes closed.
 */
export async function killProcessesOf(folder: string): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.includes(`${folder}/`)) signalProcess(Number(pid), 'SIGKILL')
  }
}

/** A signal to all processes of a group; one that is gone needs none. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalProcess(-leader, signal)
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
