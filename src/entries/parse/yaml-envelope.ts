// What stands around the entries of a YAML document, as values: held to the same rules as an entry.
import { type JsonObject, setOwn } from '../../lib/json.ts'
import type { YamlProblem } from '../../lib/yaml-text.ts'
import { yamlValue } from '../../lib/yaml-value.ts'
import type { Envelope } from '../document.ts'
import type { Member, Outline, OutlineProblem } from './outline.ts'
import type { YamlReading } from './yaml-document.ts'
import type { NodeSpot } from './yaml-outline.ts'

export function yamlEnvelope(
  { top, data, entries }: Outline<NodeSpot>,
  { tree, aliases, limits }: YamlReading,
): { readonly envelope: Envelope; readonly problems: readonly OutlineProblem[] } {
  const problems: OutlineProblem[] = tree.innerProblems.filter(problem => !isInside(problem, entries))
  const budget = { left: limits.entryBytes }
  const valuesOf = (members: readonly Member<NodeSpot>[]) => {
    const values: JsonObject = {}
    for (const { key, spot } of members) {
      const read = yamlValue(
        spot.node,
        { place: tree.place, aliases },
        {
          maxDepth: limits.depth,
          maxSize: limits.envelopeBytes,
          aliases: budget,
        },
      )
      problems.push(...read.problems)
      setOwn(values, key, read.value)
    }
    return values
  }
  return { envelope: { top: valuesOf(top), data: valuesOf(data) }, problems }
}

/** Entries answer for the problems inside them. */
function isInside({ offset }: YamlProblem, entries: readonly NodeSpot[]): boolean {
  return entries.some(({ node }) => {
    const [start, end] = node?.range ?? [0, 0]
    return offset >= start && offset < end
  })
}
