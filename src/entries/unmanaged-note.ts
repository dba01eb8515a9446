// What a run says of files below its target's path that its layout did not write: they are left alone, and listed
// (kinds.md, "prune"). Most often another layout wrote them, and then the folder holds two catalogs.
import { amount } from '../lib/amount.ts'
import type { Issue } from '../lib/issue.ts'
import type { Catalog } from './catalog.ts'

const MOST_NAMED = 3

/** One warning about all of them; none when the folder is ours alone. */
export function unmanagedNotes({ unmanaged }: Catalog, root: string): Issue[] {
  if (unmanaged.size === 0) return []
  const named = [...unmanaged].slice(0, MOST_NAMED).join(', ')
  const rest = unmanaged.size > MOST_NAMED ? ', …' : ''
  return [
    {
      code: 'FilesNotManaged',
      tier: 'policy',
      severity: 'warning',
      document: root,
      pointer: '',
      path: '',
      message: `this layout did not write ${amount(unmanaged.size, 'JSON file')} below ${root}, which stay as they are: ${named}${rest}`,
      hint: 'if another layout wrote them, remove them: whoever reads the folder reads both',
    },
  ]
}
