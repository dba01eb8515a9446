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

/** Words for kinds that a shell offers. */
export const KIND_WORDS: readonly string[] = kindNames.flatMap(kind => {
  const { plural, shortNames } = definitionOf(kind)
  return [plural, ...shortNames]
})

/** A kind of ours. Throws UsageError. */
export function ownKind(word: string): OwnKind {
  const definition = findKind(word)
  if (!definition) throw unknownKind(word)
  const { kind, singular, columns } = definition
  return { type: typeOf(kind), singular, columns }
}

/** A kind of ours, or one that ours refer to. Throws UsageError. */
export function anyKind(word: string): ShownKind {
  return PLAIN.find(({ names }) => names.includes(word.toLowerCase())) ?? ownKind(word)
}

const OWN_ALL: readonly string[] = ['rollbook', 'all']

/** `rbreg,rbimport`; `rollbook` and `all` are all of ours. Throws UsageError. */
export function kindList(words: string): readonly ShownKind[] {
  return words
    .split(',')
    .flatMap((word): readonly ShownKind[] => (OWN_ALL.includes(word.toLowerCase()) ? ownKinds() : [anyKind(word)]))
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
  if (given === undefined || given === '') throw new UsageError(`name the resource: ${kind || 'KIND'} NAME`)
  return { kind, name: given }
}

function unknownKind(word: string): UsageError {
  const meant = suggest(word, [...KIND_WORDS, ...kindNames.map(kind => definitionOf(kind).singular)])
  const short = kindNames.map(kind => `${kind} (${definitionOf(kind).shortNames.join(', ')})`).join(', ')
  return new UsageError(
    `there is no kind ${JSON.stringify(word)}${meant === undefined ? '' : `, did you mean ${meant}?`}; kinds: ${short}`,
  )
}
