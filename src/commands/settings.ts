// Option values by precedence: flag, then environment, then config file, then default (cli.md, "Rules for every command").
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import { SETTINGS } from './all-settings.ts'
import {
  type CommandSpec,
  GLOBAL_OPTIONS,
  globalOptions,
  type OptionSpec,
  type OptionValues,
  type Terminal,
  UsageError,
} from './command.ts'
import { insteadOfOption, insteadOfValue } from './kubectl-habits.ts'
import { meant } from './meant.ts'

interface Resolved {
  readonly values: readonly string[]
  readonly origin: string
}

export interface ParsedArguments {
  readonly options: OptionValues
  readonly positionals: readonly string[]
}

/** Throws UsageError for unknown options, wrong values, too few or too many arguments. */
export async function resolveArguments(
  spec: CommandSpec,
  args: readonly string[],
  terminal: Pick<Terminal, 'env' | 'cwd'>,
): Promise<ParsedArguments> {
  const specs = [...spec.options, ...globalOptions(spec)]
  const { min, max, values } = spec.positionals
  const spelling = { specs, command: spec.name, most: max, cwd: terminal.cwd }
  const { values: flags, positionals } = parseFlags(spelling, spelledOut(args, spelling))
  if (flags['help'] === undefined && (positionals.length < min || positionals.length > max)) {
    throw new UsageError(
      positionals.length < min
        ? `an argument is missing: rollbook ${spec.name} ${spec.usage}`
        : `unexpected argument ${positionals[max]}${spec.usage.startsWith('KIND') ? ': it takes one resource at a time' : ''}`,
    )
  }
  const strange = positionals.find(given => values !== undefined && !values.includes(given))
  if (strange !== undefined) {
    throw new UsageError(`rollbook ${spec.name} takes ${values?.join(', ')}, not ${JSON.stringify(strange)}`)
  }
  const configFlag = flags['config'] ?? terminal.env['ROLLBOOK_CONFIG']
  const config = await readConfig(typeof configFlag === 'string' ? configFlag : undefined, terminal.cwd)
  const resolved = new Map(
    specs.map(option => [option.name, resolveOption(option, flags[option.name], { config, env: terminal.env })]),
  )
  const faults = specs.flatMap(option => valueFaults(option, resolved.get(option.name)))
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return { options: valuesOf(resolved), positionals }
}

/** For --log-level debug: every value that is no default, and where it came from. */
export function originsOf(spec: CommandSpec, options: OptionValues): string {
  return [...spec.options, ...globalOptions(spec)]
    .filter(({ name }) => !['default', 'unset'].includes(options.origin(name)))
    .map(({ name }) => `debug: --${name} is ${options.list(name).join(', ')} (${options.origin(name)})\n`)
    .join('')
}

interface Known {
  readonly command: string
  readonly specs: readonly OptionSpec[]
}

interface Spelling extends Known {
  /** Positional arguments that the command takes. */
  readonly most: number
  readonly cwd: string
}

/**
 * Gives options whose value may be left out the value that is meant: `--local=DIR` says it; of `--local WORD` the word is the
 * value when it looks like a path, is a folder, or would be one argument too many.
 */
function spelledOut(args: readonly string[], spelling: Spelling): readonly string[] {
  const { specs, most, cwd } = spelling
  let spelled = args
  for (const { name, alone } of specs) {
    const at = spelled.indexOf(`--${name}`)
    if (alone === undefined || at < 0) continue
    const [word, ...rest] = spelled.slice(at + 1)
    const without = [...spelled.slice(0, at), `--${name}=${alone}`, ...spelled.slice(at + 1)]
    const isValue =
      word !== undefined &&
      !word.startsWith('-') &&
      (/[/\\]|^\.|^~/.test(word) ||
        isFolder(resolve(cwd, word)) ||
        parseFlags(spelling, without).positionals.length > most)
    spelled = isValue ? [...spelled.slice(0, at), `--${name}=${word}`, ...rest] : without
  }
  return spelled
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function parseFlags({ command, specs }: Known, args: readonly string[]) {
  const options = Object.fromEntries(
    specs.map(({ name, type, short, multiple }) => [
      name,
      { type, ...(short === undefined ? {} : { short }), multiple: multiple ?? false } as const,
    ]),
  )
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(refusal((error as Error).message, { command, specs }))
  }
}

/** Node's refusal as one sentence. */
function refusal(text: string, { command, specs }: Known): string {
  const dashed = /^Option '(?:-\w, )?(--[^' ]+)[^']*' argument is ambiguous/.exec(text)?.[1]
  if (dashed !== undefined) return `${dashed} needs a value; one that begins with a dash is written ${dashed}=-...`
  const [sentence = 'wrong usage'] = text.split('. ')
  const [, option = '', name] = /^Unknown option '(-(?:-([^']+)|\w))'/.exec(sentence) ?? []
  const instead = insteadOfOption(command, option)
  if (instead !== undefined) return `${sentence}: ${instead}`
  const names = specs.map(spec => spec.name)
  return `${sentence}${name === undefined ? '' : meant(name, names, '--')}`
}

interface Config {
  readonly file: string | undefined
  readonly values: JsonObject
}

