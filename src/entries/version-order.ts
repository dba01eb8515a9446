// Which of two versions of a server is the newer one: the order that decides `isLatest` everywhere.
// The package `semver` does not fit: it trims, takes `=1.0.0`, and refuses numbers above 2^53 and texts over 256 characters,
// while the official registry (golang.org/x/mod/semver) does none of that. Tests compare the two where they agree.

/** What the order looks at. */
export interface VersionStamp {
  readonly version: string
  /** RFC 3339. Absent or unreadable counts as older than every time. */
  readonly publishedAt?: string
}

interface Semver {
  readonly core: readonly string[]
  readonly prerelease: readonly string[]
}

const SEMVER = /^v?([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/
const LEADING_ZERO = /(?:^|\.)0[0-9]+(?:\.|$)/
const EMPTY_PART = /^\.|\.\.|\.$/
const NUMBER = /^[0-9]+$/
/** With an offset: a time without one would depend on the machine's zone. */
const RFC3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.([0-9]+))?(?:Z|[+-][0-9]{2}:[0-9]{2})$/i

/**
 * Negative when a is older than b, positive when it is newer (official registry, internal/service/versioning.go).
 * Semantic versions by their precedence, without build metadata; above every other version; others by time of publication.
 */
export function compareVersions(a: VersionStamp, b: VersionStamp): number {
  const left = semverOf(a.version)
  const right = semverOf(b.version)
  if (left && right) return compareSemver(left, right)
  if (left) return 1
  if (right) return -1
  return compareTimes(a.publishedAt, b.publishedAt)
}

/**
 * The newest of the list, or undefined when it is empty. Between equals (1.0.0+1 and 1.0.0+2) the one published first stays
 * latest, then the first in the list. Leave deleted versions out of the list while one that isn't deleted exists.
 */
export function latestOf<T extends VersionStamp>(list: readonly T[]): T | undefined {
  let latest: T | undefined
  for (const candidate of list) {
    const order = latest ? compareVersions(candidate, latest) : 1
    const isEarlierEqual = order === 0 && compareTimes(candidate.publishedAt, latest?.publishedAt) < 0
    if (order > 0 || isEarlierEqual) latest = candidate
  }
  return latest
}

/** True for three numbers without leading zeros, an optional `v`, prerelease and build (semver.org 2.0.0). */
export function isSemver(version: string): boolean {
  return semverOf(version) !== undefined
}

function semverOf(version: string): Semver | undefined {
  const match = SEMVER.exec(version)
  if (match === null) return undefined
  const [, major = '', minor = '', patch = '', prerelease, build] = match
  const core = [major, minor, patch]
  if (LEADING_ZERO.test(core.join('.'))) return undefined
  if (build !== undefined && EMPTY_PART.test(build)) return undefined
  if (prerelease === undefined) return { core, prerelease: [] }
  if (EMPTY_PART.test(prerelease) || LEADING_ZERO.test(prerelease)) return undefined
  return { core, prerelease: prerelease.split('.') }
}

function compareSemver(a: Semver, b: Semver): number {
  const core = compareParts(a.core, b.core)
  if (core !== 0) return core
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  return compareParts(a.prerelease, b.prerelease)
}

/** Part by part; of two lists with the same start the longer one is newer. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1
    const order = comparePart(left, right)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Numbers by value, without a limit to their length; texts in ASCII order; a number below a text. */
function comparePart(a: string, b: string): number {
  const isNumberA = NUMBER.test(a)
  if (isNumberA !== NUMBER.test(b)) return isNumberA ? -1 : 1
  if (isNumberA && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** Times of a registry carry microseconds, which Date drops: the fraction decides between equal milliseconds. */
function compareTimes(a: string | undefined, b: string | undefined): number {
  const left = timeOf(a)
  const right = timeOf(b)
  if (left !== right) return left < right ? -1 : 1
  const leftFraction = fractionOf(a)
  const rightFraction = fractionOf(b)
  return leftFraction < rightFraction ? -1 : leftFraction > rightFraction ? 1 : 0
}

function timeOf(text = ''): number {
  const time = RFC3339.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time
}

function fractionOf(text = ''): string {
  const digits = RFC3339.exec(text)?.[1] ?? ''
  return digits.slice(0, 9).padEnd(9, '0')
}
