// `rollbook version`.
import { readFileSync } from 'node:fs'
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

function programVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
