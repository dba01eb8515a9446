// Tags in YAML: those of JSON's own types are accepted, every other one is refused, also where the parser knows it
// (`!!binary`, `!!set`, `!!omap` and `!!timestamp` make values that JSON has not).
import { isCollection, isPair, type Node } from 'yaml'

const PREFIX = 'tag:yaml.org,2002:'
const ACCEPTED = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(name => PREFIX + name))
const KNOWN_TO_THE_PARSER = new Set(['binary', 'merge', 'omap', 'pairs', 'set', 'timestamp'].map(name => PREFIX + name))

/** True for no tag, and for the tags of JSON's own types. */
export function isAcceptedTag(tag: string | undefined): boolean {
  return tag === undefined || ACCEPTED.has(tag)
}

/** A node with a tag. */
export interface TaggedNode {
  /** Where its value starts, behind the tag. */
  readonly offset: number
  /** The tag, when the parser takes it and we don't. Tags that it does not know are its own warnings. */
  readonly refused: string | undefined
}

/** The nodes with a tag, in the order of the text. */
export function taggedNodes(root: Node | null): TaggedNode[] {
  const found: TaggedNode[] = []
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key)
      visit(node.value)
      return
    }
    const { tag, range } = (node ?? {}) as Partial<Node>
    if (tag !== undefined) {
      found.push({
        offset: range?.[0] ?? 0,
        refused: KNOWN_TO_THE_PARSER.has(tag) ? `!!${tag.slice(PREFIX.length)}` : undefined,
      })
    }
    if (isCollection(node)) for (const item of node.items) visit(item)
  }
  visit(root)
  return found
}
