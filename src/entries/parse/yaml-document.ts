// YAML text to entries: every form that JSON has, one document of the stream after the other.

import { yamlAliases } from '../../lib/yaml-nodes.ts'
import { type YamlTree, yamlTooLarge, yamlTrees } from '../../lib/yaml-text.ts'
import { type SourceDocument, type SourceFile, unreadableDocument } from '../document.ts'
import type { Limits } from '../limits.ts'
import {
  byteOrderMark,
  encodingIssue,
  formatUnknown,
  hasByteOrderMark,
  nothingThere,
  notUtf8,
  problemIssue,
} from './document-issues.ts'
import { entryPointer } from './outline.ts'
import { yamlEntry } from './yaml-entry.ts'
import { yamlEnvelope } from './yaml-envelope.ts'
import { yamlOutline } from './yaml-outline.ts'
import type { YamlReading } from './yaml-reading.ts'

/** Maps and lists inside each other that the whole text may have: an entry over its own limit is only an entry refused. */
const MOST_NESTING = 250

/** Never throws for bad input: what can't be read is an issue of the document. One document is in memory at a time. */
export function* yamlDocuments(file: SourceFile, limits: Limits): Generator<SourceDocument> {
  const { path, bytes } = file
  const notes = hasByteOrderMark(bytes) ? [byteOrderMark(path)] : []
  const tooLarge = yamlTooLarge(bytes.length, { maxBytes: limits.yamlBytes })
  const refused = tooLarge
    ? problemIssue(tooLarge, path, { line: 1, column: 1 })
    : (encodingIssue(file) ?? notUtf8(path, bytes))
  if (refused) {
    yield unreadableDocument(path, [refused])
    return
  }
  let found = 0
  for (const tree of yamlTrees(bytes.toString(), { maxBytes: limits.yamlBytes, maxNesting: MOST_NESTING })) {
    if (isEmpty(tree)) continue
    const document = documentOf(path, tree, limits)
    yield found++ === 0 ? { ...document, issues: [...notes, ...document.issues] } : document
  }
  if (found === 0) yield unreadableDocument(path, [...notes, nothingThere(path)])
}

/** `---` without anything behind it. */
function isEmpty({ contents, problems }: YamlTree): boolean {
  const isNull = contents === null || ('value' in contents && contents.value === null)
  return isNull && problems.length === 0
}

function documentOf(path: string, tree: YamlTree, limits: Limits): SourceDocument {
  const { contents, problems, place } = tree
  if (problems.length > 0 || contents === null)
    return unreadableDocument(
      path,
      problems.map(problem => problemIssue(problem, path, place(problem.offset))),
    )
  const reading: YamlReading = { tree, aliases: yamlAliases(contents), limits }
  const outline = yamlOutline(contents, reading)
  const isManifest = 'has' in contents && contents.has('apiVersion') && contents.has('kind')
  if (!outline) return unreadableDocument(path, [formatUnknown(path, place(tree.start), isManifest)])
  const { format, entries, list } = outline
  const around = yamlEnvelope(outline, reading)
  const all = [...outline.problems, ...around.problems]
  if (all.length > 0)
    return unreadableDocument(
      path,
      all.map(problem => problemIssue(problem, path, place(problem.offset))),
    )
  return {
    path,
    format,
    envelope: around.envelope,
    issues: [],
    count: entries.length,
    *entries() {
      const budget = { left: limits.yamlBytes }
      for (const [index, entry] of entries.entries())
        yield yamlEntry(entry, { ...reading, format, budget, pointer: entryPointer(list, index, entry) })
    },
  }
}
