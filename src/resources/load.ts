// Manifest files to checked resources: the first step of every local command, and of nothing in the cluster.
// All problems of all files come back at once, each with its line; a resource with an error is left out, the others stay.
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { type CheckedResource, checkResource, withNamespace } from './check.ts'
import { API_VERSION, GROUP, isKindName, kindNames, nameOf, type Resource } from './kinds.ts'
import { checkPlainObject } from './plain-objects.ts'
import { type FieldPath, issueOf, type ManifestIssue, type Position, type Problem } from './problem.ts'
import { scheduleProblem } from './schedule.ts'
import type { KindName } from './schema.ts'
import { suggest } from './suggest.ts'
import { readYaml, type YamlDocument } from './yaml-document.ts'

export interface ManifestFile {
  /** As messages name it. */
  readonly path: string
  readonly text: string
}

export interface LoadedResource<R extends Resource = Resource> {
  /** Checked, with defaults and with a namespace. */
  readonly resource: R
  /** As it was written, without defaults: what `apply` sends, so that only those fields are its own. */
  readonly manifest: JsonObject
  readonly file: string
  /** Line on which the resource starts. */
  readonly line: number
  /** Where a field stands, or the nearest block around it: `locate(['spec', 'registryRef', 'name'])`. */
  locate(path: FieldPath): Position
}

export interface LoadedManifests {
  readonly resources: readonly LoadedResource[]
  readonly issues: readonly ManifestIssue[]
}

/** Kinds besides ours that manifests may hold: what our kinds refer to. */
const PLAIN_KINDS = ['Secret', 'ConfigMap', 'List'] as const

/** Reads YAML (several documents a file) and JSON. The caller has decoded the bytes as UTF-8. */
export function loadManifests(files: readonly ManifestFile[]): LoadedManifests {
  const resources: LoadedResource[] = []
  const issues: ManifestIssue[] = []
  for (const file of files) {
    const { documents, problems } = readYaml(file.text)
    for (const problem of problems) issues.push(issueOf(problem, file.path, problem.position))
    for (const document of documents) {
      const found = loadObject({ file: file.path, document, base: [] }, document.value)
      resources.push(...found.resources)
      issues.push(...found.issues)
    }
  }
  return withoutRepeats(resources, issues)
}

/** Where an object stands: in a document, or inside a List in it. */
interface Place {
  readonly file: string
  readonly document: YamlDocument
  readonly base: FieldPath
}

function loadObject(place: Place, value: JsonValue): LoadedManifests {
  if (!isJsonObject(value)) {
    return refuse(place, [error('type', [], 'a manifest must be a block of fields with apiVersion, kind and metadata')])
  }
  const unknown = checkHead(value)
  if (unknown.length > 0) return refuse(place, unknown)
  const { kind } = value
  if (kind === 'List') return loadList(place, value)
  const { resource, problems } = isKindName(kind) ? checkOurs(kind, value) : checkPlainObject(withNamespace(value))
  const issues = issuesOf(place, problems).sort((a, b) => a.line - b.line || a.column - b.column)
  return { resources: resource ? [loaded(place, resource, value)] : [], issues }
}

/** With what the API server would let through, and the controller would only tell when nobody looks any more. */
function checkOurs(kind: KindName, value: JsonObject): CheckedResource {
  const { resource, problems } = checkResource(kind, value)
  const problem = resource && 'schedule' in resource.spec ? scheduleProblem(resource.spec) : undefined
  return problem ? { resource: undefined, problems: [...problems, problem] } : { resource, problems }
}

function loadList(place: Place, list: JsonObject): LoadedManifests {
  const { items } = list
  if (!Array.isArray(items)) return refuse(place, [error('required', ['items'], 'must be a list of resources')])
  const parts = items.map((item, index) => loadObject({ ...place, base: [...place.base, 'items', index] }, item))
  return { resources: parts.flatMap(part => part.resources), issues: parts.flatMap(part => part.issues) }
}

/** Problems of apiVersion and kind; with one, nothing else of the object can be judged. */
function checkHead(value: JsonObject): Problem[] {
  const { apiVersion, kind } = value
  if (typeof kind !== 'string' || kind === '') {
    return [error('required', ['kind'], 'must be given', `one of ${[...kindNames, ...PLAIN_KINDS].join(', ')}`)]
  }
  const plain = PLAIN_KINDS.some(known => known === kind)
  if (!plain && !isKindName(kind)) {
    const all = [...kindNames, ...PLAIN_KINDS]
    const meant = suggest(kind, all)
    const hint =
      meant === undefined
        ? `it reads ${all.join(', ')}; where others stand beside them, name the files one by one with -f`
        : `did you mean ${meant}?`
    return [error('unknownKind', ['kind'], `the kind "${kind.slice(0, 64)}" is not one that Rollbook reads`, hint)]
  }
  const expected = plain ? 'v1' : API_VERSION
  if (apiVersion === expected) return []
  return [error('apiVersion', ['apiVersion'], `must be ${expected} for the kind ${kind}`, versionHint(apiVersion))]
}

function versionHint(apiVersion: JsonValue | undefined): string | undefined {
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith('toolhive.stacklok.dev/')) return undefined
  return `toolhive.stacklok.dev belongs to ToolHive's own operator, whose kinds differ; ours are in ${GROUP}`
}

function error(code: string, path: FieldPath, message: string, hint?: string): Problem {
  return { code, tier: 'schema', severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }
}

function refuse(place: Place, problems: readonly Problem[]): LoadedManifests {
  return { resources: [], issues: issuesOf(place, problems) }
}

function issuesOf({ file, document, base }: Place, problems: readonly Problem[]): ManifestIssue[] {
  return problems.map(problem => {
    const path = [...base, ...problem.path]
    return issueOf({ ...problem, path }, file, document.locate(path, problem.atKey))
  })
}

function loaded({ file, document, base }: Place, resource: Resource, manifest: JsonObject): LoadedResource {
  const locate = (path: FieldPath): Position => document.locate([...base, ...path])
  return { resource, manifest, file, line: locate([]).line, locate }
}

/** The first resource of a name stays; each further one is an issue that names both places. */
function withoutRepeats(resources: readonly LoadedResource[], issues: readonly ManifestIssue[]): LoadedManifests {
  const first = new Map<string, LoadedResource>()
  const repeats: ManifestIssue[] = []
  for (const item of resources) {
    const name = nameOf(item.resource)
    const before = first.get(name)
    if (!before) {
      first.set(name, item)
      continue
    }
    const message = `${name} is given twice, first in ${before.file}:${before.line}`
    const problem = error('duplicateResource', ['metadata', 'name'], message, 'take one of them out or rename it')
    repeats.push(issueOf(problem, item.file, item.locate(problem.path)))
  }
  return { resources: [...first.values()], issues: [...issues, ...repeats] }
}
