// KIND NAME or KIND/NAME on the command line, by every name that people call a kind.
import type { ClusterObject, ObjectType } from '../cluster/cluster.ts'
import { CONFIG_MAPS, SECRETS, typeOf } from '../cluster/types.ts'
import { definitionOf, findKind, kindNames, type RollbookResource } from '../resources/kinds.ts'
import type { PrinterColumn } from '../resources/schema.ts'
import { suggest } from '../resources/suggest.ts'
import { UsageError } from './command.ts'

/** A kind that commands know. */
export interface ShownKind<T extends ClusterObject = ClusterObject> {
  readonly type: ObjectType<T>
  /** `mcpregistryimportjob`: as commands name it in front of a name. */
  readonly singular: string
  readonly columns: readonly PrinterColumn[]
}

export type OwnKind = ShownKind<RollbookResource>

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

const PLAIN: readonly (ShownKind & { readonly names: readonly string[] })[] = [
  { type: CONFIG_MAPS, singular: 'configmap', names: ['configmap', 'configmaps', 'cm'], columns: [AGE] },
  { type: SECRETS, singular: 'secret', names: ['secret', 'secrets'], columns: [AGE] },
]

const EVERY = 'rollbook'
const SAME = 'all'
/** All kinds of ours. */
const OWN_ALL: readonly string[] = [EVERY, SAME]

const PLAIN_WORDS: readonly string[] = PLAIN.flatMap(({ names }) => names)

/** Words for kinds of ours that a shell offers. */
export const KIND_WORDS: readonly string[] = kindNames.flatMap(kind => {
  const { plural, shortNames } = definitionOf(kind)
  return [plural, ...shortNames]
})

/** The same for commands that take any kind. */
export const ANY_KIND_WORDS: readonly string[] = [...KIND_WORDS, ...PLAIN.map(({ type }) => type.plural)]

/** The same for a list of kinds. */
export const KIND_LIST_WORDS: readonly string[] = [...ANY_KIND_WORDS, ...OWN_ALL]

/** A kind of ours. Throws UsageError. */
export function ownKind(word: string): OwnKind {
  const definition = findKind(word) ?? refuse(word)
  const { kind, singular, columns } = definition
  return { type: typeOf(kind), singular, columns }
}

/** A kind of ours, or one that ours refer to. Throws UsageError. */
export function anyKind(word: string): ShownKind {
  return knownKind(word) ?? refuse(word, PLAIN_WORDS)
}

/** `rbreg,rbimport`; `rollbook` and `all` are all of ours. Throws UsageError. */
export function kindList(words: string): readonly ShownKind[] {
  return words.split(',').flatMap((word): readonly ShownKind[] => {
    if (OWN_ALL.includes(word.toLowerCase())) return ownKinds()
    return [knownKind(word) ?? refuse(word, [...PLAIN_WORDS, ...OWN_ALL])]
  })
}

function knownKind(word: string): ShownKind | undefined {
  const plain = PLAIN.find(({ names }) => names.includes(word.toLowerCase()))
  return plain ?? (findKind(word) ? ownKind(word) : undefined)
}

export function ownKinds(): readonly OwnKind[] {
  return kindNames.map(kind => ownKind(kind))
}

/** `KIND NAME` or `KIND/NAME`. Throws UsageError. */
export function kindAndName(positionals: readonly string[]): { readonly kind: string; readonly name: string } {
  const [first = '', second, ...more] = positionals
  const [kind = '', name, ...rest] = first.split('/')
  if (more.length > 0 || rest.length > 0 || (name !== undefined && second !== undefined)) {
    throw new UsageError('it takes one resource, as KIND NAME or KIND/NAME')
  }
  const given = name ?? second
  if (given === undefined || given === '') {
    const word = kind || 'KIND'
    throw new UsageError(`name the resource: ${word} NAME; rollbook get ${word} lists them`)
  }
  return { kind, name: given }
}

/** With all that can be asked for; `others` are taken beside our kinds. */
function refuse(word: string, others: readonly string[] = []): never {
  const singulars = kindNames.map(kind => definitionOf(kind).singular)
  const meant = suggest(word, [...KIND_WORDS, ...singulars, ...others])
  const own = kindNames.map(kind => `${kind} (${definitionOf(kind).shortNames.join(', ')})`)
  const plain = PLAIN.filter(({ singular }) => others.includes(singular)).map(({ names }) => namesText(names))
  const all = others.includes(EVERY) ? [`${EVERY} (${SAME}): all of ours`] : []
  const near = meant === undefined ? '' : `, did you mean ${meant}?`
  throw new UsageError(
    `there is no kind ${JSON.stringify(word)}${near}; kinds: ${[...own, ...plain, ...all].join(', ')}`,
  )
}

/** `configmap (cm)` */
function namesText([name = '', , short]: readonly string[]): string {
  return short === undefined ? name : `${name} (${short})`
}
