// Stores objects that we composed ourselves (trees, a commit) as one pack: no file and no process for each of them.
import { failureOf } from '../classify.ts'
import { type NewObject, packPieces } from '../pack-format.ts'
import { runGit } from './process.ts'
import { localCall, type Store } from './store.ts'

/** Writes the objects; `index-pack` checks them and makes them known. */
export async function storeObjects(store: Store, objects: readonly NewObject[]): Promise<void> {
  if (objects.length === 0) return
  const done = await runGit({ ...localCall(store, ['index-pack', '--stdin']), input: packPieces(objects) })
  if (done.code !== 0) throw failureOf(store.session, 'read', done)
}
