// The words of the schema tier: what a violated keyword of JSON Schema means for the person who wrote the document.
import type { JsonValue } from '../../lib/json.ts'
import type { SchemaError } from '../schemas/compiled.js'
import { otherSpelling } from '../schemas/official-differences.ts'
import * as patterns from '../schemas/patterns.ts'
import { quoted, shown } from './shown.ts'

/** A violation, with those of the branches that it sums up: the choices of an `anyOf`, the rule of `propertyNames`. */
export interface Violation {
  readonly error: SchemaError
  readonly branches: readonly SchemaError[]
}

export interface Sentence {
  readonly message: string
  readonly hint?: string
}

/** Says what is wrong with `value`, which stands in the document under `label`. */
export function sentenceOf({ error, branches }: Violation, label: string, value: JsonValue | undefined): Sentence {
  const { keyword, params } = error
  switch (keyword) {
    case 'required':
      return missing(String(params['missingProperty']), value)
    case 'additionalProperties':
      return unknownField(String(params['additionalProperty']))
    case 'propertyNames':
      return {
        message: `the key ${quoted(String(params['propertyName']))} is not ${branches.map(expected).join(' or ')}`,
      }
    case 'uniqueItems':
      return { message: twice(label, value, Number(params['j']), Number(params['i'])) }
    case 'minLength':
    case 'maxLength':
    case 'minItems':
      return { message: size(error, label, value) }
    case 'not': // the only one in our schemas: the version of a package
      return { message: `${label} is ${shown(value)}, expected one exact version`, hint: 'write it, such as "1.4.2"' }
    case 'anyOf':
      if (branches.every(branch => branch.keyword === 'required')) {
        const fields = branches.map(branch => quoted(String(branch.params['missingProperty'])))
        return { message: `${label} needs ${fields.join(' or ')}` }
      }
      return { message: `${label} is ${shown(value)}, expected ${branches.map(expected).join(' or ')}` }
    default: {
      const message = `${label} is ${shown(value)}, expected ${expected(error)}`
      if (params['format'] === 'uri' && hasScheme(value)) return { message, hint: encodingHint }
      return isUnquoted(error, value) ? { message, hint: quotesHint } : { message }
    }
  }
}

/** What a keyword asks for, as the end of a sentence. */
function expected({ keyword, params }: SchemaError): string {
  switch (keyword) {
    case 'type':
      return typeNames.get(String(params['type'])) ?? String(params['type'])
    case 'enum':
      return oneOf(params['allowedValues'])
    case 'const':
      return JSON.stringify(params['allowedValue'])
    case 'pattern':
      return patternNames.get(String(params['pattern'])) ?? `text that matches ${params['pattern']}`
    case 'format':
      return formatNames.get(String(params['format'])) ?? `the format ${params['format']}`
    case 'minimum':
      return `${params['limit']} or more`
    case 'maximum':
      return `${params['limit']} or less`
    default:
      throw new Error(`the schema tier has no words for the keyword ${keyword}`)
  }
}

function missing(field: string, holder: JsonValue | undefined): Sentence {
  const message = `the required field ${quoted(field)} is missing`
  const other = otherSpelling(field)
  const renamed = other !== undefined && typeof holder === 'object' && holder !== null && Object.hasOwn(holder, other)
  return renamed ? { message, hint: `rename ${quoted(other)}: ${spellingHint}` } : { message }
}

function unknownField(field: string): Sentence {
  const message = `the field ${quoted(field)} is unknown, and no others are allowed here`
  const other = otherSpelling(field)
  return { message, hint: other === undefined ? 'remove it' : `write ${quoted(other)}: ${spellingHint}` }
}

function hasScheme(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:./i.test(value)
}

/** YAML reads `1.0` as a number and `true` as a truth value. */
function isUnquoted({ keyword, params }: SchemaError, value: JsonValue | undefined): boolean {
  return keyword === 'type' && params['type'] === 'string' && ['number', 'boolean'].includes(typeof value)
}

