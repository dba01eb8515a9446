// `rollbook config`: every setting, its value, and where that came from.

import { SETTINGS } from './all-settings.ts'
import { type Command, GLOBAL_OPTIONS, type Invocation, type OptionSpec } from './command.ts'
import { printResult } from './print.ts'

export const command: Command = {
  spec: {
    name: 'config',
    summary: 'print every setting and where its value came from',
    usage: '[OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: SETTINGS,
    examples: ['rollbook config', 'ROLLBOOK_OUTPUT=json rollbook config'],
  },
  run: async invocation => {
    const settings = [...SETTINGS, ...GLOBAL_OPTIONS]
      .filter(({ isSetting }) => isSetting !== false)
      .map(option => settingOf(option, invocation))
    await printResult(invocation, { kind: 'Config', settings }, () => textOf(settings))
    return 0
  },
}

interface Setting {
  readonly name: string
  readonly value: string | null
  readonly origin: string
}

function settingOf({ name }: OptionSpec, { options }: Invocation): Setting {
  const values = options.list(name)
  return { name, value: values.length === 0 ? null : values.join(','), origin: options.origin(name) }
}

function textOf(settings: readonly Setting[]): string {
  const width = Math.max(...settings.map(({ name }) => name.length))
  return settings.map(({ name, value, origin }) => `${name.padEnd(width)}  ${value ?? '-'}  (${origin})\n`).join('')
}
