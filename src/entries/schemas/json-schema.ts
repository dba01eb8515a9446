// JSON Schema as typed data: the keywords that our schemas use, and the few words they are written with.
// scripts/compile-schemas.ts turns these schemas into validators at build time.

/** A schema of draft-07, limited to the keywords that the sentences of `validate/schema-sentences.ts` can explain. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $id?: string
  readonly $ref?: string
  readonly definitions?: Definitions
  readonly type?: 'object' | 'array' | 'string' | 'boolean' | 'integer' | 'number'
  readonly properties?: Definitions
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly enum?: readonly string[]
  readonly const?: string
  readonly pattern?: string
  readonly format?: 'uri' | 'date-time' | 'hostname' | 'uuid'
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly not?: JsonSchema
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  /** OpenAPI's discriminator: the branch of `oneOf` is chosen by one property, so errors come from that branch only. */
  readonly discriminator?: { readonly propertyName: string }
}

/** Schemas by name: the definitions of a document, or the properties of an object. */
export type Definitions = Readonly<Record<string, JsonSchema>>

export const text: JsonSchema = { type: 'string' }
export const uri: JsonSchema = { type: 'string', format: 'uri' }
export const flag: JsonSchema = { type: 'boolean' }
export const freeObject: JsonSchema = { type: 'object' }
export const port: JsonSchema = { type: 'integer', minimum: 1, maximum: 65535 }

/** A string of `minimum` to `maximum` characters (code points). */
export function textOf(minimum: number, maximum: number): JsonSchema {
  return { type: 'string', minLength: minimum, maxLength: maximum }
}

/** A string that matches a pattern. */
export function textLike(pattern: string): JsonSchema {
  return { type: 'string', pattern }
}

/** One of these strings. The type is left out, so that a wrong type is one error and not two. */
export function oneOfTexts(...values: readonly string[]): JsonSchema {
  return { enum: values }
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

/** A list without equal items. */
export function setOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items, uniqueItems: true }
}

/** A map from any key to values of one form. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values }
}

/** An object that may hold other fields too. */
export function openObject(properties: Definitions, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) }
}

/** An object with these fields and no others. */
export function closedObject(properties: Definitions, required: readonly string[] = []): JsonSchema {
  return { ...openObject(properties, required), additionalProperties: false }
}

/** A reference to a definition of the same document. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` }
}

/** An object whose form follows from its `type`: each value of `type` with the definition it chooses. */
export function chosenByType(branches: Readonly<Record<string, string>>): JsonSchema {
  return {
    type: 'object',
    properties: { type: oneOfTexts(...Object.keys(branches)) },
    required: ['type'],
    discriminator: { propertyName: 'type' },
    oneOf: Object.values(branches).map(ref),
  }
}
