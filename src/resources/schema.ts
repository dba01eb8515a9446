// The part of a CRD that the program works with: its names, printer columns and structural schema.
// `npm run generate` writes them from crds/*.yaml to generated/crds.ts.
import type { JsonValue } from '../lib/json.ts'

/** A CEL rule of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string
  readonly message: string
  /** Field that the message is about, relative to the node that carries the rule: `.git.branch`. */
  readonly fieldPath?: string
}

/** A structural schema: the keywords that our CRDs use, no others (a test holds them to it). */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly title?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly string[]
  readonly format?: 'int32' | 'int64' | 'date-time'
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly default?: JsonValue
  readonly anyOf?: readonly Schema[]
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly Rule[]
}

/** A column of `get`. */
export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  readonly description?: string
  /** Columns above 0 show with `-o wide` only. */
  readonly priority?: number
}

/** One of our kinds, as its CRD defines it. */
export interface KindDefinition {
  readonly kind: KindName
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly columns: readonly PrinterColumn[]
  /** The whole resource's schema, without descriptions. */
  readonly schema: Schema
}

export type KindName = 'MCPRegistry' | 'MCPRegistryImportJob' | 'MCPRegistryExportJob' | 'MCPRegistrySyncJob'
