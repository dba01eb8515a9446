// Text of a manifest file to plain values that know where they stand. YAML and JSON alike (YAML 1.2 contains JSON).
// A document with any problem is left out whole: half a manifest is never run.
import type { JsonValue } from '../lib/json.ts'
import { yamlAliases, yamlOffset } from '../lib/yaml-nodes.ts'
import { type YamlProblem, type YamlTree, yamlTrees } from '../lib/yaml-text.ts'
import { type YamlValueProblem, yamlValue } from '../lib/yaml-value.ts'
import type { FieldPath, Position, Problem } from './problem.ts'

/** Limits of design section 4.11; a text beyond them is refused before or while it is read. */
const MAX_BYTES = 20 * 1024 * 1024
const MAX_DEPTH = 64
/** Bytes that aliases may add to what is written in a document. */
const MAX_ALIASED = 1024 * 1024

/** One document of a file: its value, and where each part of it stands. */
export interface YamlDocument {
  readonly value: JsonValue
  /** Position of a field, or of the nearest block around it that is in the text. */
  locate(path: FieldPath, atKey?: boolean): Position
}

/** A problem of the text itself. */
export interface TextProblem extends Problem {
  readonly position: Position
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[]
  readonly problems: readonly TextProblem[]
}

/** The documents of a text that have no problem of their own, and the problems of the others. Empty documents are left out. */
export function readYaml(text: string): YamlFile {
  const documents: YamlDocument[] = []
  const problems: TextProblem[] = []
  for (const tree of yamlTrees(text, { maxBytes: MAX_BYTES, maxNesting: MAX_DEPTH })) {
    const { document, found } = readTree(tree)
    for (const { code, message, offset } of found) problems.push(textProblem(code, message, tree.place(offset)))
    if (document && found.length === 0) documents.push(document)
  }
  return { documents, problems }
}

function readTree(tree: YamlTree): {
  readonly document?: YamlDocument
  readonly found: readonly (YamlProblem | YamlValueProblem)[]
} {
  const { contents, problems, innerProblems, place } = tree
  const found = [...problems, ...innerProblems]
  if (found.length > 0 || contents === null) return { found }
  const aliases = yamlAliases(contents)
  const limits = { maxDepth: MAX_DEPTH, maxSize: MAX_BYTES, aliases: { left: MAX_ALIASED } }
  const read = yamlValue(contents, { place, aliases }, limits)
  if (read.value === null) return { found: read.problems }
  const locate = (path: FieldPath, atKey = false) => place(yamlOffset(contents, aliases, { path, atKey }))
  return { document: { value: read.value, locate }, found: read.problems }
}

/** Codes of manifest problems start with a small letter, as the keywords of the schema do. */
function textProblem(code: string, message: string, position: Position): TextProblem {
  const ours = code.charAt(0).toLowerCase() + code.slice(1)
  return { code: ours, tier: 'json', severity: 'error', path: [], message, position }
}
