// Builds manifests for tests: a small valid one of each kind, changed field by field.

import { stringify } from 'yaml'
import { type JsonObject, type JsonValue, setOwn } from '../../src/lib/json.ts'
import type { KindName } from '../../src/resources/schema.ts'

const git = () => ({ repository: 'https://git.example/team/catalog.git' })

const specs: Record<KindName, () => JsonObject> = {
  MCPRegistry: () => ({ source: { type: 'git', git: git() } }),
  MCPRegistryImportJob: () => ({
    source: { type: 'git', git: git() },
    target: { git: { ...git(), path: 'catalog/registry.json' } },
  }),
  MCPRegistryExportJob: () => ({ registryRef: { name: 'catalog' }, target: { configMap: { name: 'catalog' } } }),
  MCPRegistrySyncJob: () => ({ registryRef: { name: 'catalog' } }),
}

/** A valid resource of the kind with these fields set (`spec.source.git.branch`); undefined takes a field out. */
export function resourceOf(kind: KindName, changes: Readonly<Record<string, JsonValue | undefined>> = {}): JsonObject {
  const resource: JsonObject = {
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind,
    metadata: { name: 'example' },
    spec: specs[kind](),
  }
  for (const [path, value] of Object.entries(changes)) setField(resource, path.split('.'), value)
  return resource
}

/** The same as YAML text. */
export function manifestOf(kind: KindName, changes: Readonly<Record<string, JsonValue | undefined>> = {}): string {
  return stringify(resourceOf(kind, changes), { lineWidth: 0 })
}

function setField(object: JsonObject, path: readonly string[], value: JsonValue | undefined): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) {
    if (value === undefined) delete object[key]
    else setOwn(object, key, value)
    return
  }
  const inner = Object.hasOwn(object, key) ? object[key] : undefined
  const block = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}
  setOwn(object, key, block)
  setField(block, rest, value)
}
