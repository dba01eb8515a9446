// What scripts/compile-schemas.ts writes beside this file in dist/.

/** One violation, as ajv 8 reports it. */
export interface SchemaError {
  readonly keyword: string
  /** JSON pointer to the value. */
  readonly instancePath: string
  readonly schemaPath: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Judges a value. `errors` holds what the last call found. */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly SchemaError[] | null
}

/** By version of server.json. */
export const official: ReadonlyMap<string, Validator>

export type ToolhiveForm =
  | 'registry'
  | 'server'
  | 'remoteServer'
  | 'group'
  | 'serverRelaxed'
  | 'remoteServerRelaxed'
  | 'groupRelaxed'
  | 'envelope'
  | 'extension'
  | 'skill'
  | 'plugin'

export const toolhive: Readonly<Record<ToolhiveForm, Validator>>
