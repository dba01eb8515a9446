// argv to one command. Every error ends here as one sentence and an exit code.

import { ClusterError } from '../cluster/cluster-error.ts'
import { Failure } from '../lib/failure.ts'
import { painter } from './color.ts'
import { type Command, globalOptions, type Invocation, type Terminal, UsageError } from './command.ts'
import { explain, failureResult } from './explain.ts'
import { commandHelp, programHelp } from './help.ts'
import { meant } from './meant.ts'
import { hasPrinted, printResult } from './print.ts'
import { originsOf, resolveArguments } from './settings.ts'

/** Each command is loaded only when it is called: `--help` reads none of them. */
export const COMMANDS: readonly {
  readonly name: string
  readonly summary: string
  load(): Promise<{ command: Command }>
}[] = [
  {
    name: 'run',
    summary: 'do one run of one resource from manifests, without a cluster',
    load: () => import('./run.ts'),
  },
  {
    name: 'local',
    summary: 'run controllers and jobs in one process, without a cluster',
    load: () => import('./local.ts'),
  },
  { name: 'apply', summary: 'create resources, or bring them to what manifests say', load: () => import('./apply.ts') },
  { name: 'get', summary: 'show resources, or one of them', load: () => import('./get.ts') },
  {
    name: 'describe',
    summary: 'tell all about one resource',
    load: () => import('./describe.ts'),
  },
  { name: 'history', summary: 'show the runs of a resource, newest first', load: () => import('./history.ts') },
  { name: 'events', summary: 'show what happened to resources, oldest first', load: () => import('./events.ts') },
  { name: 'logs', summary: 'print what the worker of a run printed', load: () => import('./logs.ts') },
  { name: 'trigger', summary: 'ask for a run of a resource now', load: () => import('./trigger.ts') },
  { name: 'wait', summary: 'wait until a resource is Ready or has Succeeded', load: () => import('./wait.ts') },
  {
    name: 'suspend',
    summary: 'start no further run of a resource until it is resumed',
    load: () => import('./suspend.ts'),
  },
  { name: 'resume', summary: 'let a suspended resource run again', load: () => import('./resume.ts') },
  { name: 'cancel', summary: 'end the run of a resource that is under way', load: () => import('./cancel.ts') },
  { name: 'delete', summary: 'delete resources; what they wrote to git stays', load: () => import('./delete.ts') },
  {
    name: 'check',
    summary: 'tell whether git, the cluster, the kinds and the rights are there',
    load: () => import('./check.ts'),
  },
  {
    name: 'validate',
    summary: 'check documents against the schemas and rules of their format',
    load: () => import('./validate.ts'),
  },
  {
    name: 'convert',
    summary: 'convert documents between the upstream and the ToolHive format',
    load: () => import('./convert.ts'),
  },
  {
    name: 'diff',
    summary: 'tell which entries and fields differ between two documents or revisions',
    load: () => import('./diff.ts'),
  },
  {
    name: 'audit',
    summary: 'prove runs, commits and digests of a target against each other',
    load: () => import('./audit.ts'),
  },
  {
    name: 'controller',
    summary: 'run the controllers on a cluster, until a signal (what the deployment executes)',
    load: () => import('./controller.ts'),
  },
  {
    name: 'worker',
    summary: 'do the run of the request in ROLLBOOK_REQUEST (what a pod executes)',
    load: () => import('./worker.ts'),
  },
  {
    name: 'config',
    summary: 'print every setting and where its value came from',
    load: () => import('./config.ts'),
  },
  {
    name: 'completion',
    summary: 'print the script by which a shell completes commands and options',
    load: () => import('./completion.ts'),
  },
  { name: 'version', summary: 'print the version', load: () => import('./version.ts') },
]

/** The exit code. Never throws. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '--help', ...rest] = argv
  if (first === '--help' || first === '-h' || first === 'help') return tell(terminal, programHelp(COMMANDS))
  const name = first === '--version' ? 'version' : first
  const known = COMMANDS.find(command => command.name === name)
  const style = { command: known?.name, debug: false, noColor: rest.includes('--no-color') }
  try {
    if (!known) {
      const names = COMMANDS.map(command => command.name)
      throw new UsageError(`there is no command ${JSON.stringify(first)}${meant(first, names)}`)
    }
    const { command } = await known.load()
    if (rest.includes('--help') || rest.includes('-h')) return tell(terminal, commandHelp(command.spec))
    const { options, positionals } = await resolveArguments(command.spec, rest, terminal)
    style.debug = options.text('log-level') === 'debug'
    style.noColor = options.flag('no-color')
    if (style.debug) terminal.stderr.write(originsOf(command.spec, options))
    return await runCommand(command, { terminal, options, positionals })
  } catch (error) {
    const explained = explain(error, { ...style, paint: painter(terminal, 'stderr', style.noColor) })
    terminal.stderr.write(explained.text)
    return explained.exitCode
  }
}

/** What stops a command before it has a result is its result, where a program reads it. */
async function runCommand({ spec, run }: Command, invocation: Invocation): Promise<number> {
  try {
    return await run(invocation)
  } catch (error) {
    const hasForms = globalOptions(spec).some(({ name }) => name === 'output')
    const isData = hasForms && ['json', 'yaml'].includes(invocation.options.text('output') ?? '')
    const isPlain = !isData || spec.printsContent === true
    const isKnown = error instanceof Failure || error instanceof ClusterError
    const isResult = isKnown && !isPlain && !hasPrinted(invocation)
    if (isResult) await printResult(invocation, failureResult(error), () => '')
    throw error
  }
}

function tell(terminal: Terminal, text: string): number {
  terminal.stdout.write(text)
  return 0
}
