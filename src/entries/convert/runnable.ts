// Which package or remote of an upstream document ToolHive runs.
import type { Finding } from '../../lib/issue.ts'
import { pointerOf } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, type JsonValue, own } from '../../lib/json.ts'
import { notConvertible } from './findings.ts'
import { imageOfPackage } from './package-image.ts'
import { objectsOf, PROTOCOL_IMAGE, type Section, textOf } from './toolhive-fields.ts'

/** The part that runs: a remote, a container, or a package that ToolHive builds a container from. */
export interface Runnable {
  readonly section: Section
  /** Position among `remotes` or `packages`. */
  readonly index: number
  readonly part: JsonObject
  /** The image or URL. */
  readonly target: string
  /** The key of ToolHive's extension: identifier or URL as the document has it. */
  readonly extensionKey: string
  readonly transport: string
}

export type Choice =
  | { readonly ok: true; readonly runnable: Runnable }
  | { readonly ok: false; readonly findings: readonly Finding[] }

const REMOTE_TRANSPORTS = ['sse', 'streamable-http']
const PACKAGE_TRANSPORTS = ['stdio', ...REMOTE_TRANSPORTS]

/** Types of packages that ToolHive runs, the preferred one first. */
const RUNNABLE_TYPES = ['oci', 'npm', 'pypi'] as const

/** An absolute URL (RFC 3986). One with `{variables}` leads nowhere, because ToolHive fills none in. */
const COMPLETE_URL =
  /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.~!$&'()*+,;=:%-]*@)?(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?(?:[/?#](?:[\w.~!$&'()*+,;=:@/?#-]|%[0-9a-f]{2})*)?$/i

/**
 * The first remote that ToolHive can run (a remote wins, as in toolhive-core), else the first such container, npm package,
 * PyPI package. The others are kept, and come back.
 */
export function chooseRunnable(document: JsonObject): Choice {
  const refusals: Finding[] = []
  for (const [index, remote] of listOf(document, 'remotes').entries()) {
    const choice = runnableRemote(remote, index)
    if (choice.ok) return choice
    refusals.push(...choice.findings)
  }
  const packages = listOf(document, 'packages')
  for (const type of RUNNABLE_TYPES) {
    for (const [index, item] of packages.entries()) {
      if (!isJsonObject(item) || own(item, 'registryType') !== type) continue
      const choice = runnablePackage(item, type, index)
      if (choice.ok) return choice
      refusals.push(...choice.findings)
    }
  }
  if (refusals.length > 0) return { ok: false, findings: refusals }
  if (packages.length > 0) {
    const types = typesOf(packages)
    return refuse('/packages', `ToolHive can't run the entry's packages (found ${types}) and it has no remote.`)
  }
  return refuse('', 'the entry has neither a package nor a remote, so there is nothing to run')
}

function runnableRemote(remote: JsonValue, index: number): Choice {
  const pointer = pointerOf('remotes', index)
  const url = isJsonObject(remote) ? textOf(own(remote, 'url')) : undefined
  if (!isJsonObject(remote) || url === undefined) return refuse(pointer, 'the remote has no url')
  if (!COMPLETE_URL.test(url)) {
    const hint = 'ToolHive fills no variables into a URL; add a remote with a complete one'
    return refuse(`${pointer}/url`, `the remote's url ${shown(url)} is not a complete URL`, hint)
  }
  const transport = own(remote, 'type')
  if (typeof transport !== 'string' || !REMOTE_TRANSPORTS.includes(transport)) {
    return refuse(`${pointer}/type`, `ToolHive can't speak the remote's transport ${shown(transport)}.`)
  }
  const runnable = {
    section: 'remote_servers',
    index,
    part: remote,
    target: url,
    extensionKey: url,
    transport,
  } as const
  return { ok: true, runnable }
}

function runnablePackage(part: JsonObject, type: (typeof RUNNABLE_TYPES)[number], index: number): Choice {
  const pointer = pointerOf('packages', index)
  const identifier = textOf(own(part, 'identifier'))
  if (identifier === undefined) return refuse(`${pointer}/identifier`, `the ${type} package has no identifier`)
  const target = type === 'oci' ? identifier : packageTarget(part, type, identifier)
  if ((type === 'oci' && PROTOCOL_IMAGE.test(identifier)) || /\s/.test(target)) {
    return refuse(`${pointer}/identifier`, `the identifier ${shown(identifier)} is not one of ${type}`)
  }
  const given = own(part, 'transport')
  // A missing transport is stdio, as in ToolHive.
  const transport = given === undefined ? 'stdio' : isJsonObject(given) ? own(given, 'type') : given
  if (typeof transport !== 'string' || !PACKAGE_TRANSPORTS.includes(transport)) {
    return refuse(`${pointer}/transport`, `ToolHive can't speak the package's transport ${shown(transport)}.`)
  }
  const runnable = { section: 'servers', index, part, target, extensionKey: identifier, transport } as const
  return { ok: true, runnable }
}

function packageTarget(part: JsonObject, registryType: 'npm' | 'pypi', identifier: string): string {
  const version = textOf(own(part, 'version'))
  return imageOfPackage(version === undefined ? { registryType, identifier } : { registryType, identifier, version })
}

function listOf(document: JsonObject, key: 'packages' | 'remotes'): readonly JsonValue[] {
  const list = own(document, key)
  return Array.isArray(list) ? list : []
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
