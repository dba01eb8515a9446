// What a path of a source or target asks for: a file, a directory, everything, or a glob; the same for both engines.
import { pathGlob } from '../lib/path-glob.ts'
import type { TreeFile } from './engine.ts'
import { checkTreePath } from './tree-path.ts'

/** Lists the file `path`, or what is below that directory and wanted; '' is the root. In byte order. */
export type ListBelow = (path: string, wanted: (path: string) => boolean) => Promise<TreeFile[]>

/** Files at `path`. A path that exists under that very name is taken as it stands, even when it looks like a glob. */
export async function filesAt(path: string, listBelow: ListBelow): Promise<TreeFile[]> {
  const trimmed = path.replace(/^\.\//, '').replace(/\/+$/, '')
  checkTreePath(trimmed, {})
  const found = await listBelow(trimmed, () => true)
  if (found.length > 0) return found
  const glob = pathGlob(trimmed)
  return glob ? listBelow(glob.base, glob.matches) : found
}
