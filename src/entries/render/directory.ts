// Layout Directory: one server.json for each entry, indented, for review by people.
import type { JsonObject } from '../../lib/json.ts'
import { prettyJson } from '../canonical.ts'
import { type Catalog, indexFolder, upstreamEntry } from '../catalog.ts'
import type { SourceFile } from '../document.ts'
import { SERVER } from '../formats/upstream.ts'
import type { Limits } from '../limits.ts'
import { CATALOG_FILE } from '../source-envelope.ts'
import { type FolderFile, renderFolder } from './folder.ts'
import type { Line } from './lines.ts'
import { entryPaths, isSegmentOf, namespaceOf, simpleNameOf } from './paths.ts'
import type { Rendered, RenderInput } from './rendered.ts'

/** Throws TargetInvalid. Files that the layout did not write are listed and left alone. */
export function indexDirectory(files: readonly SourceFile[], limits: Limits, root: string): Catalog {
  return indexFolder(files, {
    limits,
    catalogFile: `${root}/${CATALOG_FILE}`,
    entryOf: upstreamEntry,
    isManaged: (path, entries) => {
      const [namespace, name, version, ...deeper] = path
        .slice(root.length + 1)
        .replace(/\.json$/, '')
        .split('/')
      const [entry, ...others] = entries
      if (!entry || others.length > 0 || deeper.length > 0 || version === undefined) return false
      const is = (segment: string | undefined, text: string) => segment !== undefined && isSegmentOf(segment, text)
      return is(namespace, namespaceOf(entry.name)) && is(name, simpleNameOf(entry.name)) && is(version, entry.version)
    },
  })
}

export function renderDirectory(input: RenderInput): Rendered | undefined {
  return renderFolder(input, filesOf)
}

function filesOf(lines: readonly Line[]): FolderFile[] {
  const paths = entryPaths(lines)
  return lines.map((line, index) => ({ path: paths[index] ?? '', lines: [line], content: () => reviewable(line) }))
}

function reviewable(line: Line): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      yield Buffer.from(`${prettyJson(JSON.parse(line.text().toString('utf8')) as JsonObject, SERVER)}\n`)
    },
  }
}
