// YAML text to entries: every form that JSON has, one document of the stream after the other.

import { type YamlAliases, yamlAliases } from '../../lib/yaml-nodes.ts'
import { type YamlTree, yamlTrees } from '../../lib/yaml-text.ts'
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
import { yamlEntry } from './yaml-entry.ts'
import { yamlEnvelope } from './yaml-envelope.ts'
import { yamlOutline } from './yaml-outline.ts'

/** A tree of which entries are read. */
export interface YamlReading {
  readonly tree: YamlTree
  readonly aliases: YamlAliases
  readonly limits: Limits
}

/** Maps and lists inside each other that the whole text may have: an entry over its own limit is only an entry refused. */
const MOST_NESTING = 250

/** Never throws for bad input: what can't be read is an issue of the document. One document is in memory at a time. */
export function* yamlDocuments(file: SourceFile, limits: Limits): Generator<SourceDocument> {
  const { path, bytes } = file
  const notes = hasByteOrderMark(bytes) ? [byteOrderMark(path)] : []
  const encoding = encodingIssue(file) ?? notUtf8(path, bytes)
  if (encoding) {
    yield unreadableDocument(path, [encoding])
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
  if (!outline) return unreadableDocument(path, [formatUnknown(path, place(tree.start))])
  const { format, entries } = outline
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
      for (const entry of entries) yield yamlEntry(entry, { ...reading, format, budget })
    },
  }
}
