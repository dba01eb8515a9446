// Environment variables and headers of an upstream document in ToolHive's form.
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { HEADER_NAME, VARIABLE_NAME } from '../schemas/patterns.ts'
import { fitted } from './short-text.ts'
import { objectsOf, textOf } from './toolhive-fields.ts'

/** Bounds of a variable's description in ToolHive's legacy schema: without one the entry would be refused. */
const DESCRIPTION = { min: 5, max: 200 }

const NAMES = { variable: new RegExp(VARIABLE_NAME), header: new RegExp(HEADER_NAME) }

/** True when ToolHive's legacy schema takes the name; a variable or header with another one is left out. */
export function isNameAllowed(kind: 'variable' | 'header', name: string): boolean {
  return NAMES[kind].test(name)
}

/** A `-e KEY=VALUE` among the arguments of the container runtime. */
export interface EnvironmentArgument {
  readonly argument: JsonObject
  readonly name: string
  readonly value: string
}

/**
 * The variables that a container or package gets: `environmentVariables`, then the `-e` and `--env` arguments of a
 * container. The first of a name wins; ToolHive's converter would list both.
 */
export function environmentOf(part: JsonObject): JsonObject[] {
  const variables = new Map<string, JsonObject>()
  const add = (name: string, variable: () => JsonObject) => {
    if (!variables.has(name) && isNameAllowed('variable', name)) variables.set(name, variable())
  }
  for (const input of objectsOf(own(part, 'environmentVariables'))) {
    const name = textOf(own(input, 'name'))
    if (name !== undefined) add(name, () => variableOf(name, input))
  }
  // npx and uvx have arguments of their own, and `-e` means something else there.
  if (own(part, 'registryType') !== 'oci') return [...variables.values()]
  for (const argument of objectsOf(own(part, 'runtimeArguments'))) {
    const set = environmentArgument(argument)
    if (set !== undefined) add(set.name, () => variableOfArgument(set))
  }
  return [...variables.values()]
}

/** The headers that a remote server gets, with the values to choose from. */
export function headersOf(remote: JsonObject): JsonObject[] {
  const headers: JsonObject[] = []
  for (const input of objectsOf(own(remote, 'headers'))) {
    const name = textOf(own(input, 'name'))
    if (name === undefined || !isNameAllowed('header', name)) continue
    const choices = own(input, 'choices')
    headers.push({
      ...variableOf(name, input, 'Header'),
      // A list of choices with one value twice is no list of the legacy schema.
      ...(Array.isArray(choices) && choices.length > 0 ? { choices: [...new Set(choices)] } : {}),
    })
  }
  return headers
}

/** The variable that a runtime argument sets, or undefined when it sets none. */
export function environmentArgument(argument: JsonObject): EnvironmentArgument | undefined {
  const flag = own(argument, 'name')
  if (own(argument, 'type') !== 'named' || (flag !== '-e' && flag !== '--env')) return undefined
  const text = textOf(own(argument, 'value')) ?? ''
  const equals = text.indexOf('=')
  return equals < 1 ? undefined : { argument, name: text.slice(0, equals), value: text.slice(equals + 1) }
}

/** `KEY={var}` takes what `variables` says of var; any other value is the default. */
function variableOfArgument({ argument, name, value }: EnvironmentArgument): JsonObject {
  const placeholder = /^\{([^{}]+)\}$/.exec(value)?.[1]
  const variables = own(argument, 'variables')
  const known = placeholder !== undefined && isJsonObject(variables) ? own(variables, placeholder) : undefined
  const input: JsonObject = isJsonObject(known) ? { ...known } : {}
  if (placeholder === undefined) input['default'] = value
  const description = textOf(own(argument, 'description'))
  if (description !== undefined) input['description'] = description
  const isRequired = own(argument, 'isRequired')
  if (typeof isRequired === 'boolean') input['isRequired'] = isRequired
  return variableOf(name, input)
}

function variableOf(name: string, input: JsonObject, kind = 'Environment variable'): JsonObject {
  const fallback = textOf(own(input, 'default'))
  return {
    name,
    description: fitted(textOf(own(input, 'description')), `${kind} ${name}`, DESCRIPTION),
    required: own(input, 'isRequired') === true,
    ...(own(input, 'isSecret') === true ? { secret: true } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
}
