// Logs of pods as files, `<namespace>/<pod>.log` below one folder, so that they can be read after a restart.
import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ObjectName } from '../cluster.ts'
import { keyOf } from '../object-key.ts'
import type { LogStorage } from './pod-logs.ts'

const ENDING = '.log'

export function logsInFolder(folder: string): LogStorage {
  const fileOf = ({ namespace, name }: ObjectName): string => join(folder, namespace, `${name}${ENDING}`)
  return {
    append: async (name, bytes) => {
      const path = fileOf(name)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await appendFile(path, bytes, { mode: 0o600 })
    },
    read: async (name, offset, length) => {
      const file = await open(fileOf(name), 'r')
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
    remove: name => rm(fileOf(name), { force: true }),
  }
}

/** Sizes of the logs in the folder by `namespace/name`; those of pods that are not there any more are removed. */
export async function foundLogs(folder: string, isThere: (name: ObjectName) => boolean): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const namespace = entry.name
    for (const file of await readdir(join(folder, namespace))) {
      const name = { namespace, name: file.slice(0, -ENDING.length) }
      const path = join(folder, namespace, file)
      if (isThere(name)) sizes.set(keyOf(name), (await stat(path)).size)
      else await rm(path, { recursive: true, force: true })
    }
  }
  return sizes
}
