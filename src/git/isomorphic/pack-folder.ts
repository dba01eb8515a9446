// What isomorphic-git sees of the disk: a folder of packs and their indexes, and nothing else. Reading an object makes it look
// for four files first; answered from memory, that is a hundred times as fast, and no other path is ever opened.
import { readFile, writeFile } from 'node:fs/promises'
import type { PromiseFsClient } from 'isomorphic-git'

const PACKS = '/objects/pack/'
/** One for all: making an error costs more than reading an object. */
const NOT_THERE = Object.assign(new Error('there are only packs here'), { code: 'ENOENT' })

/** A client for the packs below `directory`; a pack is known from when its index is written. */
export function packFolder(directory: string): PromiseFsClient {
  const prefix = `${directory}${PACKS}`
  const names: string[] = []
  const isPack = (path: unknown): path is string => typeof path === 'string' && path.startsWith(prefix)
  const notThere = () => Promise.reject(NOT_THERE)
  return {
    promises: {
      readFile: (path: unknown) => (isPack(path) ? readFile(path) : notThere()),
      async writeFile(path: unknown, bytes: Uint8Array) {
        if (!isPack(path)) throw NOT_THERE
        await writeFile(path, bytes, { mode: 0o600 })
        names.push(path.slice(prefix.length))
      },
      readdir: async (path: string) => (`${path}/` === prefix ? [...names] : []),
      stat: notThere,
      lstat: notThere,
      mkdir: notThere,
      rmdir: notThere,
      unlink: notThere,
      readlink: notThere,
      symlink: notThere,
    },
  }
}
