// Help texts, made from the same data that parses the options, so that they can't drift.
import { type CommandSpec, globalOptions, type OptionSpec } from './command.ts'

/** `rollbook --help`. */
export function programHelp(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'rollbook - GitOps-native job runner for MCP registries',
    '',
    'Usage: rollbook COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'rollbook COMMAND --help tells the options of one command.',
    '',
  ].join('\n')
}

/** `rollbook COMMAND --help`. */
export function commandHelp(spec: CommandSpec): string {
  return [
    `rollbook ${spec.name} - ${spec.summary}`,
    '',
    `Usage: rollbook ${spec.name} ${spec.usage}`.trimEnd(),
    '',
    ...(spec.options.length > 0 ? ['Options:', ...optionLines(spec.options), ''] : []),
    'Options of every command:',
    ...optionLines(globalOptions(spec)),
    '',
    'Examples:',
    ...spec.examples.map(example => `  ${example}`),
    '',
  ].join('\n')
}

function optionLines(options: readonly OptionSpec[]): string[] {
  const names = options.map(({ name, short, value, alone }) => {
    const shown = value === undefined ? '' : alone === undefined ? ` ${value}` : `[=${value}]`
    return `${short ? `-${short}, ` : '    '}--${name}${shown}`
  })
  const width = Math.max(...names.map(name => name.length))
  return options.map((option, index) => `  ${(names[index] ?? '').padEnd(width)}  ${option.help}${remarks(option)}`)
}

function remarks({ values, default: fallback }: OptionSpec): string {
  const told = [values ? values.join(', ') : '', fallback === undefined ? '' : `default ${fallback}`].filter(Boolean)
  return told.length === 0 ? '' : ` (${told.join('; ')})`
}
