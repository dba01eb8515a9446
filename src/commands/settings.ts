// Option values by precedence: flag, then environment, then config file, then default (cli.md, "Rules for every command").
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import {
  type CommandSpec,
  GLOBAL_OPTIONS,
  type OptionSpec,
  type OptionValues,
  type Terminal,
  UsageError,
} from './command.ts'

interface Resolved {
  readonly values: readonly string[]
  readonly origin: string
}

export interface ParsedArguments {
  readonly options: OptionValues
  readonly positionals: readonly string[]
}

/** Throws UsageError for unknown options, wrong values, too few or too many arguments. */
export function resolveArguments(
  spec: CommandSpec,
  args: readonly string[],
  terminal: Pick<Terminal, 'env' | 'cwd'>,
): ParsedArguments {
  const specs = [...spec.options, ...GLOBAL_OPTIONS]
  const { values: flags, positionals } = parseFlags(specs, args)
  const { min, max } = spec.positionals
  if (flags['help'] === undefined && (positionals.length < min || positionals.length > max)) {
    throw new UsageError(
      positionals.length < min ? 'an argument is missing' : `unexpected argument ${positionals[max]}`,
    )
  }
  const configFlag = flags['config'] ?? terminal.env['ROLLBOOK_CONFIG']
  const config = readConfig(typeof configFlag === 'string' ? configFlag : undefined, terminal.cwd)
  const resolved = new Map(
    specs.map(option => [option.name, resolveOption(option, flags[option.name], { config, env: terminal.env })]),
  )
  return { options: valuesOf(resolved), positionals }
}

function parseFlags(specs: readonly OptionSpec[], args: readonly string[]) {
  const options = Object.fromEntries(
    specs.map(({ name, type, short, multiple }) => [
      name,
      { type, ...(short === undefined ? {} : { short }), multiple: multiple ?? false } as const,
    ]),
  )
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong usage')
  }
}

interface Config {
  readonly file: string | undefined
  readonly values: JsonObject
}

function readConfig(given: string | undefined, cwd: string): Config {
  const file = resolve(cwd, given ?? 'rollbook.yaml')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (given === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return { file: undefined, values: {} }
    throw new UsageError(`the config file ${file} can't be read: ${(error as Error).message}`)
  }
  const values: unknown = parseConfig(text, file)
  if (values === null) return { file, values: {} }
  if (!isJsonObject(values)) throw new UsageError(`the config file ${file} must be a map of option names to values`)
  return { file, values }
}

function parseConfig(text: string, file: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new UsageError(`the config file ${file} is not YAML: ${(error as Error).message.split('\n')[0]}`)
  }
}

type FlagValue = string | boolean | (string | boolean)[] | undefined

function resolveOption(
  option: OptionSpec,
  flag: FlagValue,
  from: { readonly config: Config; readonly env: Terminal['env'] },
): Resolved {
  const found = candidates(option, flag, from).find(({ values }) => values !== undefined)
  const resolved = { values: found?.values ?? [], origin: found?.origin ?? 'unset' }
  for (const value of resolved.values) checkValue(option, value, resolved.origin)
  return resolved
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
    {
      values: fromFile === undefined ? undefined : [fromFile].flat().map(textOfSetting),
      origin: `config ${config.file}`,
    },
    { values: option.default === undefined ? undefined : [option.default], origin: 'default' },
  ]
}

/** A map in the config file is what a flag writes as `npm=URL,pypi=URL`. */
function textOfSetting(value: JsonValue): string {
  if (!isJsonObject(value)) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${inner}`)
    .join(',')
}

function splitList(option: OptionSpec, text: string): string[] {
  return option.multiple ? text.split(',').map(part => part.trim()) : [text]
}

function checkValue(option: OptionSpec, value: string, origin: string): void {
  const allowed = option.type === 'boolean' ? ['true', 'false'] : option.values
  const parts = option.value?.includes(',') ? value.split(',') : [value]
  for (const part of parts) {
    if (allowed && !allowed.includes(part)) {
      throw new UsageError(`--${option.name} takes ${allowed.join(', ')}, not ${JSON.stringify(part)} (${origin})`)
    }
  }
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
