// The outline of a YAML document: members of its nodes, in the terms that JSON's outline has too.
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import { keyOf, offsetOf } from '../../lib/yaml-nodes.ts'
import { ENTRY_CONTAINERS, type EntrySpot, type Kind, type Member, type Outline, outlineOf } from './outline.ts'
import type { YamlReading } from './yaml-reading.ts'

/** Where a value stands: its node, which is an alias where the text has one. */
export interface NodeSpot {
  readonly node: Node | null
}

export type EntryNode = EntrySpot<NodeSpot>

/** Undefined when the document has none of the forms. */
export function yamlOutline(contents: Node, { tree, aliases, limits }: YamlReading): Outline<NodeSpot> | undefined {
  const resolved = (node: Node | null) => (node === null ? null : (aliases.get(node) ?? node))

  const membersOf = (node: Node | null, place: string): Member<NodeSpot>[] => {
    if (!isMap(node)) return []
    return node.items.map(pair => {
      const key = keyOf(pair.key)
      const value = pair.value as Node | null
      const keyOffset = offsetOf(pair.key)
      return { key, keyOffset, ...memberValue(value, place === '' ? key : `${place}.${key}`) }
    })
  }

  const memberValue = (value: Node | null, place: string): Omit<Member<NodeSpot>, 'key' | 'keyOffset'> => {
    const node = resolved(value)
    const common = { offset: offsetOf(value), kind: kindOf(node), spot: { node: value } }
    if (!ENTRY_CONTAINERS.has(place)) return common
    if (isMap(node)) return { ...common, members: membersOf(node, place) }
    return isSeq(node) ? { ...common, elements: node.items.map(item => ({ node: item as Node | null })) } : common
  }

  const root = resolved(contents)
  if (!isMap(root)) return undefined
  const outline = outlineOf(membersOf(root, ''), {
    whole: () => ({ node: contents }),
    lineOf: offset => tree.place(offset).line,
  })
  if (!outline || outline.entries.length <= limits.entries) return outline
  const message = `this document has over ${limits.entries} entries`
  return { ...outline, problems: [{ code: 'TooManyEntries', message, offset: tree.start }] }
}

function kindOf(node: Node | null): Kind {
  if (isMap(node)) return 'object'
  if (isSeq(node)) return 'array'
  return node === null || (isScalar(node) && node.value === null) ? 'null' : 'scalar'
}
