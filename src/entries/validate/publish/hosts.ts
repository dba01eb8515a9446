// Where the official registry lets OCI images and MCP bundles live.
import { parseGoUrl } from '../go-url.ts'
import { shown } from '../shown.ts'

/** What is wrong with an identifier. */
export interface HostProblem {
  readonly code: string
  readonly message: string
  readonly hint: string
}

const OCI_HOSTS = new Set([
  'docker.io',
  'registry-1.docker.io',
  'index.docker.io',
  'ghcr.io',
  'quay.io',
  'mcr.microsoft.com',
])
const OCI_HOST_ENDS = ['.pkg.dev', '.azurecr.io']
const OCI_REPOSITORY = /^[a-z0-9_\-./]{2,255}$/
const OCI_TAG = /^[A-Za-z0-9_.-]{1,128}$/
const OCI_DIGEST = /^sha256:[a-f0-9]{64}$/

const GITHUB_RELEASE =
  /^\/[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,37}[a-zA-Z0-9])?\/[a-zA-Z0-9._-]+\/releases\/download\/[^/]+\/[^/]+$/
const GITLAB_RELEASE = /^(?:\/[a-zA-Z0-9._-]+)+\/-\/releases\/[^/]+\/downloads\/[^/]+$/
const GITLAB_PACKAGE = /^(?:\/[a-zA-Z0-9._-]+)+\/-\/package_files\/[0-9]+\/download$/
const MCPB_PATHS: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ['github.com', [GITHUB_RELEASE]],
  ['www.github.com', [GITHUB_RELEASE]],
  ['gitlab.com', [GITLAB_RELEASE, GITLAB_PACKAGE]],
  ['www.gitlab.com', [GITLAB_RELEASE, GITLAB_PACKAGE]],
])

/** The first problem of an identifier that names its own host (oci, mcpb), or undefined. */
export function hostProblem(registryType: string, identifier: string): HostProblem | undefined {
  if (registryType === 'oci') return ociProblem(identifier)
  if (registryType === 'mcpb') return mcpbProblem(identifier)
  return undefined
}

/** Reads a reference as go-containerregistry does: without a dot or colon before its first slash it is on docker.io. */
function ociProblem(identifier: string): HostProblem | undefined {
  const invalid: HostProblem = {
    code: 'oci-reference-invalid',
    message: `the image ${shown(identifier)} is no valid reference`,
    hint: 'write host/owner/image:tag or host/owner/image@sha256:<64 hex digits>',
  }
  const at = identifier.indexOf('@')
  if (at >= 0 && !OCI_DIGEST.test(identifier.slice(at + 1))) return invalid
  const tagged = at < 0 ? identifier : identifier.slice(0, at)
  const colon = tagged.lastIndexOf(':')
  const hasTag = colon > tagged.lastIndexOf('/')
  if (hasTag && !OCI_TAG.test(tagged.slice(colon + 1))) return invalid

  const name = hasTag ? tagged.slice(0, colon) : tagged
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasHost = first.includes('.') || first.includes(':')
  if (!OCI_REPOSITORY.test(hasHost ? name.slice(slash + 1) : name)) return invalid
  if (hasHost && parseGoUrl(`//${first}`)?.host !== first) return invalid
  if (!hasHost || OCI_HOSTS.has(first) || OCI_HOST_ENDS.some(end => first.endsWith(end))) return undefined
  return {
    code: 'oci-host-unsupported',
    message: `the official registry does not take images from ${shown(first)}`,
    hint: `publish the image on one of ${[...OCI_HOSTS].join(', ')}, *.pkg.dev or *.azurecr.io`,
  }
}

function mcpbProblem(identifier: string): HostProblem | undefined {
  const url = parseGoUrl(identifier)
  const where = 'publish the bundle as a release file of a project on github.com or gitlab.com'
  if (url?.scheme !== 'https') {
    const message = `the bundle ${shown(identifier)} is no https URL`
    return { code: 'mcpb-url-invalid', message, hint: where }
  }
  const host = url.host.toLowerCase()
  const paths = MCPB_PATHS.get(host)
  if (paths === undefined) {
    const message = `the official registry does not take bundles from ${shown(host)}`
    return { code: 'mcpb-host-unsupported', message, hint: where }
  }
  const path = decodedPath(url.path)
  if (!paths.some(pattern => pattern.test(path))) {
    const message = `the bundle ${shown(identifier)} is no release file`
    const hint = 'use …/releases/download/<tag>/<file> of GitHub or …/-/releases/<tag>/downloads/<file> of GitLab'
    return { code: 'mcpb-path-not-release', message, hint }
  }
  if (/mcp/i.test(identifier)) return undefined
  const message = `the bundle URL ${shown(identifier)} does not contain "mcp"`
  return { code: 'mcpb-url-without-mcp', message, hint: 'name the project or the file so that it does' }
}

/** Escapes as the bytes they stand for, one character each: an escaped slash must count as a slash, as it does in Go. */
function decodedPath(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
