// Nodes of a YAML tree: keys, places, and what aliases stand for.
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'

/** The target of every alias of a tree: the last anchor of that name before it. */
export type YamlAliases = ReadonlyMap<Node, Node>

/** Found in one walk: the parser's own look-up reads the whole document for each alias. */
export function yamlAliases(root: Node | null): YamlAliases {
  const anchors = new Map<string, Node>()
  const targets = new Map<Node, Node>()
  const visit = (node: Node | null): void => {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target) targets.set(node, target)
      return
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) anchors.set(node.anchor, node)
    if (isSeq(node)) for (const item of node.items) visit(item as Node | null)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      visit(key as Node | null)
      visit(value as Node | null)
    }
  }
  visit(root)
  return targets
}

/** Text of a key; only text is left of keys when yaml-text.ts has found no problem. */
export function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : ''
}

/** Where a part of a value stands, or the nearest part around it that is in the text. List indexes may be texts. */
export function yamlOffset(
  root: Node | null,
  aliases: YamlAliases,
  { path, atKey = false }: { readonly path: readonly (string | number)[]; readonly atKey?: boolean },
): number {
  const resolved = (node: unknown) => (isAlias(node) ? aliases.get(node) : (node as Node | null | undefined)) ?? null
  let node = resolved(root)
  let offset = offsetOf(root)
  for (const [index, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && item.key.value === String(part))
      if (!pair) break
      offset = atKey && index === path.length - 1 ? offsetOf(pair.key) : offsetOf(pair.value ?? pair.key)
      node = resolved(pair.value)
    } else if (isSeq(node)) {
      const item = node.items[Number(part)]
      if (item === undefined) break
      offset = offsetOf(item)
      node = resolved(item)
    } else break
  }
  return offset
}

export function offsetOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0
}
