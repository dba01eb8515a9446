// From the errors of a compiled schema to findings: noise removed, places named, one sentence each.
import { type Finding, pathOfPointer, pointerOf, pointerParts } from '../../lib/issue.ts'
import { isJsonObject, type JsonValue, own } from '../../lib/json.ts'
import type { SchemaError, Validator } from '../schemas/compiled.js'
import { sentenceOf, type Violation } from './schema-sentences.ts'
import { quoted } from './shown.ts'

/** No more findings than these for one value: the rest is counted. A person needs the first ones, a hostile entry none. */
const MOST_FINDINGS = 100

const NONE: readonly Finding[] = []

/** Everything that a compiled schema has against a value. A valid value costs nothing but the validator itself. */
export function violationsOf(validator: Validator, value: JsonValue): readonly Finding[] {
  if (validator(value)) return NONE
  const violations = summedUp(validator.errors ?? [])
  validator.errors = null // it would keep the value's parts alive until the next call
  const findings = violations.slice(0, MOST_FINDINGS).map(violation => findingOf(violation, value))
  if (violations.length > MOST_FINDINGS) findings.push(tooMany(violations.length - MOST_FINDINGS))
  return findings
}

/** A finding of the schema tier at one place. */
export function schemaFinding(code: string, pointer: string, sentence: { message: string; hint?: string }): Finding {
  return { code, tier: 'schema', severity: 'error', pointer, path: pathOfPointer(pointer), ...sentence }
}

/**
 * ajv reports the errors of all branches right before the keyword that tried them: they become part of that one
 * violation. A failed discriminator says nothing that the rule for its `type` field did not say already.
 */
function summedUp(errors: readonly SchemaError[]): Violation[] {
  const violations: Violation[] = []
  for (const error of errors) {
    if (error.keyword === 'discriminator') continue
    const branches: SchemaError[] = []
    if (error.keyword === 'anyOf' || error.keyword === 'propertyNames') {
      for (let last = violations.at(-1); last && isBranchOf(last.error, error); last = violations.at(-1)) {
        branches.unshift(last.error)
        violations.pop()
      }
    }
    violations.push({ error, branches })
  }
  return violations
}

function isBranchOf(branch: SchemaError, error: SchemaError): boolean {
  return branch.instancePath === error.instancePath && branch.schemaPath.startsWith(`${error.schemaPath}/`)
}

function findingOf(violation: Violation, document: JsonValue): Finding {
  const { keyword, instancePath, params } = violation.error
  const field = params['additionalProperty'] ?? params['propertyName']
  const pointer = typeof field === 'string' ? instancePath + pointerOf(field) : instancePath
  const value = valueAt(document, instancePath)
  return schemaFinding(keyword, pointer, sentenceOf(violation, labelOf(pointer), value))
}

/** The value that a JSON pointer leads to. */
function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document
  for (const part of pointerParts(pointer)) {
    if (Array.isArray(value)) value = value[Number(part)]
    else if (isJsonObject(value)) value = own(value, part)
    else return undefined
  }
  return value
}

/** How a sentence calls the value at a pointer: its last key with the positions behind it, such as `"tags[0]"`. */
function labelOf(pointer: string): string {
  const parts = pointerParts(pointer)
  let positions = ''
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (!/^\d+$/.test(part)) return `${quoted(part).slice(0, -1)}${positions}"`
    positions = `[${part}]${positions}`
  }
  return positions === '' ? 'the entry' : `item ${positions} of the entry`
}

function tooMany(count: number): Finding {
  return schemaFinding('TooManyProblems', '', { message: `${count} more problems of this entry are not listed` })
}
