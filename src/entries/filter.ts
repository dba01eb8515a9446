// The filter of a resource: one decision an entry, with its reason. Exclude wins; within include every criterion must match.
import picomatch from 'picomatch'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import type { CriteriaRequest, FilterRequest } from '../resources/request.ts'
import { marksOf } from './entry.ts'
import { PUBLISHER_META } from './formats/upstream.ts'

/** Why an entry is left out, CamelCase; undefined lets it pass. */
export type EntryFilter = (document: JsonObject) => string | undefined

type Criterion = keyof CriteriaRequest

/** Word of each criterion in reasons: `NoTier` where an entry lacks the attribute, `TierNotIncluded`, `TierExcluded`. */
const WORDS: Readonly<Record<Criterion, string>> = {
  names: 'Name',
  tags: 'Tag',
  tiers: 'Tier',
  transports: 'Transport',
  categories: 'Category',
  registryTypes: 'RegistryType',
  statuses: 'Status',
}

/** Compiles a filter once for all entries. `*` in names crosses `/` (kinds.md). */
export function entryFilter(filter: FilterRequest): EntryFilter {
  const include = compile(filter.include)
  const exclude = compile(filter.exclude)
  if (include.length === 0 && exclude.length === 0) return () => undefined
  return document => {
    for (const { criterion, matches } of exclude) {
      if (attributesOf(document, criterion).some(matches)) return `${WORDS[criterion]}Excluded`
    }
    for (const { criterion, matches } of include) {
      const values = attributesOf(document, criterion)
      if (values.length === 0) return `No${WORDS[criterion]}`
      if (!values.some(matches)) return `${WORDS[criterion]}NotIncluded`
    }
    return undefined
  }
}

interface CompiledCriterion {
  readonly criterion: Criterion
  readonly matches: (value: string) => boolean
}

function compile(criteria: CriteriaRequest | undefined): CompiledCriterion[] {
  const compiled: CompiledCriterion[] = []
  for (const criterion of Object.keys(WORDS) as Criterion[]) {
    const wanted = criteria?.[criterion]
    if (!wanted || wanted.length === 0) continue
    if (criterion === 'names') {
      compiled.push({ criterion, matches: picomatch([...wanted], { bash: true, dot: true }) })
    } else {
      const set = new Set(wanted.map(value => value.toLowerCase()))
      compiled.push({ criterion, matches: value => set.has(value.toLowerCase()) })
    }
  }
  return compiled
}

function attributesOf(document: JsonObject, criterion: Criterion): string[] {
  switch (criterion) {
    case 'names':
      return texts([own(document, 'name')])
    case 'statuses':
      return [marksOf(document).status ?? 'active']
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
      return criterion satisfies never
  }
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
