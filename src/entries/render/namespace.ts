// Layout Namespace: one catalog file for each namespace, so that none outgrows what git hosts take.
import { type Catalog, indexFolder, upstreamEntry } from '../catalog.ts'
import type { SourceFile } from '../document.ts'
import type { Limits } from '../limits.ts'
import { CATALOG_FILE } from '../source-envelope.ts'
import { type FolderFile, renderFolder } from './folder.ts'
import { catalogContent, type Line } from './lines.ts'
import { isSegmentOf, namespaceOf, namespacePaths } from './paths.ts'
import type { Rendered, RenderInput } from './rendered.ts'

/** Throws TargetInvalid. Files that the layout did not write are listed and left alone. */
export function indexNamespaces(files: readonly SourceFile[], limits: Limits, root: string): Catalog {
  return indexFolder(files, {
    limits,
    catalogFile: `${root}/${CATALOG_FILE}`,
    entryOf: upstreamEntry,
    isManaged: (path, entries) => {
      const segment = path.slice(root.length + 1).replace(/\.json$/, '')
      return entries.length > 0 && entries.every(({ name }) => isSegmentOf(segment, namespaceOf(name)))
    },
  })
}

export function renderNamespaces(input: RenderInput): Rendered | undefined {
  return renderFolder(input, filesOf)
}

function filesOf(lines: readonly Line[]): FolderFile[] {
  const paths = namespacePaths(lines.map(({ name }) => name))
  const byNamespace = new Map<string, Line[]>()
  for (const line of lines) {
    const namespace = namespaceOf(line.name)
    const known = byNamespace.get(namespace)
    if (known) known.push(line)
    else byNamespace.set(namespace, [line])
  }
  return [...byNamespace].map(([namespace, own]) => ({
    path: paths.get(namespace) ?? '',
    lines: own,
    // What belongs to no entry stands in _catalog.json only.
    content: ({ top: { $schema, version, meta } }) =>
      catalogContent(
        {
          top: {
            ...($schema === undefined ? {} : { $schema }),
            ...(version === undefined ? {} : { version }),
            ...(meta === undefined ? {} : { meta }),
          },
          data: {},
        },
        own,
      ),
  }))
}
