// What a command is, and what it may use of the process it runs in.
import type { Readable, Writable } from 'node:stream'

/** One option. Its value comes from the flag, else ROLLBOOK_<NAME>, else the config file, else the default. */
export interface OptionSpec {
  readonly name: string
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be given several times (string options). */
  readonly multiple?: boolean
  /** Placeholder in help: `FILE`. */
  readonly value?: string
  /** The only values taken. */
  readonly values?: readonly string[]
  readonly default?: string
  /** The flag alone means this: its value may be left out (`--local`, `--local=DIR`). */
  readonly alone?: string
  readonly help: string
  /** False: only as a flag (an option that names this one call's input). */
  readonly isSetting?: boolean
}

export interface CommandSpec {
  readonly name: string
  /** One line of purpose. */
  readonly summary: string
  /** After `rollbook <name> `. */
  readonly usage: string
  readonly options: readonly OptionSpec[]
  readonly examples: readonly string[]
  /** Forms of --output that only this command has. */
  readonly outputs?: readonly string[]
  /** Global options that would say nothing here. */
  readonly withoutGlobals?: readonly string[]
  /** Stdout is the content of a file, with nothing in its place when the command fails. */
  readonly printsContent?: boolean
  /** How many positional arguments it takes. */
  readonly positionals: {
    readonly min: number
    readonly max: number
    /** The only ones taken. */
    readonly values?: readonly string[]
    /** What a shell offers; others are taken too. */
    readonly suggests?: readonly string[]
  }
}

/** Everything of the outside world that a command may touch. */
export interface Terminal {
  /** Destroyed with the signal's reason when that fires, so that whoever reads it ends. */
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborted with the signal's name as reason when the process is asked to end. */
  readonly signal: AbortSignal
}

export interface Invocation {
  readonly terminal: Terminal
  readonly options: OptionValues
  readonly positionals: readonly string[]
}

/** Resolved option values. */
export interface OptionValues {
  text(name: string): string | undefined
  list(name: string): readonly string[]
  flag(name: string): boolean
  /** Where the value came from, for `rollbook config`. */
  origin(name: string): string
}

export interface Command {
  readonly spec: CommandSpec
  /** The exit code. */
  run(invocation: Invocation): Promise<number>
}

/** Options of every command, but for what one leaves out. */
export function globalOptions({
  withoutGlobals = [],
  outputs = [],
}: Pick<CommandSpec, 'withoutGlobals' | 'outputs'>): readonly OptionSpec[] {
  const own = GLOBAL_OPTIONS.filter(({ name }) => !withoutGlobals.includes(name))
  return own.map(option =>
    option.name === 'output' ? { ...option, values: [...(option.values ?? []), ...outputs] } : option,
  )
}

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'output',
    short: 'o',
    type: 'string',
    value: 'FORMAT',
    values: ['text', 'json', 'yaml'],
    default: 'text',
    help: 'form of what is printed on stdout',
  },
  {
    name: 'config',
    type: 'string',
    value: 'FILE',
    help: 'settings file (default rollbook.yaml in the working directory when there)',
  },
  {
    name: 'log-level',
    type: 'string',
    value: 'LEVEL',
    values: ['error', 'info', 'debug'],
    default: 'info',
    help: 'on stderr: error tells problems, info notes and progress too, debug also where settings came from and defects are',
  },
  { name: 'quiet', short: 'q', type: 'boolean', help: 'no progress on stderr' },
  { name: 'no-color', type: 'boolean', help: 'no colours on a terminal (NO_COLOR does the same)' },
  { name: 'help', short: 'h', type: 'boolean', help: 'this text', isSetting: false },
]

/** Wrong usage: exit 2, with the usage line. */
export class UsageError extends Error {}
