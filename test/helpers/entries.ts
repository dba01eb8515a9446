// Builders of small entries and manifests, so that a test shows only what it is about.

export interface ServerOptions {
  readonly description?: string
  readonly [key: string]: unknown
}

/** A valid server.json of the current schema. */
export function server(name: string, version: string, options: ServerOptions = {}): Record<string, unknown> {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name,
    description: `the server ${name}`,
    version,
    remotes: [{ type: 'streamable-http', url: `https://${name.split('/')[1]}.example.com/mcp` }],
    ...options,
  }
}

/** An API list of servers, as text. */
export function listOf(...servers: readonly unknown[]): string {
  return JSON.stringify({ servers: servers.map(item => ({ server: item })) }, null, 2)
}

export interface ImportOptions {
  readonly source: string
  readonly target: string
  readonly sourcePath?: string
  readonly targetPath?: string
  readonly name?: string
  /** Further fields of spec. */
  readonly spec?: Readonly<Record<string, unknown>>
  /** Further fields of spec.source.git and spec.target.git. */
  readonly sourceGit?: Readonly<Record<string, unknown>>
  readonly targetGit?: Readonly<Record<string, unknown>>
}

/** The manifest of an import job, as JSON text (which is YAML). */
export function importManifest(options: ImportOptions): string {
  const {
    source,
    target,
    sourcePath = 'registry.json',
    targetPath = 'catalog/registry.json',
    name = 'import',
  } = options
  return JSON.stringify({
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind: 'MCPRegistryImportJob',
    metadata: { name, namespace: 'test' },
    spec: {
      source: { type: 'git', git: { repository: source, path: sourcePath, ...options.sourceGit } },
      target: { git: { repository: target, path: targetPath, ...options.targetGit } },
      ...options.spec,
    },
  })
}

/** A server with the dates of its registry: an import adds none of its own, so that its bytes depend on nothing else. */
export function datedServer(name: string): Record<string, unknown> {
  const official = { status: 'active', publishedAt: '2026-01-02T03:04:05Z', updatedAt: '2026-02-03T04:05:06Z' }
  return server(name, '1.0.0', { _meta: { 'io.modelcontextprotocol.registry/official': official } })
}

/** A catalog as it stands in a target, as text. */
export function catalogOf(...servers: readonly unknown[]): string {
  const meta = { last_updated: '2026-01-01T00:00:00Z' }
  return `${JSON.stringify({ version: '1.0.0', meta, data: { servers } })}\n`
}

/** A manifest of ours as JSON text, which is YAML. */
export function manifest(kind: string, name: string, spec: Readonly<Record<string, unknown>>): string {
  const metadata = { name, namespace: 'test' }
  return JSON.stringify({ apiVersion: 'toolhive.stacklok.io/v1alpha1', kind, metadata, spec })
}
