// Where `rollbook run` finds and leaves the ConfigMap of an export: as a manifest, because there is no cluster.
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { exportedConfigMap, refuseForeign } from '../resources/exported-config-map.ts'
import type { ConfigMap, Resource } from '../resources/kinds.ts'
import type { ConfigMapTargetRequest, TargetRequest } from '../resources/request.ts'
import { UsageError } from './command.ts'
import { writeOutput } from './files.ts'
import { readManifests } from './manifests.ts'
import { yamlText } from './print.ts'

export interface ManifestTarget {
  readonly target: ConfigMapTargetRequest
  /** The manifest that stands there, of an earlier run or given with -f. */
  readonly existing: ConfigMap | undefined
  /** Undefined: stdout. */
  readonly file: string | undefined
}

interface Place {
  /** `--out` */
  readonly out: string | undefined
  readonly cwd: string
  readonly given: readonly Resource[]
}

/** Undefined for another target than a ConfigMap. Throws TargetNotOurs, ManifestInvalid. */
export async function manifestTarget(target: TargetRequest, place: Place): Promise<ManifestTarget | undefined> {
  const { out, cwd } = place
  if (target.type !== 'configmap') {
    if (out === undefined) return undefined
    throw new UsageError('--out takes the ConfigMap of an export job, and this run writes none')
  }
  const file = out === undefined ? undefined : fileOf(out, target)
  const written = file !== undefined && (await exists(resolve(cwd, file))) ? await readManifests([file], { cwd }) : []
  const isTarget = (resource: Resource): resource is ConfigMap =>
    resource.kind === 'ConfigMap' &&
    resource.metadata.name === target.name &&
    resource.metadata.namespace === target.namespace
  if (written.length > 1 || written.some(({ resource }) => !isTarget(resource))) {
    const message = `${file} holds something else than ConfigMap ${target.namespace}/${target.name}`
    throw new Failure('TargetNotOurs', 'definite', message, { hint: 'name another file with --out' })
  }
  const existing = [...written.map(({ resource }) => resource), ...place.given].find(isTarget)
  if (existing) refuseForeign(existing)
  return { target, existing, file }
}

/** The manifest with what the run exported. */
export function exportedManifest({ target, existing }: ManifestTarget, content: Buffer): ConfigMap {
  return exportedConfigMap(target, content, existing)
}

/** Writes the manifest where `--out` says. Throws OutputNotWritable. */
export async function writeManifest(manifest: ConfigMap, file: string, cwd: string): Promise<void> {
  const folder = resolve(cwd, dirname(file))
  await mkdir(folder, { recursive: true }).catch(() => {
    // Writing the file says better what is wrong with it.
  })
  await writeOutput(file, cwd, await manifestText(manifest, file))
}

/** Line breaks of YAML 1.1 that JSON leaves as they are: other readers of YAML would fold them. */
const OTHER_BREAKS = /[\u0085\u2028\u2029\ufeff]/g

/** As YAML, which people can read in a review; as JSON where a file is called so or YAML could not hold every character. */
export async function manifestText(manifest: ConfigMap, file = ''): Promise<string> {
  const text = JSON.stringify(manifest, null, 2)
  if (!file.endsWith('.json') && text.search(OTHER_BREAKS) < 0) return await yamlText(manifest)
  return `${text.replace(OTHER_BREAKS, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** A path that ends like a manifest is the file, any other a directory. */
function fileOf(out: string, { name }: ConfigMapTargetRequest): string {
  return /\.(ya?ml|json)$/i.test(out) ? out : join(out, `${name}.yaml`)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
