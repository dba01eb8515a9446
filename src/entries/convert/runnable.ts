// Which package or remote of an upstream document ToolHive runs.
import type { Finding } from '../../lib/issue.ts'
import { pointerOf } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { notConvertible } from './findings.ts'
import { objectsOf, PROTOCOL_IMAGE, type Section, textOf } from './toolhive-fields.ts'

/** The part that runs: the first remote, or the one container package. */
export interface Runnable {
  readonly section: Section
  /** Position among `remotes` or `packages`. */
  readonly index: number
  readonly part: JsonObject
  /** The image or URL, which is also the key of ToolHive's extension. */
  readonly target: string
  readonly transport: string
}

export type Choice =
  | { readonly ok: true; readonly runnable: Runnable }
  | { readonly ok: false; readonly findings: readonly Finding[] }

const REMOTE_TRANSPORTS = ['sse', 'streamable-http']
const PACKAGE_TRANSPORTS = ['stdio', ...REMOTE_TRANSPORTS]

/** A remote when there is one, else the only container package (toolhive-core's rule; it reports the same cases). */
export function chooseRunnable(document: JsonObject): Choice {
  const remotes = own(document, 'remotes')
  if (Array.isArray(remotes) && remotes.length > 0) return chosenRemote(remotes[0] ?? null)

  const packages = own(document, 'packages')
  const list = Array.isArray(packages) ? packages : []
  const containers = list.filter(item => isJsonObject(item) && own(item, 'registryType') === 'oci')
  const [container] = containers
  if (containers.length === 1 && isJsonObject(container)) return chosenContainer(container, list.indexOf(container))
  // npm and pypi packages come here: one of them becomes the image npx://id@version or uvx://id@version.
  if (containers.length > 1) {
    const hint = 'keep one container package, or publish the others under names of their own'
    return refuse('/packages', `the entry has ${containers.length} container packages, and ToolHive runs one`, hint)
  }
  if (list.length > 0) {
    return refuse('/packages', `ToolHive can't run the entry's packages (found ${typesOf(list)}) and it has no remote.`)
  }
  return refuse('', 'the entry has neither a package nor a remote, so there is nothing to run')
}

function chosenRemote(remote: JsonValue): Choice {
  const pointer = pointerOf('remotes', 0)
  const url = isJsonObject(remote) ? textOf(own(remote, 'url')) : undefined
  if (!isJsonObject(remote) || url === undefined) return refuse(pointer, 'the first remote has no url')
  const transport = own(remote, 'type')
  if (typeof transport !== 'string' || !REMOTE_TRANSPORTS.includes(transport)) {
    return refuse(`${pointer}/type`, `ToolHive can't speak the first remote's transport ${shown(transport)}.`)
  }
  return { ok: true, runnable: { section: 'remote_servers', index: 0, part: remote, target: url, transport } }
}

function chosenContainer(container: JsonObject, index: number): Choice {
  const pointer = pointerOf('packages', index)
  const image = textOf(own(container, 'identifier'))
  if (image === undefined) return refuse(`${pointer}/identifier`, 'the container package has no identifier')
  if (PROTOCOL_IMAGE.test(image)) {
    return refuse(`${pointer}/identifier`, `the identifier ${image} is not a container image`)
  }
  const given = own(container, 'transport')
  // A missing transport is stdio, as in ToolHive.
  const transport = given === undefined ? 'stdio' : isJsonObject(given) ? own(given, 'type') : given
  if (typeof transport !== 'string' || !PACKAGE_TRANSPORTS.includes(transport)) {
    return refuse(`${pointer}/transport`, `ToolHive can't speak the package's transport ${shown(transport)}.`)
  }
  return { ok: true, runnable: { section: 'servers', index, part: container, target: image, transport } }
}

function refuse(pointer: string, message: string, hint?: string): Choice {
  return { ok: false, findings: [notConvertible(pointer, message, hint)] }
}

/** `npm, pypi`, each once; a document of 2025-07-09 says registry_type. */
function typesOf(packages: readonly JsonValue[]): string {
  const types = objectsOf([...packages]).map(item => {
    const old = textOf(own(item, 'registry_type'))
    return textOf(own(item, 'registryType')) ?? (old === undefined ? 'no type' : `registry_type ${old}`)
  })
  return [...new Set(types)].join(', ') || 'no type'
}

function shown(value: JsonValue | undefined): string {
  return typeof value === 'string' ? `"${value.slice(0, 100)}"` : '(it is not a text)'
}
