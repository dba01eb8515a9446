// Reads contents of files: what is not in the store yet comes in one request, then one blob after the other.
import type { TreeFile } from '../engine.ts'
import { redacted } from '../remote-context.ts'
import { fileTooLarge } from '../tree-path.ts'
import { fetchMissing } from './fetch.ts'
import { readObjects } from './objects.ts'
import type { Store } from './store.ts'

/** Contents in the order asked. A file larger than `maxBytes` is found by its header, before its content is read. */
export async function* readBlobs(
  store: Store,
  files: readonly TreeFile[],
  maxBytes: number,
): AsyncGenerator<{ readonly file: TreeFile; readonly bytes: Buffer }> {
  if (files.length === 0) return
  const oids = files.map(file => file.oid)
  await fetchMissing(store, oids)
  const objects = readObjects(store, oids, {
    maxBytes,
    exceeded: (index, bytes) => redacted(store.session, fileTooLarge(files[index]?.path ?? '', bytes, maxBytes)),
  })
  let index = 0
  for await (const { bytes } of objects) {
    const file = files[index++]
    if (file !== undefined) yield { file, bytes }
  }
}
