// Container images as policies see them: host and path apart from tag and digest.

export interface ImageReference {
  /** Host and path without tag and digest, Docker Hub's short names in full: `docker.io/library/redis`. */
  readonly repository: string
  /** `:1.2@sha256:…`, or empty. */
  readonly suffix: string
}

const DOCKER_HUB = 'docker.io'

/** Reads a reference as container engines do. `host` is where images without a host of their own come from. */
export function imageReference(image: string, host = DOCKER_HUB): ImageReference {
  const at = image.indexOf('@')
  const tagged = at === -1 ? image : image.slice(0, at)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  const name = colon === -1 ? tagged : tagged.slice(0, colon)
  return { repository: fullName(name, host), suffix: image.slice(name.length) }
}

/** True when the image is pinned: by what it is, not by what it is called. */
export function isPinned(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image)
}

/** The first segment is a host when it has a dot or a port, or is localhost (distribution/reference). */
function fullName(name: string, host: string): string {
  const [first = '', ...rest] = name.split('/')
  const hasHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')
  if (!hasHost) {
    const isOfficial = rest.length === 0 && host === DOCKER_HUB
    return isOfficial ? `${host}/library/${name}` : `${host}/${name}`
  }
  const own = first.toLowerCase()
  return [own === 'index.docker.io' ? DOCKER_HUB : own, ...rest].join('/')
}
