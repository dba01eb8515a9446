// The filter of a resource, and what a registry's validationPolicy lets in, as a list of criteria: each decides for itself and says
// why. Exclude wins; within include every criterion must match.
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import type { CriteriaRequest, FilterRequest, ValidationRequest } from '../resources/request.ts'
import { marksOf } from './entry.ts'
import { PUBLISHER_META } from './formats/upstream.ts'
import { globMatcher } from './glob.ts'

/** What a criterion looks at. */
export interface Candidate {
  readonly document: JsonObject
  /** In a ToolHive document: names match it as well as the full name. */
  readonly key?: string | undefined
}

export interface Criterion {
  /** The field of the resource: `filter.include.tiers`. */
  readonly field: string
  /** Why it leaves an entry out, CamelCase; undefined lets it pass. */
  reject(candidate: Candidate): string | undefined
}

type Attribute = keyof CriteriaRequest

/** Word of each attribute in reasons: `NoTier` where an entry lacks it, `TierNotIncluded`, `TierExcluded`. */
const WORDS: Readonly<Record<Attribute, string>> = {
  names: 'Name',
  tags: 'Tag',
  tiers: 'Tier',
  transports: 'Transport',
  categories: 'Category',
  registryTypes: 'RegistryType',
  statuses: 'Status',
}

/** Compiles a filter and a validation policy once for all entries, in the order in which they decide. */
export function criteriaOf({ include, exclude }: FilterRequest, validation: ValidationRequest = {}): Criterion[] {
  const { allowedTiers, blockedPatterns = [] } = validation
  const criteria: Criterion[] = []
  for (const [attribute, matches] of compiled(exclude)) {
    const reason = `${WORDS[attribute]}Excluded`
    const reject = (entry: Candidate) => (attributesOf(entry, attribute).some(matches) ? reason : undefined)
    criteria.push({ field: `filter.exclude.${attribute}`, reject })
  }
  for (const [attribute, matches] of compiled(include)) {
    const reject = (entry: Candidate) => {
      const values = attributesOf(entry, attribute)
      if (values.length === 0) return `No${WORDS[attribute]}`
      return values.some(matches) ? undefined : `${WORDS[attribute]}NotIncluded`
    }
    criteria.push({ field: `filter.include.${attribute}`, reject })
  }
  if (blockedPatterns.length > 0) {
    const isBlocked = globMatcher(blockedPatterns)
    const reject = (entry: Candidate) => (attributesOf(entry, 'names').some(isBlocked) ? 'BlockedPattern' : undefined)
    criteria.push({ field: 'validationPolicy.blockedPatterns', reject })
  }
  if (allowedTiers !== undefined) criteria.push(allowedTiersCriterion(allowedTiers))
  return criteria
}

/** Unlike a filter it asks all tiers that an entry claims: one that is not allowed is enough to keep it out. */
function allowedTiersCriterion(allowedTiers: readonly string[]): Criterion {
  const isAllowed = oneOf(allowedTiers)
  const reject = (entry: Candidate) => {
    const tiers = attributesOf(entry, 'tiers')
    if (tiers.length === 0) return 'NoTier'
    return tiers.every(isAllowed) ? undefined : 'TierNotAllowed'
  }
  return { field: 'validationPolicy.allowedTiers', reject }
}

function* compiled(
  criteria: CriteriaRequest | undefined,
): Iterable<readonly [attribute: Attribute, matches: (value: string) => boolean]> {
  for (const attribute of Object.keys(WORDS) as Attribute[]) {
    const wanted = criteria?.[attribute]
    if (!wanted || wanted.length === 0) continue
    yield [attribute, attribute === 'names' ? globMatcher(wanted) : oneOf(wanted)]
  }
}

/** Words match whatever their case: ToolHive's formats write `Active` and `active`. */
function oneOf(wanted: readonly string[]): (value: string) => boolean {
  const set = new Set(wanted.map(value => value.toLowerCase()))
  return value => set.has(value.toLowerCase())
}

function attributesOf({ document, key }: Candidate, attribute: Attribute): string[] {
  switch (attribute) {
    case 'names':
      return texts([own(document, 'name'), key])
    case 'statuses':
      return [marksOf(document).status ?? extensionStatus(document) ?? 'active']
    case 'transports':
      return [
        ...objects(document, 'packages').map(item => own(item, 'transport')),
        ...objects(document, 'remotes'),
      ].flatMap(typeOf)
    case 'registryTypes':
      return texts(objects(document, 'packages').map(item => own(item, 'registryType')))
    case 'tiers':
      return texts(extensionsOf(document).map(extension => own(extension, 'tier')))
    case 'tags':
      return extensionsOf(document).flatMap(extension => list(own(extension, 'tags')))
    case 'categories':
      return categoriesOf(document)
    default:
      return attribute satisfies never
  }
}

/** ToolHive entries say it there, as no registry says anything of them. */
function extensionStatus(document: JsonObject): string | undefined {
  return texts(extensionsOf(document).map(extension => own(extension, 'status')))[0]
}

function categoriesOf(document: JsonObject): string[] {
  const extensions = extensionsOf(document)
  const custom = extensions.map(extension => own(extension, 'custom_metadata')).filter(isJsonObject)
  const named = custom.flatMap(metadata => [
    ...texts([own(metadata, 'category')]),
    ...list(own(metadata, 'categories')),
  ])
  return named.length > 0 ? named : extensions.flatMap(extension => list(own(extension, 'tags')))
}

/** ToolHive's extension objects: the one whose key is a package identifier or remote URL of the entry, else all of them. */
export function extensionsOf(document: JsonObject): JsonObject[] {
  const meta = own(document, '_meta')
  const provided = isJsonObject(meta) ? own(meta, PUBLISHER_META) : undefined
  const extension = isJsonObject(provided) ? own(provided, 'io.github.stacklok') : undefined
  if (!isJsonObject(extension)) return []
  const keys = texts([
    ...objects(document, 'packages').map(item => own(item, 'identifier')),
    ...objects(document, 'remotes').map(item => own(item, 'url')),
  ])
  const matching = keys.map(key => own(extension, key)).filter(isJsonObject)
  return matching.length > 0
    ? matching
    : Object.keys(extension)
        .map(key => own(extension, key))
        .filter(isJsonObject)
}

function objects(document: JsonObject, key: string): JsonObject[] {
  const value = own(document, key)
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function typeOf(transport: JsonValue | undefined): string[] {
  return isJsonObject(transport) ? texts([own(transport, 'type')]) : []
}

function list(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? texts(value) : []
}

function texts(values: readonly (JsonValue | undefined)[]): string[] {
  return values.filter(value => typeof value === 'string')
}
