// Who owns a state directory: files lock-1, lock-2 and so on, of which the highest counts. The next number can be made by
// one process only, so that two which find the same owner dead do not both take over.
import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf, isAlive, type ProcessIdentity, readIdentity } from './process-identity.ts'

export interface DirectoryLock {
  /** Gives the directory up. */
  release(): Promise<void>
}

/** Who holds it. Undefined as owner: nobody, since `release`. */
interface Holder {
  readonly number: number
  readonly owner: ProcessIdentity | undefined
}

/** The lock, or the process that has it. */
export type LockAttempt =
  | { readonly lock: DirectoryLock }
  | { readonly lock: undefined; readonly owner: ProcessIdentity }

/** Takes the lock unless a living process has it; that of a dead one is taken over. */
export async function lockDirectory(directory: string, pid: number): Promise<LockAttempt> {
  const self = await identityOf(pid)
  if (!self) throw new Error(`process ${pid} does not know when it started`)
  for (;;) {
    const holder = await highest(directory)
    if (holder?.owner && (await isAlive(holder.owner))) return { lock: undefined, owner: holder.owner }
    const number = (holder?.number ?? 0) + 1
    if (!(await make(directory, number, self))) continue
    // Somebody may have come and gone between our look and our file: only the highest number owns.
    if ((await numbers(directory)).some(other => other > number)) {
      await unlink(nameOf(directory, number)).catch(ignoreMissing)
      continue
    }
    await removeBelow(directory, number)
    return { lock: { release: () => release(directory, number) } }
  }
}

/** The number goes on: whoever looked before must not find it free to take. */
async function release(directory: string, number: number): Promise<void> {
  await writeFile(nameOf(directory, number), '')
}

async function highest(directory: string): Promise<Holder | undefined> {
  const number = Math.max(0, ...(await numbers(directory)))
  if (number === 0) return undefined
  const text = await readFile(nameOf(directory, number), 'utf8').catch(() => undefined)
  // Gone between the two looks: somebody took over.
  return text === undefined ? highest(directory) : { number, owner: readIdentity(text) }
}

async function numbers(directory: string): Promise<number[]> {
  const names = await readdir(directory)
  return names.flatMap(name => (/^lock-[1-9]\d*$/.test(name) ? [Number(name.slice(5))] : []))
}

/** False when the number exists. The file appears with its content. */
async function make(directory: string, number: number, owner: ProcessIdentity): Promise<boolean> {
  const draft = join(directory, `.lock-draft-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(owner)}\n`, { mode: 0o600 })
  try {
    await link(draft, nameOf(directory, number))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft).catch(ignoreMissing)
  }
}

async function removeBelow(directory: string, number: number): Promise<void> {
  const older = (await numbers(directory)).filter(other => other < number)
  await Promise.all(older.map(other => unlink(nameOf(directory, other)).catch(ignoreMissing)))
}

function nameOf(directory: string, number: number): string {
  return join(directory, `lock-${number}`)
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
