// `target.registryRef`: the git source of an MCPRegistry as the place to write, so that its next sync picks the entries up.
import { Failure } from '../lib/failure.ts'
import type { GitTarget, MCPRegistry, TargetRegistryRef } from './generated/types.ts'

/** The registry's source as a target, written with the target's own Secret. Throws TargetNotWritable. */
export function registryTarget(ref: TargetRegistryRef, { metadata, spec }: MCPRegistry): GitTarget {
  const { git } = spec.source
  const refuse = (why: string) =>
    new Failure('TargetNotWritable', 'definite', `MCPRegistry ${metadata.name} can't be written to: ${why}`, {
      hint: 'name the repository in target.git instead',
    })
  if (!git) throw refuse(`its source is of type ${spec.source.type}, and only git can be written`)
  if (git.tag !== undefined || git.commit !== undefined) throw refuse('its source is a tag or a commit, not a branch')
  const path = git.path.replace(/\/+$/, '')
  const layout = layoutOf(path)
  if (!layout) throw refuse(`its source path ${JSON.stringify(path)} is not one JSON file or one directory`)
  if (layout === 'Directory' && spec.format === 'toolhive')
    throw refuse('its source is a directory, and the format toolhive has one file')
  return {
    repository: git.repository,
    branch: git.branch ?? 'main',
    path,
    layout,
    ...(spec.format === undefined ? {} : { format: spec.format }),
    ...(ref.authSecret ? { authSecret: ref.authSecret } : {}),
  }
}

/** A directory gets one document an entry, as people keep them; the whole tree is never a target. */
function layoutOf(path: string): GitTarget['layout'] | undefined {
  if (path === '.' || path === '' || /[*?[\]{}!]/.test(path)) return undefined
  if (path.endsWith('.json')) return 'File'
  return /\.(jsonl|ndjson|ya?ml)$/i.test(path) ? undefined : 'Directory'
}
