// The CRDs' rules (x-kubernetes-validations), evaluated offline on a resource. A rule that can't be evaluated here
// becomes a warning, so that a manifest never passes in silence what the API server would refuse.
import { Environment } from '@marcbachmann/cel-js'
import { isJsonObject, type JsonValue, setOwn } from '../lib/json.ts'
import { fieldSchema } from './defaults.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { Rule, Schema } from './schema.ts'

/** A rule's text, read once. */
interface ReadRule {
  /** The fields below `self` that it reads; the empty path when it reads all of it, as in `self.all(...)`. */
  readonly reads: readonly string[][]
  /** Throws when the rule can't be evaluated here. */
  readonly holds: (self: unknown) => boolean
}

/** Problems found by the rules of one resource. */
export function checkRules(schema: Schema, value: JsonValue, known: readonly Problem[]): Problem[] {
  return new RuleChecker().check(schema, value, known)
}

/** For who checks many resources: reads each rule once. */
export class RuleChecker {
  readonly #environment = new Environment({ unlistedVariablesAreDyn: true })
  readonly #read = new Map<string, ReadRule>()

  /**
   * Problems found by the rules. A rule is left out when a field that it reads has a problem already: rules rely on
   * types and required fields, and would complain twice otherwise. Unknown fields don't matter to them.
   */
  check(schema: Schema, value: JsonValue, known: readonly Problem[]): Problem[] {
    const broken = known.filter(problem => problem.code !== 'unknownField').map(problem => problem.path)
    const found: Problem[] = []
    walk(schema, value, [], (rules, at, below, path) => {
      const self = celValue(at, below)
      for (const rule of rules) {
        const read = this.#readRule(rule.rule)
        const reads = read.reads.map(field => [...path, ...field])
        if (reads.some(field => broken.some(place => isWithin(place, field) || isWithin(field, place)))) continue
        const problem = checkRule(read, rule, self, path)
        if (problem) found.push(problem)
      }
    })
    return found
  }

  #readRule(text: string): ReadRule {
    const before = this.#read.get(text)
    if (before) return before
    const read = { reads: fieldsRead(text), holds: this.#evaluation(text) }
    this.#read.set(text, read)
    return read
  }

  #evaluation(text: string): ReadRule['holds'] {
    try {
      const evaluate = this.#environment.parse(text)
      return self => evaluate({ self }) === true
    } catch (error) {
      return () => {
        throw error
      }
    }
  }
}

type Visit = (rules: readonly Rule[], schema: Schema, value: JsonValue, path: FieldPath) => void

function walk(schema: Schema, value: JsonValue, path: FieldPath, visit: Visit): void {
  const rules = schema['x-kubernetes-validations']
  if (rules) visit(rules, schema, value, path)
  if (Array.isArray(value)) {
    const { items } = schema
    if (items) for (const [index, item] of value.entries()) walk(items, item, [...path, index], visit)
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const field = fieldSchema(schema, key)
      const item = value[key]
      if (field && item !== undefined) walk(field, item, [...path, key], visit)
    }
  }
}

function isWithin(place: FieldPath, path: FieldPath): boolean {
  return path.every((part, index) => place[index] === part)
}

function fieldsRead(rule: string): string[][] {
  return [...rule.matchAll(/\bself((?:\.\w+)*)(\(?)/g)].map(([, fields = '', call]) => {
    const parts = fields.split('.').slice(1)
    return call === '(' ? parts.slice(0, -1) : parts
  })
}

function checkRule(read: ReadRule, rule: Rule, self: unknown, path: FieldPath): Problem | undefined {
  const place = { path: [...path, ...fieldParts(rule.fieldPath)], tier: 'schema' } as const
  try {
    if (read.holds(self)) return undefined
    return { code: 'rule', severity: 'error', ...place, message: rule.message }
  } catch {
    const message = `the rule "${rule.message}" is not checkable here`
    return { code: 'ruleNotCheckable', severity: 'warning', ...place, message, hint: 'the cluster checks it' }
  }
}

function fieldParts(fieldPath: string | undefined): string[] {
  return fieldPath === undefined ? [] : fieldPath.slice(1).split('.')
}

/** The value as CEL sees it: whole numbers as int (BigInt), and only fields that the schema knows. */
function celValue(schema: Schema, value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(item => (schema.items ? celValue(schema.items, item) : item))
  if (!isJsonObject(value)) return value
  const result = {}
  for (const key of Object.keys(value)) {
    const field = fieldSchema(schema, key)
    const item = value[key]
    if (key === 'metadata' && isJsonObject(item)) setOwn(result, key, { name: item['name'] ?? '' })
    else if (field && item !== undefined) setOwn(result, key, celValue(field, item) as JsonValue)
  }
  return result
}
