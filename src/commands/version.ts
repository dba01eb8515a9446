// `rollbook version`.
import { existsSync, readFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { printResult } from './print.ts'

export const command: Command = {
  spec: {
    name: 'version',
    summary: 'print the version',
    usage: '',
    positionals: { min: 0, max: 0 },
    options: [],
    examples: ['rollbook version', 'rollbook version -o json'],
  },
  run: async invocation => {
    const version = programVersion()
    const data = { kind: 'Version', version, node: process.version }
    await printResult(invocation, data, () => `rollbook ${version} (node ${process.version})\n`)
    return 0
  },
}

/** Of the nearest package.json above this file: the bundle lies deeper in its folder than the build. */
export function programVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder)
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (folder.pathname === '/') throw new Error('the package.json of rollbook is not beside it')
  }
}
