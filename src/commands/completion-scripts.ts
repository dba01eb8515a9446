// Completion scripts, one writer a shell, all from the tables of options. Pure.
import type { CommandSpec, OptionSpec } from './command.ts'

export type CompletedCommand = Pick<CommandSpec, 'name' | 'summary' | 'options' | 'positionals'>

/** By the name that `rollbook completion` takes. */
export const SHELLS: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** What stands behind an option or in place of an argument. */
type Wanted = 'path' | 'nothing' | readonly string[]

function wantedBy({ type, values, value = '' }: OptionSpec): Wanted | undefined {
  if (type === 'boolean') return undefined
  return values ?? (/FILE|DIR|FOLDER/.test(value) ? 'path' : 'nothing')
}

function wantedArgument({ positionals }: CompletedCommand): Wanted {
  return positionals.values ?? positionals.suggests ?? (positionals.max > 0 ? 'path' : 'nothing')
}

function flagsOf({ name, short }: OptionSpec): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]
}

/** An empty reply lets readline complete files (`-o default`), which quotes them as it likes. */
function bashScript(commands: readonly CompletedCommand[]): string {
  const replies = (wanted: Wanted) => {
    if (wanted === 'path') return 'return'
    if (wanted === 'nothing') return '_rollbook_nothing; return'
    return `COMPREPLY=($(compgen -W '${wanted.join(' ')}' -- "$cur")); return`
  }
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(option => {
      const wanted = wantedBy(option)
      const patterns = flagsOf(option).map(flag => `'${name} ${flag}'`)
      return wanted === undefined ? [] : [`    ${patterns.join('|')}) ${replies(wanted)} ;;`]
    }),
  )
  const rest = commands.flatMap(command => [
    `    ${command.name})`,
    `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${command.options.flatMap(flagsOf).join(' ')}' -- "$cur")); return; fi`,
    `      ${replies(wantedArgument(command))} ;;`,
  ])
  return `# bash completion of rollbook: source <(rollbook completion bash)
_rollbook_nothing() {
  # bash 3 has no compopt, and offers files then.
  if type compopt >/dev/null 2>&1; then compopt +o default 2>/dev/null; fi
}
_rollbook() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}' -- "$cur"))
    return
  fi
  # --option=value comes as three words.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  case "\${COMP_WORDS[1]} $prev" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${rest.join('\n')}
  esac
}
complete -o default -F _rollbook rollbook
`
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const action = (wanted: Wanted) => {
    if (wanted === 'path') return '_files'
    return wanted === 'nothing' ? ' ' : `(${wanted.join(' ')})`
  }
  const specOf = (option: OptionSpec) => {
    const wanted = wantedBy(option)
    const help = option.help.replace(/[[\]\\:]/g, '\\$&')
    const value = wanted === undefined ? '' : `:${(option.value ?? '').replace(/[\\:]/g, '\\$&')}:${action(wanted)}`
    return flagsOf(option).map(flag => quoted(`${option.multiple ? '*' : ''}${flag}[${help}]${value}`))
  }
  const cases = commands.flatMap(command => [
    `    ${command.name})`,
    '      _arguments \\',
    ...command.options.flatMap(specOf).map(spec => `        ${spec} \\`),
    `        ${quoted(`*:argument:${action(wantedArgument(command))}`)}`,
    '      ;;',
  ])
  return `#compdef rollbook
# zsh completion of rollbook: source <(rollbook completion zsh), after compinit
_rollbook() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
  esac
}
compdef _rollbook rollbook
if [[ $funcstack[1] == _rollbook ]]; then _rollbook "$@"; fi
`
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = ['# fish completion of rollbook: rollbook completion fish | source', 'complete -c rollbook -f']
  const takes = (wanted: Wanted) => {
    if (wanted === 'path') return '-r -F'
    return wanted === 'nothing' ? '-x' : `-x -a ${quoted(wanted.join(' '))}`
  }
  for (const { name, summary } of commands) {
    lines.push(`complete -c rollbook -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`)
  }
  for (const command of commands) {
    const seen = `complete -c rollbook -n '__fish_seen_subcommand_from ${command.name}'`
    const argument = wantedArgument(command)
    if (argument === 'path') lines.push(`${seen} -F`)
    else if (argument !== 'nothing') lines.push(`${seen} -a ${quoted(argument.join(' '))}`)
    for (const option of command.options) {
      const short = option.short === undefined ? '' : ` -s ${option.short}`
      const wanted = wantedBy(option)
      const value = wanted === undefined ? '' : ` ${takes(wanted)}`
      lines.push(`${seen} -l ${option.name}${short}${value} -d ${fishQuoted(option.help)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** In single quotes of bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function fishQuoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
