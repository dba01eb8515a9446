// A `git` in front of the real one that does something of the test's just before a subcommand: the one place where a test
// can hold a run at a known moment, or let the world change there.
import { constants, existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Test } from 'tap'
import { temporaryDirectory } from './git-repository.ts'

/** For the program's environment. */
export type WrappedGit = { readonly PATH: string }

export interface Gate {
  /** Shell script that stops whoever comes first; later ones pass. */
  readonly script: string
  /** Shell script that lets it go on. */
  readonly opening: string
  /** Somebody stands there. */
  isReached(): boolean
  open(): Promise<void>
}

/** Runs the script before every call of the subcommand. In it, `$GIT` is the real git; the call itself follows. */
export async function wrappedGit(t: Test, subcommand: string, script: string): Promise<WrappedGit> {
  const directory = await temporaryDirectory(t)
  const path = process.env['PATH'] ?? ''
  const real = path
    .split(delimiter)
    .map(folder => join(folder, 'git'))
    .find(existsSync)
  if (real === undefined) throw new Error('git is not on PATH')
  const lines = [
    '#!/bin/sh',
    `GIT='${real}'`,
    `if [ "$1" = '${subcommand}' ]; then`,
    script,
    'fi',
    'exec "$GIT" "$@"',
    '',
  ]
  await writeFile(join(directory, 'git'), lines.join('\n'), { mode: 0o755 })
  return { PATH: `${directory}${delimiter}${path}` }
}

/** A place where a script waits until it may go on or is killed. */
export async function makeGate(t: Test): Promise<Gate> {
  const directory = await temporaryDirectory(t)
  const fifo = join(directory, 'fifo')
  // Whoever still stands there when a test has failed would keep its process, and this one, from ending.
  t.teardown(() => openIfTaken(fifo))
  return {
    script: `if mkdir '${directory}/taken' 2>/dev/null; then mkfifo '${fifo}' && read _ < '${fifo}'; fi`,
    opening: `echo > '${fifo}'`,
    isReached: () => existsSync(fifo),
    open: () => writeFile(fifo, '\n'),
  }
}

async function openIfTaken(fifo: string): Promise<void> {
  try {
    const gate = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    await gate.write('\n')
    await gate.close()
  } catch (error) {
    // Nobody came, or nobody stands there any more.
    if (!['ENOENT', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
