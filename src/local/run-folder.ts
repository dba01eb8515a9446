// What a container of a run finds in its file system, as a private folder of this machine: its volumes, a home, a scratch
// folder, and the place of its termination message. Gone when the run has ended.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Cluster } from '../cluster/cluster.ts'
import { CONFIG_MAPS, SECRETS } from '../cluster/types.ts'
import { configMapValue, secretValue } from '../resources/kinds.ts'
import type { Pod, Volume } from '../resources/workload.ts'

export interface RunFolder {
  readonly path: string
  /** The root of the container's file system. */
  readonly root: string
  readonly home: string
  readonly temporary: string
  remove(): Promise<void>
}

/** A volume that can't be mounted yet; the message names what is missing. */
export class VolumeMissing extends Error {}

/** Below `directory`, mode 0700. Throws VolumeMissing, and leaves nothing then. */
export async function makeRunFolder(directory: string, pod: Pod, cluster: Cluster): Promise<RunFolder> {
  const path = folderOf(directory, pod)
  const root = join(path, 'root')
  const folder = {
    path,
    root,
    home: join(path, 'home'),
    temporary: join(path, 'tmp'),
    remove: () => removeFolder(path),
  }
  await removeFolder(path)
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  try {
    await Promise.all([folder.home, folder.temporary].map(each => mkdir(each)))
    await mountVolumes(root, pod, cluster)
  } catch (error) {
    await folder.remove()
    throw error
  }
  return folder
}

/** Its path in the container as a path of this machine. */
export function hostPath(root: string, containerPath: string): string {
  return join(root, posix.normalize(`/${containerPath}`))
}

export function folderOf(directory: string, { metadata }: Pod): string {
  return join(directory, metadata.uid ?? metadata.name)
}

/** At most so many bytes of the file that the container left; '' when there is none. */
export async function terminationMessageIn(root: string, path: string, mostBytes: number): Promise<string> {
  const bytes = await readFile(hostPath(root, path)).catch(() => Buffer.alloc(0))
  return bytes.subarray(0, mostBytes).toString('utf8')
}

async function mountVolumes(root: string, { metadata, spec }: Pod, cluster: Cluster): Promise<void> {
  const [container] = spec.containers
  const termination = container?.terminationMessagePath
  if (termination !== undefined) await mkdir(hostPath(root, posix.dirname(termination)), { recursive: true })
  for (const { name, mountPath } of container?.volumeMounts ?? []) {
    const volume = spec.volumes.find(each => each.name === name)
    if (!volume) throw new VolumeMissing(`the pod has no volume ${name}`)
    const files = await filesOf(volume, metadata.namespace, cluster)
    const mounted = hostPath(root, mountPath)
    await mkdir(mounted, { recursive: true })
    await Promise.all([...files].map(([key, bytes]) => writeFile(join(mounted, key), bytes, { mode: 0o600 })))
  }
}

/** By key. A volume that is neither Secret nor ConfigMap begins empty. */
async function filesOf(volume: Volume, namespace: string, cluster: Cluster): Promise<ReadonlyMap<string, Buffer>> {
  if (volume.secret) {
    const { secretName, optional } = volume.secret
    const secret = await cluster.get(SECRETS, { namespace, name: secretName })
    if (!secret) return orMissing(optional, `Secret ${secretName} does not exist`)
    return valuesOf({ ...secret.data, ...secret.stringData }, key => secretValue(secret, key))
  }
  if (volume.configMap) {
    const { name, optional } = volume.configMap
    const configMap = await cluster.get(CONFIG_MAPS, { namespace, name })
    if (!configMap) return orMissing(optional, `ConfigMap ${name} does not exist`)
    return valuesOf({ ...configMap.data, ...configMap.binaryData }, key => configMapValue(configMap, key))
  }
  return new Map()
}

function orMissing(optional: boolean | undefined, message: string): ReadonlyMap<string, Buffer> {
  if (optional === true) return new Map()
  throw new VolumeMissing(message)
}

/** Keys that the API takes; no other becomes the name of a file. */
const KEY = /^(?!\.\.?$)[-._a-zA-Z0-9]{1,253}$/

function valuesOf(data: Readonly<Record<string, string>>, read: (key: string) => Buffer | undefined) {
  const keys = Object.keys(data).filter(key => KEY.test(key))
  return new Map(keys.map(key => [key, read(key) ?? Buffer.alloc(0)]))
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

/** Names of the folders of runs that are there. */
export async function runFolders(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.map(name => join(directory, name))
}
