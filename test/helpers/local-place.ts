// A folder in which somebody works in local mode, with the program inside the test's own process.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { temporaryDirectory } from './git-repository.ts'
import { type InProcess, program, programJson } from './in-process.ts'
import type { Ran } from './program.ts'

export interface LocalPlace {
  readonly cwd: string
  /** Writes a file of the folder. */
  write(name: string, text: string): Promise<void>
  /** `rollbook ... --local -q`, to its end. */
  run(args: string, options?: InProcess): Promise<Ran & { readonly code: number }>
  /** The same with `-o json`, and the document that it printed. */
  json<T>(
    args: string,
    options?: InProcess,
  ): Promise<{ readonly code: number; readonly stderr: string; readonly data: T }>
}

/** Commands are about the namespace. */
export async function localPlace(t: Test, namespace = 'default'): Promise<LocalPlace> {
  const cwd = await temporaryDirectory(t)
  const words = (args: string) => {
    const where = args.startsWith('local') ? [] : ['--local']
    const about = args.includes(' -n ') ? [] : ['-n', namespace]
    return [...args.split(' '), ...about, ...where, '-q']
  }
  return {
    cwd,
    write: (name, text) => writeFile(join(cwd, name), text),
    run: (args, options = {}) => program(words(args), { cwd, ...options }),
    json: (args, options = {}) => programJson(words(args), { cwd, ...options }),
  }
}
