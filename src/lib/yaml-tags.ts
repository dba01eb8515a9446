// Tags in YAML: those of JSON's own types are accepted, every other one is refused, also where the parser knows it
// (`!!binary`, `!!set`, `!!omap` and `!!timestamp` make values that JSON has not).
import { isCollection, isPair, type Node } from 'yaml'
import type { YamlProblem } from './yaml-text.ts'

const PREFIX = 'tag:yaml.org,2002:'
const ACCEPTED = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(name => PREFIX + name))
const KNOWN_TO_THE_PARSER = new Set(['binary', 'merge', 'omap', 'pairs', 'set', 'timestamp'].map(name => PREFIX + name))

/** True for no tag, and for the tags of JSON's own types. */
export function isAcceptedTag(tag: string | undefined): boolean {
  return tag === undefined || ACCEPTED.has(tag)
}

/** Problems of nodes whose tag the parser accepts and we don't. Tags that it does not know are its own warnings. */
export function refusedTags(root: Node | null): YamlProblem[] {
  const problems: YamlProblem[] = []
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key)
      visit(node.value)
      return
    }
    const { tag, range } = (node ?? {}) as Partial<Node>
    if (tag !== undefined && KNOWN_TO_THE_PARSER.has(tag)) {
      const message = `the YAML tag !!${tag.slice(PREFIX.length)} is not accepted`
      problems.push({ code: 'TagRefused', message, offset: range?.[0] ?? 0 })
    }
    if (isCollection(node)) for (const item of node.items) visit(item)
  }
  visit(root)
  return problems
}
