#!/usr/bin/env node
// argv to one command; the only process.exit. Every error ends here as one sentence and an exit code.
import { constants } from 'node:os'
import { painter } from './commands/color.ts'
import { type Command, type Terminal, UsageError } from './commands/command.ts'
import { Ended, type EndSignal } from './commands/ended.ts'
import { explain } from './commands/explain.ts'
import { commandHelp, programHelp } from './commands/help.ts'
import { originsOf, resolveArguments } from './commands/settings.ts'

/** Each command is loaded only when it is called: `--help` reads none of them. */
const COMMANDS: readonly { readonly name: string; readonly summary: string; load(): Promise<{ command: Command }> }[] =
  [
    {
      name: 'run',
      summary: 'do one run of one resource from manifests, without a cluster',
      load: () => import('./commands/run.ts'),
    },
    {
      name: 'validate',
      summary: 'check documents against the schemas and rules of their format',
      load: () => import('./commands/validate.ts'),
    },
    {
      name: 'convert',
      summary: 'convert documents between the upstream and the ToolHive format',
      load: () => import('./commands/convert.ts'),
    },
    {
      name: 'worker',
      summary: 'do the run of the request in ROLLBOOK_REQUEST (what a pod executes)',
      load: () => import('./commands/worker.ts'),
    },
    {
      name: 'config',
      summary: 'print every setting and where its value came from',
      load: () => import('./commands/config.ts'),
    },
    { name: 'version', summary: 'print the version', load: () => import('./commands/version.ts') },
  ]

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] satisfies EndSignal[]) {
  process.once(signal, () => ending.abort(new Ended(signal)))
}
// Whoever read our output has gone (`rollbook ... | head`): the code that a shell gives for that.
process.stdout.on('error', () => process.exit(128 + constants.signals.SIGPIPE))

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: ending.signal,
})

async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '--help', ...rest] = argv
  if (first === '--help' || first === '-h' || first === 'help') return tell(terminal, programHelp(COMMANDS))
  const name = first === '--version' ? 'version' : first
  const known = COMMANDS.find(command => command.name === name)
  const style = { command: known?.name, debug: false, noColor: rest.includes('--no-color') }
  try {
    if (!known) throw new UsageError(`there is no command ${JSON.stringify(first)}`)
    const { command } = await known.load()
    if (rest.includes('--help') || rest.includes('-h')) return tell(terminal, commandHelp(command.spec))
    const { options, positionals } = await resolveArguments(command.spec, rest, terminal)
    style.debug = options.text('log-level') === 'debug'
    style.noColor = options.flag('no-color')
    if (style.debug) terminal.stderr.write(originsOf(command.spec, options))
    return await command.run({ terminal, options, positionals })
  } catch (error) {
    const explained = explain(error, { ...style, paint: painter(terminal, 'stderr', style.noColor) })
    terminal.stderr.write(explained.text)
    return explained.exitCode
  }
}

function tell(terminal: Terminal, text: string): number {
  terminal.stdout.write(text)
  return 0
}
