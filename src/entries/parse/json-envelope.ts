// What stands around the entries of a JSON document, as values: held to the same rules as an entry, because it is
// written to the target as well.
import { isUtf8 } from 'node:buffer'
import { type JsonObject, type JsonValue, setOwn } from '../../lib/json.ts'
import { firstInvalidUtf8 } from '../../lib/utf8.ts'
import { type Envelope, NO_ENVELOPE } from '../document.ts'
import type { Limits } from '../limits.ts'
import { duplicateKey, inexactNumber, NOT_UTF8, tooDeep } from './document-issues.ts'
import { countMembers, jsonDetails } from './json-details.ts'
import type { JsonOutline } from './json-outline.ts'
import { JsonRefused, type Span } from './json-scanner.ts'
import type { Member, OutlineProblem } from './outline.ts'

export interface JsonEnvelope {
  readonly envelope: Envelope
  readonly problems: readonly OutlineProblem[]
}

export interface EnvelopeOptions {
  readonly limits: Limits
  readonly lineOf: (offset: number) => number
  readonly wholeIsUtf8: boolean
}

/** Throws JsonRefused where a value is not JSON. */
export function jsonEnvelope(bytes: Buffer, outline: JsonOutline, options: EnvelopeOptions): JsonEnvelope {
  const problems = options.wholeIsUtf8 ? [] : bytesOutside(bytes, outline)
  if (problems.length > 0) return { envelope: NO_ENVELOPE, problems }
  const size = [...outline.top, ...outline.data].reduce((sum, { spot }) => sum + spot.end - spot.start, 0)
  if (size > options.limits.envelopeBytes) {
    const message = `what stands around the entries has ${size} bytes, the limit is ${options.limits.envelopeBytes}`
    return { envelope: NO_ENVELOPE, problems: [{ code: 'EnvelopeTooLarge', message, offset: 0 }] }
  }
  const valuesOf = (members: readonly Member<Span>[]) => {
    const values: JsonObject = {}
    for (const { key, spot } of members) {
      const problem = depthProblem(spot, options.limits)
      if (problem) problems.push(problem)
      else setOwn(values, key, valueAt(bytes, spot, { ...options, problems }))
    }
    return values
  }
  return { envelope: { top: valuesOf(outline.top), data: valuesOf(outline.data) }, problems }
}

function depthProblem({ depth, start }: Span, limits: Limits): OutlineProblem | undefined {
  if (depth <= limits.depth) return undefined
  return { ...tooDeep(`this value is nested ${depth} deep, the limit is ${limits.depth}`), offset: start }
}

function valueAt(
  bytes: Buffer,
  span: Span,
  { lineOf, problems }: EnvelopeOptions & { readonly problems: OutlineProblem[] },
): JsonValue {
  let value: JsonValue
  try {
    value = JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue
  } catch {
    const problem = jsonDetails(bytes, span, { places: false }).syntaxError
    throw new JsonRefused(problem?.message ?? 'this value can not be parsed', problem?.offset ?? span.start)
  }
  if (!span.longNumber && countMembers(value) === span.members) return value
  const { duplicateKeys, inexactNumbers } = jsonDetails(bytes, span, { places: false })
  for (const { key, offset, first } of duplicateKeys) problems.push({ ...duplicateKey(key, lineOf(first)), offset })
  for (const { text, offset } of inexactNumbers) problems.push({ ...inexactNumber(text), offset })
  return value
}

/** The first byte that is not UTF-8 and stands in no entry. Entries answer for their own bytes, and for their keys. */
function bytesOutside(bytes: Buffer, { spans }: JsonOutline): OutlineProblem[] {
  let start = 0
  const gapTo = (end: number): OutlineProblem[] => {
    const gap = bytes.subarray(start, end)
    return isUtf8(gap) ? [] : [{ ...NOT_UTF8, offset: start + (firstInvalidUtf8(gap) ?? 0) }]
  }
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const problems = gapTo(span.keyOffset ?? span.start)
    if (problems.length > 0) return problems
    start = span.end
  }
  return gapTo(bytes.length)
}
