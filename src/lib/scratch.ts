// Scratch folders. Each has its process in its name, so that what a killed one left behind, keys of Secrets among it, goes
// away with the next run on this machine.
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from './hash.ts'

/** A new folder for this process alone, after those of dead processes are gone. `removeScratch` ends it. */
export async function openScratch(parent: string, purpose: string): Promise<string> {
  await sweep(parent, await placeOfProcesses())
  return newScratch(parent, purpose)
}

/** The same without looking at others: for what is made often. */
export async function newScratch(parent: string, purpose: string): Promise<string> {
  return mkdtemp(join(parent, `rollbook-${purpose}-${await placeOfProcesses()}-${process.pid}-`))
}

export async function removeScratch(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Names where a process id says who is meant: this kernel since it started, and this container. Elsewhere, on a temporary
 * folder that several share, the same number is another process.
 */
async function placeOfProcesses(): Promise<string> {
  const nothing = () => ''
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(nothing)
  const container = await readlink('/proc/self/ns/pid').catch(nothing)
  return sha256Hex(`${hostname()}\n${boot}\n${container}`).slice(0, 8)
}

async function sweep(parent: string, place: string): Promise<void> {
  // A folder that can't be listed is told by whoever makes one in it.
  const names = await readdir(parent).catch(() => [])
  for (const name of names) {
    const [, where, pid] = /^rollbook-[a-z]+-([0-9a-f]{8})-([1-9][0-9]{0,9})-[A-Za-z0-9]{6}$/.exec(name) ?? []
    if (where !== place || isAlive(Number(pid))) continue
    const folder = join(parent, name)
    // Somebody else may be removing it now, or may own it: it is no reason for this run to fail.
    if (await isOwnFolder(folder)) await removeScratch(folder).catch(() => {})
  }
}

/** No link, and nothing that another user put there. */
async function isOwnFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isDirectory()) return false
  return found.uid === (process.getuid?.() ?? found.uid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM is a process of another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
