// Environment variables and headers of an upstream document in ToolHive's form.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { lengthOf, shortened } from './short-text.ts'
import { objectsOf, textOf } from './toolhive-fields.ts'

/** Bounds of a variable's description in ToolHive's legacy schema. */
const MIN_DESCRIPTION = 5
const MAX_DESCRIPTION = 200

/** A `-e KEY=VALUE` among the arguments of the container runtime. */
export interface EnvironmentArgument {
  readonly argument: JsonObject
  readonly name: string
  readonly value: string
}

/**
 * The variables that a container gets: `environmentVariables`, then `-e` and `--env` arguments. The first of a name
 * wins; ToolHive's converter would list both.
 */
export function environmentOf(container: JsonObject): JsonObject[] {
  const variables = new Map<string, JsonObject>()
  for (const input of objectsOf(own(container, 'environmentVariables'))) {
    const name = textOf(own(input, 'name'))
    if (name !== undefined && !variables.has(name)) variables.set(name, variableOf(name, input))
  }
  for (const argument of objectsOf(own(container, 'runtimeArguments'))) {
    const set = environmentArgument(argument)
    if (set !== undefined && !variables.has(set.name)) variables.set(set.name, variableOfArgument(set))
  }
  return [...variables.values()]
}

/** The headers that a remote server gets, with the values to choose from. */
export function headersOf(remote: JsonObject): JsonObject[] {
  const headers: JsonObject[] = []
  for (const input of objectsOf(own(remote, 'headers'))) {
    const name = textOf(own(input, 'name'))
    if (name === undefined) continue
    const choices = own(input, 'choices')
    headers.push({
      ...variableOf(name, input, 'Header'),
      ...(Array.isArray(choices) && choices.length > 0 ? { choices } : {}),
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
    description: describedAs(own(input, 'description'), `${kind} ${name}`),
    required: own(input, 'isRequired') === true,
    ...(own(input, 'isSecret') === true ? { secret: true } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
}

/** The legacy schema wants 5 to 200 characters here, upstream wants nothing: without this the entry would be refused. */
function describedAs(value: JsonValue | undefined, otherwise: string): string {
  const text = textOf(value)
  if (text === undefined) return shortened(otherwise, MAX_DESCRIPTION)
  if (lengthOf(text) < MIN_DESCRIPTION) return shortened(`${otherwise}: ${text}`, MAX_DESCRIPTION)
  return shortened(text, MAX_DESCRIPTION)
}
