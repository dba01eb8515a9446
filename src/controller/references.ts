// Which registries a resource refers to.
import type { RollbookResource } from '../resources/kinds.ts'

/** Names of the registries that a resource refers to, in its own namespace. */
export function referencesOf(resource: RollbookResource): string[] {
  switch (resource.kind) {
    case 'MCPRegistry':
      return named(resource.spec.source.registry?.registryRef)
    case 'MCPRegistryImportJob':
      return [...named(resource.spec.source.registry?.registryRef), ...named(resource.spec.target.registryRef)]
    case 'MCPRegistryExportJob':
    case 'MCPRegistrySyncJob':
      return named(resource.spec.registryRef)
    default:
      return resource satisfies never
  }
}

function named(reference: { readonly name: string } | undefined): string[] {
  return reference === undefined ? [] : [reference.name]
}
