#!/usr/bin/env node
// argv to one command; the only process.exit. Every error ends here as one sentence and an exit code.
import { type Command, type Terminal, UsageError } from './commands/command.ts'
import { Ended, type EndSignal } from './commands/ended.ts'
import { commandHelp, programHelp } from './commands/help.ts'
import { resolveArguments } from './commands/settings.ts'
import { EXIT_CODE, Failure } from './lib/failure.ts'

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

const USAGE_ERROR = 2
const DEFECT = 70

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] satisfies EndSignal[]) {
  process.once(signal, () => ending.abort(new Ended(signal)))
}

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
  if (!known)
    return refuse(terminal, `there is no command ${JSON.stringify(first)}`, 'rollbook --help lists the commands')
  const { command } = await known.load()
  try {
    if (rest.includes('--help') || rest.includes('-h')) return tell(terminal, commandHelp(command.spec))
    const { options, positionals } = resolveArguments(command.spec, rest, terminal)
    return await command.run({ terminal, options, positionals })
  } catch (error) {
    return explain(terminal, error, {
      name,
      debug: terminal.env['ROLLBOOK_LOG_LEVEL'] === 'debug' || argv.join(' ').includes('--log-level debug'),
    })
  }
}

function tell(terminal: Terminal, text: string): number {
  terminal.stdout.write(text)
  return 0
}

function refuse(terminal: Terminal, problem: string, hint: string): number {
  terminal.stderr.write(`rollbook: ${problem}\n${hint}\n`)
  return USAGE_ERROR
}

function explain(terminal: Terminal, error: unknown, { name, debug }: { name: string; debug: boolean }): number {
  if (error instanceof UsageError)
    return refuse(terminal, error.message, `rollbook ${name} --help tells how it is used`)
  if (error instanceof Failure) {
    terminal.stderr.write(`rollbook: ${error.message}${error.hint ? `\n${error.hint}` : ''} [${error.reason}]\n`)
    return EXIT_CODE[error.class]
  }
  const defect = error instanceof Error ? error : new Error(String(error))
  terminal.stderr.write(`rollbook: a defect of rollbook: ${defect.message}\n`)
  terminal.stderr.write(debug ? `${defect.stack}\n` : '--log-level debug shows where\n')
  return DEFECT
}
