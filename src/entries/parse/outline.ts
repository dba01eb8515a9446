// Which form a document has and where its entries stand: one place for JSON and YAML. `S` is where a value stands in
// the text: a span of bytes, or a node. Recognition follows ToolHive's rule (toolhive-formats.md 1a): `data` an object
// is the envelope, `$schema` decides nothing.
import { pointerOf } from '../../lib/issue.ts'
import type { Format, Section } from '../document.ts'
import { duplicateKey, type TextProblem } from './document-issues.ts'

export type Kind = 'object' | 'array' | 'null' | 'scalar'

/** A member of one of the objects around the entries. Offsets count as the text is read: bytes or UTF-16 units. */
export interface Member<S> {
  readonly key: string
  readonly keyOffset: number
  readonly offset: number
  readonly kind: Kind
  readonly spot: S
  /** What is inside, when it is one of the containers that hold entries. */
  readonly elements?: readonly S[]
  readonly members?: readonly Member<S>[]
}

/** Where one entry stands. */
export type EntrySpot<S> = S & {
  readonly section?: Section
  readonly key?: string
  readonly keyOffset?: number
  /** The same key came before in the same ToolHive map, there. */
  readonly firstOffset?: number
}

export interface OutlineProblem extends TextProblem {
  readonly offset: number
}

export interface Outline<S> {
  readonly format: Format
  readonly entries: readonly EntrySpot<S>[]
  /** Pointer of the list that the entries are items of; undefined when they are values of maps, or the document itself. */
  readonly list: string | undefined
  /** Members of the envelope: of the top level, and of `data`, without those that hold the entries. */
  readonly top: readonly Member<S>[]
  readonly data: readonly Member<S>[]
  /** With one of these nothing of the document is read. */
  readonly problems: readonly OutlineProblem[]
}

/** Containers that hold entries, by their place; everything else is stepped over. */
export const ENTRY_CONTAINERS: ReadonlySet<string> = new Set(['servers', 'remote_servers', 'data', 'data.servers'])

const SECTIONS = ['servers', 'remote_servers'] as const

/** One of these makes a lone object a server.json or an API record. */
const SERVER_KEYS = ['server', 'name', 'version', 'packages', 'remotes', '$schema']

export interface OutlineOptions<S> {
  /** The document itself as an entry. */
  readonly whole: () => S
  readonly lineOf: (offset: number) => number
}

/** The outline of a top-level object, or undefined when it has none of the forms. */
export function outlineOf<S extends object>(
  members: readonly Member<S>[],
  { whole, lineOf }: OutlineOptions<S>,
): Outline<S> | undefined {
  const memberOf = (key: string) => members.find(member => member.key === key)
  const data = memberOf('data')
  const servers = memberOf('servers')
  const repeated = repeatedKeys(members, lineOf)
  if (data?.members) {
    const inside = data.members.find(({ key }) => key === 'servers')
    return {
      format: 'upstream',
      entries: inside?.elements ?? [],
      list: '/data/servers',
      top: without(members, ['data']),
      data: without(data.members, ['servers']),
      problems: [...repeated, ...repeatedKeys(data.members, lineOf), ...wrongKind(inside, 'data.servers', ['array'])],
    }
  }
  if (servers?.elements) {
    const top = without(members, ['servers', 'metadata'])
    return { format: 'upstream', entries: servers.elements, list: '/servers', top, data: [], problems: repeated }
  }
  if ([...SECTIONS, 'groups'].some(memberOf)) {
    // What is neither may have been meant as the list of an API, where nothing else is ToolHive's.
    const isToolhive = ['remote_servers', 'groups'].some(memberOf)
    const wrong = [
      ...wrongKind(servers, 'servers', isToolhive ? ['object'] : ['array', 'object']),
      ...wrongKind(memberOf('remote_servers'), 'remote_servers', ['object']),
    ]
    const entries = SECTIONS.flatMap(section => sectionEntries(section, memberOf(section)?.members ?? []))
    return {
      format: 'toolhive',
      entries,
      list: undefined,
      top: without(members, SECTIONS),
      data: [],
      problems: [...repeated, ...wrong],
    }
  }
  if (!SERVER_KEYS.some(memberOf)) return undefined
  // A key that comes twice in a lone server is a finding of that entry.
  return { format: 'upstream', entries: [whole()], list: undefined, top: [], data: [], problems: [] }
}

/** Where an entry stands in the document. */
export function entryPointer(list: string | undefined, index: number, { section, key }: EntrySpot<object>): string {
  if (list !== undefined) return `${list}/${index}`
  return section === undefined || key === undefined ? '' : pointerOf(section, key)
}

/** Keys of one ToolHive map. A key that comes again is an entry that is refused; the first one stands. */
function sectionEntries<S extends object>(section: Section, members: readonly Member<S>[]): EntrySpot<S>[] {
  const seen = new Map<string, number>()
  return members.map(({ key, keyOffset, spot }) => {
    const firstOffset = seen.get(key)
    if (firstOffset === undefined) seen.set(key, keyOffset)
    const entry = { ...spot, section, key, keyOffset }
    return firstOffset === undefined ? entry : { ...entry, firstOffset }
  })
}

function repeatedKeys(members: readonly Member<object>[], lineOf: (offset: number) => number): OutlineProblem[] {
  const seen = new Map<string, number>()
  const problems: OutlineProblem[] = []
  for (const { key, keyOffset } of members) {
    const first = seen.get(key)
    if (first === undefined) seen.set(key, keyOffset)
    else problems.push({ ...duplicateKey(key, lineOf(first)), offset: keyOffset })
  }
  return problems
}

/** Go writes an empty list or map as null. */
function wrongKind(member: Member<object> | undefined, place: string, wanted: readonly Kind[]): OutlineProblem[] {
  if (!member || wanted.includes(member.kind) || member.kind === 'null') return []
  const forms = wanted.length === 1 ? `an ${wanted[0]}` : 'an array, or in a ToolHive registry.json an object'
  const message = `${place} must be ${forms}: it holds the entries`
  return [{ code: 'ContainerInvalid', message, offset: member.offset }]
}

function without<S>(members: readonly Member<S>[], keys: readonly string[]): Member<S>[] {
  return members.filter(({ key }) => !keys.includes(key))
}
