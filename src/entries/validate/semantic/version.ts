// Versions of servers and packages: one specific version, in any scheme, never a range or the word `latest`.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { textAt } from './fields.ts'
import { type Place, report } from './report.ts'
import { trimSpace } from './space.ts'

// Go's \s is these five characters and its \d is ASCII, unlike the classes of JavaScript's expressions.
const SPACE = '[\\t\\n\\f\\r ]'
const CORE = 'v?[0-9]+(?:\\.[0-9]+){0,3}(?:-[0-9A-Za-z.-]+)?'

const COMPARATOR = new RegExp(`^(?:\\^|~|>=|<=|>|<|=)${SPACE}*${CORE}${SPACE}*$`)
const HYPHEN = new RegExp(`^${SPACE}*${CORE}${SPACE}-${SPACE}*${CORE}${SPACE}*$`)
const ALTERNATIVES = new RegExp(`^${SPACE}*${CORE}${SPACE}*(?:\\|\\|${SPACE}*${CORE}${SPACE}*)+$`)
const DOTTED = /^[\t\n\f\r ]*(?:v?[0-9]+|[xX*])(?:\.(?:[0-9]+|[xX*])){1,2}(?:-[0-9A-Za-z.-]+)?[\t\n\f\r ]*$/
/** What every range has at least one of, so that usual versions are done after one look. */
const RANGE_CHARACTER = /[\^~<>=|xX*\t\n\f\r ]/
const WILDCARD = /[xX*]/

/** `reserved-version-string` and `version-looks-like-range` for the `version` of the object at the place. */
export function checkVersion(object: JsonObject, place: Place, findings: Finding[]): void {
  const version = textAt(object, 'version')
  if (version === undefined) return
  if (version === 'latest') {
    report(findings, {
      code: 'reserved-version-string',
      at: [...place, 'version'],
      message: 'the version "latest" is reserved',
      hint: 'name the specific version',
    })
  } else if (looksLikeRange(version)) {
    report(findings, {
      code: 'version-looks-like-range',
      at: [...place, 'version'],
      message: `the version ${shown(version)} looks like a range`,
      hint: 'name one specific version, without operators and wildcards',
    })
  }
}

/**
 * The official registry's test for ranges (internal/validators/validators.go, looksLikeVersionRange). Its false positives are
 * kept, so that both give one verdict: `1.0.0-next.1` counts as a range, because the wildcard `x` is looked for in the whole text.
 * What it lets through is kept as well: `*`, `x`, `>=1 <2`.
 */
export function looksLikeRange(version: string): boolean {
  if (!RANGE_CHARACTER.test(version)) return false
  const text = trimSpace(version)
  return (
    COMPARATOR.test(text) || HYPHEN.test(text) || ALTERNATIVES.test(text) || (WILDCARD.test(text) && DOTTED.test(text))
  )
}
