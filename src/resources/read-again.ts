// A git source that holds the target of its own run: the next run would read what this one wrote, and the stored copy of an
// entry would win over its new form for ever. Refused where requests are made. Pure.
import { Failure } from '../lib/failure.ts'
import { pathGlob } from '../lib/path-glob.ts'
import { normaliseRepositoryUrl } from '../lib/repository-url.ts'
import type { GitTarget, Source } from './generated/types.ts'
import type { Registries } from './source-request.ts'

/** Where the entries of a target come from, before references are followed. */
export interface Origin {
  readonly source: Source
  readonly registries: Registries
}

interface BranchPath {
  readonly repository: string
  readonly branch: string
  readonly path: string
}

/** A file as each layout writes it below its path: a glob is asked whether it takes that. */
const WRITTEN = {
  File: '',
  Namespace: '/com.example.json',
  Directory: '/com.example/tickets/1.0.0.json',
} as const satisfies Record<GitTarget['layout'], string>

/** Throws ManifestInvalid. One path that is source and target at once is put in order where it stands, and no circle. */
export function refuseReadAgain(target: GitTarget, { source, registries }: Origin): void {
  const read = followed(source, registries)
  if (!read || !isSameBranch(read, target) || !holds(read.path, target)) return
  const message = `the source ${read.path} of ${read.repository} holds the target ${target.path}: what a run wrote would be read again`
  throw new Failure('ManifestInvalid', 'definite', message, { hint: 'let the source leave it out, or write elsewhere' })
}

/**
 * The branch and path that runs read, now and later, also where a registry's status pins this run to a commit of it. Expects
 * references that lead somewhere, which `resolveSource` has seen to.
 */
function followed(source: Source, registries: Registries): BranchPath | undefined {
  let { git, registry } = source
  while (registry?.registryRef) {
    const spec = registries.find(registry.registryRef.name)?.spec
    if (spec?.storage) return spec.storage
    git = spec?.source.git
    registry = spec?.source.registry
  }
  if (!git || git.tag !== undefined || git.commit !== undefined) return undefined
  return { repository: git.repository, branch: git.branch ?? 'main', path: git.path }
}

/** A branch for review ends in the branch that it is made for. */
function isSameBranch(read: BranchPath, { repository, branch, pushBranch }: GitTarget): boolean {
  const isWritten = read.branch === branch || read.branch === pushBranch
  return isWritten && normaliseRepositoryUrl(read.repository) === normaliseRepositoryUrl(repository)
}

function holds(sourcePath: string, { path, layout }: GitTarget): boolean {
  const [outer, inner] = [sourcePath === '.' ? '' : sourcePath, path].map(withoutSlash) as [string, string]
  if (outer === inner) return false
  if (isBelow(inner, outer)) return true
  const glob = pathGlob(outer)
  return glob !== undefined && isBelow(inner, glob.base) && glob.matches(`${inner}${WRITTEN[layout]}`)
}

function isBelow(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`)
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}
