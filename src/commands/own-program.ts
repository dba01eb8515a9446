// How this very program is started again, for workers: by the file of its command line, whichever way it was built.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The file to start, and what stands before the arguments of a command. */
export function ownProgram(): readonly [file: string, ...args: string[]] {
  // The bundle has all its files beside cli.js; the modules of a package stand one folder below it.
  const candidates = ['./cli.js', '../cli.js'].map(path => fileURLToPath(new URL(path, import.meta.url)))
  const found = candidates.find(path => existsSync(path))
  if (found === undefined) throw new Error(`cli.js is not where it was built to: ${candidates.join(', ')}`)
  return [process.execPath, found]
}
