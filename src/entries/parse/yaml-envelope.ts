// What stands around the entries of a YAML document, as values: held to the same rules as an entry.
import { type JsonObject, setOwn } from '../../lib/json.ts'
import { isInside } from '../../lib/yaml-nodes.ts'
import { yamlValue } from '../../lib/yaml-value.ts'
import type { Envelope } from '../document.ts'
import type { Member, Outline, OutlineProblem } from './outline.ts'
import type { NodeSpot } from './yaml-outline.ts'
import type { YamlReading } from './yaml-reading.ts'

export function yamlEnvelope(
  { top, data, entries }: Outline<NodeSpot>,
  { tree, aliases, limits }: YamlReading,
): { readonly envelope: Envelope; readonly problems: readonly OutlineProblem[] } {
  const problems: OutlineProblem[] = tree.innerProblems.filter(
    problem => !entries.some(({ node }) => isInside(problem, node)), // entries answer for themselves
  )
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