async function readConfig(given: string | undefined, cwd: string): Promise<Config> {
  const file = resolve(cwd, given ?? 'rollbook.yaml')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (given === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return { file: undefined, values: {} }
    throw new UsageError(`the config file ${file} can't be read: ${(error as Error).message}`)
  }
  const values: unknown = await parseConfig(text, file)
  if (values === null) return { file, values: {} }
  if (!isJsonObject(values)) throw new UsageError(`the config file ${file} must be a map of option names to values`)
  refuseUnknown(values, file)
  return { file, values }
}

/** The library is loaded only when there is a config file: `--help` and most calls have none. */
async function parseConfig(text: string, file: string): Promise<unknown> {
  const { parse } = await import('./yaml.ts')
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new UsageError(
      `the config file ${file} is not YAML: ${(error as Error).message.split('\n')[0]?.replace(/:$/, '')}`,
    )
  }
}

/** All problems at once. A mistyped name would otherwise be read and ignored. */
function refuseUnknown(values: JsonObject, file: string): void {
  const known = [...SETTINGS, ...GLOBAL_OPTIONS].filter(({ isSetting }) => isSetting !== false)
  const names = known.map(({ name }) => name)
  const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  const problems = Object.keys(values).flatMap(key => {
    const option = known.find(({ name }) => name === key)
    if (!option) return [`${JSON.stringify(key)} is not a setting${meant(key, names)}`]
    const value = own(values, key)
    if (takesPairs(option) && isJsonObject(value) && Object.values(value).every(isPlain)) return []
    if ([value].flat().every(isPlain)) return []
    return [
      `${key} must be a text, a number, true or false, or a list of them${takesPairs(option) ? ', or a map' : ''}`,
    ]
  })
  if (problems.length > 0) {
    throw new UsageError(
      `the config file ${file} is wrong: ${problems.join('; ')} (rollbook config --help lists the settings)`,
    )
  }
}

type FlagValue = string | boolean | (string | boolean)[] | undefined

function resolveOption(
  option: OptionSpec,
  flag: FlagValue,
  from: { readonly config: Config; readonly env: Terminal['env'] },
): Resolved {
  const found = candidates(option, flag, from).find(({ values }) => values !== undefined)
  return { values: found?.values ?? [], origin: found?.origin ?? 'unset' }
}

function candidates(
  option: OptionSpec,
  flag: FlagValue,
  { config, env }: { readonly config: Config; readonly env: Terminal['env'] },
) {
  const variable = `ROLLBOOK_${option.name.toUpperCase().replaceAll('-', '_')}`
  const isSetting = option.isSetting !== false
  const fromEnv = isSetting ? env[variable] : undefined
  const fromFile = isSetting ? own(config.values, option.name) : undefined
  return [
    { values: flag === undefined ? undefined : [flag].flat().map(String), origin: 'flag' },
    {
      values: fromEnv === undefined || fromEnv === '' ? undefined : splitList(option, fromEnv),
      origin: `environment ${variable}`,
    },
    { values: fromFile === undefined ? undefined : valuesIn(option, fromFile), origin: `config ${config.file}` },
    { values: option.default === undefined ? undefined : [option.default], origin: 'default' },
  ]
}

/** A list in the file is a list of values, or one value with commas where the option takes such. */
function valuesIn(option: OptionSpec, value: JsonValue): string[] {
  const values = [value].flat().map(textOfSetting)
  return takesCommas(option) ? [values.join(',')] : values
}

/** A map in the config file is what a flag writes as `npm=URL,pypi=URL`. */
function textOfSetting(value: JsonValue): string {
  if (!isJsonObject(value)) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${inner}`)
    .join(',')
}

/** `TYPE=URL,...`: in the file also a map. */
function takesPairs(option: OptionSpec): boolean {
  return option.value?.includes('=') ?? false
}

function takesCommas(option: OptionSpec): boolean {
  return option.value?.includes(',') ?? false
}

function splitList(option: OptionSpec, text: string): string[] {
  return option.multiple ? text.split(',').map(part => part.trim()) : [text]
}

function valueFaults(option: OptionSpec, { values, origin }: Resolved = { values: [], origin: 'unset' }): string[] {
  const allowed = option.type === 'boolean' ? ['true', 'false'] : option.values
  if (allowed === undefined) return []
  return values
    .flatMap(value => (takesCommas(option) ? value.split(',') : [value]))
    .filter(part => !allowed.includes(part))
    .map(part => {
      const instead = insteadOfValue(option.name, part)
      const more = instead === undefined ? '' : `: ${instead}`
      return `--${option.name} takes ${allowed.join(', ')}, not ${JSON.stringify(part)} (${origin})${more}`
    })
}

function valuesOf(resolved: ReadonlyMap<string, Resolved>): OptionValues {
  const get = (name: string): Resolved => {
    const option = resolved.get(name)
    if (!option) throw new RangeError(`no option ${name}`)
    return option
  }
  return {
    text: name => get(name).values[0],
    list: name => get(name).values,
    flag: name => get(name).values[0] === 'true',
    origin: name => get(name).origin,
  }
}
