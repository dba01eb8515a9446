// `rollbook completion`: a script that makes a shell complete commands, options and their values.

import { type Command, globalOptions } from './command.ts'
import { type CompletedCommand, SHELLS } from './completion-scripts.ts'
import { COMMANDS } from './program.ts'

export const command: Command = {
  spec: {
    name: 'completion',
    summary: 'print the script by which a shell completes commands and options',
    usage: 'bash|zsh|fish',
    positionals: { min: 1, max: 1, values: [...SHELLS.keys()] },
    options: [],
    // The script is all that it prints.
    withoutGlobals: ['output'],
    examples: [
      'source <(rollbook completion bash)',
      'rollbook completion fish > ~/.config/fish/completions/rollbook.fish',
    ],
  },
  run: async ({ positionals, terminal }) => {
    const script = SHELLS.get(positionals[0] ?? '')
    terminal.stdout.write(script?.(await completedCommands()) ?? '')
    return 0
  },
}

/** Every command as help and the parser of arguments know it: no second list can fall behind. */
async function completedCommands(): Promise<CompletedCommand[]> {
  const loaded = await Promise.all(COMMANDS.map(({ load }) => load()))
  return loaded.map(({ command: { spec } }) => ({
    name: spec.name,
    summary: spec.summary,
    options: [...spec.options, ...globalOptions(spec)],
    positionals: spec.positionals,
  }))
}
