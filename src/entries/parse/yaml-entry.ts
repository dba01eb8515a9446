// One entry of a YAML document: its node to a value, with everything that reading it finds (tier json).
import { pointerOf, pointerParts } from '../../lib/issue.ts'
import { isInside, yamlOffset } from '../../lib/yaml-nodes.ts'
import { type YamlValueProblem, yamlValue } from '../../lib/yaml-value.ts'
import type { Format, RawEntry, ReadFinding } from '../document.ts'
import { duplicateKey, entryTooLarge, type TextProblem, tooDeep } from './document-issues.ts'
import { readFinding } from './findings.ts'
import { insideRecord, type RecordParts, recordParts } from './record.ts'
import type { EntryNode } from './yaml-outline.ts'
import type { YamlReading } from './yaml-reading.ts'

export interface YamlEntryReading extends YamlReading {
  readonly format: Format
  /** Where the entry stands in the document. */
  readonly pointer: string
  /** Bytes that aliases may still add, of all entries of a document together. */
  readonly budget: { left: number }
}

export function yamlEntry(entry: EntryNode, reading: YamlEntryReading): RawEntry {
  const { node, section, key, keyOffset, firstOffset } = entry
  const { tree, aliases, limits, format, pointer } = reading
  const shared = { format, section, key, pointer, range: undefined }
  const start = yamlOffset(node, aliases, { path: [] })
  const unread = (problem: TextProblem, offset: number): RawEntry => ({
    ...shared,
    value: undefined,
    meta: undefined,
    findings: [readFinding(problem, '', tree.place(offset))],
    locate: () => tree.place(start),
    again: () => yamlEntry(entry, { ...reading, budget: { left: limits.yamlBytes } }),
  })
  if (firstOffset !== undefined)
    return unread(duplicateKey(key ?? '', tree.place(firstOffset).line), keyOffset ?? start)

  const valueLimits = { maxDepth: limits.depth, maxSize: limits.entryBytes, aliases: reading.budget }
  const { value, problems } = yamlValue(node, { place: tree.place, aliases }, valueLimits)
  const fatal = problems.find(({ code }) => FATAL.has(code))
  if (fatal) return unread(asEntryProblem(fatal), fatal.offset)

  const record: RecordParts =
    format === 'upstream' ? recordParts(value) : { value, meta: undefined, prefix: '', findings: [] }
  const findings: ReadFinding[] = [
    ...record.findings,
    ...tree.innerProblems
      .filter(problem => isInside(problem, node))
      .map(problem => readFinding(problem, '', tree.place(problem.offset))),
    ...problems.map(problem =>
      readFinding(problem, insideRecord(record, pointerOf(...problem.path)), tree.place(problem.offset)),
    ),
  ]
  return {
    ...shared,
    value: record.value,
    meta: record.meta,
    findings,
    locate: inner => tree.place(yamlOffset(node, aliases, { path: pointerParts(record.prefix + inner) })),
    again: () => yamlEntry(entry, { ...reading, budget: { left: limits.yamlBytes } }),
  }
}

/** With one of these the value has holes. */
const FATAL: ReadonlySet<string> = new Set(['TooDeep', 'TooLarge', 'AliasesTooLarge', 'AliasUnknown'])

/** In the words of a JSON entry. */
function asEntryProblem({ code, message }: YamlValueProblem): TextProblem {
  if (code === 'TooLarge') return entryTooLarge(message)
  return code === 'TooDeep' ? tooDeep(`this entry ${message}`) : { code, message }
}