const quotesHint = 'put it in quotes: without them it is no text'

const encodingHint = 'write spaces, braces, brackets and letters outside ASCII as %XX'

const spellingHint = 'field names are camelCase since version 2025-09-16, snake_case in 2025-07-09'

function twice(label: string, list: JsonValue | undefined, first: number, second: number): string {
  const item = Array.isArray(list) ? list[first] : undefined
  return `${label} holds ${shown(item)} twice, at ${Math.min(first, second)} and ${Math.max(first, second)}`
}

function size({ keyword, params }: SchemaError, label: string, value: JsonValue | undefined): string {
  const limit = Number(params['limit'])
  const unit = keyword === 'minItems' ? 'item' : 'character'
  const bound = `${keyword === 'maxLength' ? 'at most' : 'at least'} ${limit} ${limit === 1 ? `${unit} is` : `${unit}s are`}`
  const rule = keyword === 'maxLength' ? `${bound} allowed` : `${bound} required`
  const length = typeof value === 'string' ? characters(value) : Array.isArray(value) ? value.length : 0
  if (length === 0) return `${label} is empty, ${rule}`
  return `${label} has ${length} ${length === 1 ? unit : `${unit}s`}, ${rule}: ${shown(value)}`
}

/** Length as JSON Schema counts it: a character outside the basic plane is one. */
function characters(text: string): number {
  let count = 0
  for (const _character of text) count++
  return count
}

function oneOf(values: unknown): string {
  const names = Array.isArray(values) ? values.map(value => JSON.stringify(value)) : []
  return names.length > 1 ? `one of ${names.join(', ')}` : names.join('')
}

const typeNames: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['array', 'a list'],
  ['string', 'a string'],
  ['boolean', 'true or false'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
])

const formatNames: ReadonlyMap<string, string> = new Map([
  ['uri', 'an absolute URI such as "https://example.com/page"'],
  ['date-time', 'a date and time such as "2025-12-11T10:00:00Z"'],
  ['hostname', 'a host name such as "example.com"'],
  ['uuid', 'a UUID'],
])

const container = 'a lower-case container image such as "ghcr.io/example/server:1.0.0"'
const entryKey = 'three or more lower-case letters, digits and hyphens'

const patternNames: ReadonlyMap<string, string> = new Map([
  [patterns.SERVER_NAME, 'a namespace, one slash and a name, such as "io.github.example/server"'],
  [patterns.HTTP_URL, 'an http or https URL without spaces, such as "https://example.com/mcp"'],
  [patterns.ICON_SIZE, '"any" or width and height such as "48x48"'],
  [patterns.SHA256, '64 lower-case hexadecimal digits'],
  [patterns.ENTRY_KEY, `${entryKey}, such as "github"`],
  [patterns.ENTRY_KEY_OR_NAME, `${entryKey}, or a full name such as "io.github.example/server"`],
  [patterns.IMAGE, `${container}; no digest, no other scheme`],
  [patterns.ANY_IMAGE, 'an image or package reference without spaces'],
  [patterns.TRIPLE_VERSION, 'three numbers such as "1.0.0"'],
  [patterns.GROUP_NAME, 'two or more lower-case letters, digits and hyphens'],
  [patterns.TAG, 'two or more lower-case letters, digits, "_" and "-"'],
  [patterns.TOOL_NAME, 'letters, digits, "_" and "-"'],
  [patterns.VARIABLE_NAME, 'a variable name such as "API_KEY"'],
  [patterns.HEADER_NAME, 'a header name such as "X-Api-Key"'],
  [patterns.ABSOLUTE_PATH, 'an absolute path such as "/data"'],
  [patterns.DOMAIN_SUFFIX, 'a domain suffix such as ".example.com"'],
  [patterns.KUBERNETES_NAME, 'a Kubernetes name: lower-case letters, digits and hyphens'],
])
