// How a client reaches a server: the transport of a package, and the remotes.
import type { Finding } from '../../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../../lib/json.ts'
import { hostnameOf, isPlainHttpsUrl, isWebUrl, parseGoUrl } from '../go-url.ts'
import { shown } from '../shown.ts'
import { listAt, objectIn, textAt } from './fields.ts'
import { type Place, report } from './report.ts'
import { templateVariables, withSamples } from './template-url.ts'

const MOST_NAMES = 3

/** The rules for `transport` of the package at the place; an absent transport is one without a type. */
export function checkPackageTransport(pkg: JsonObject, place: Place, findings: Finding[]): void {
  const transport = objectIn(own(pkg, 'transport'))
  const type = transport && textAt(transport, 'type')
  if (transport === undefined || type === undefined) return
  if (type !== 'stdio' && !isHttp(type)) {
    report(findings, {
      code: 'unsupported-transport-type',
      at: [...place, 'transport', 'type'],
      message: `the transport type ${shown(type)} is not supported`,
      hint: 'use stdio, streamable-http or sse',
    })
    return
  }
  const url = textAt(transport, 'url')
  if (url === undefined) return
  if (type === 'stdio') {
    if (url === '') return
    report(findings, {
      code: 'stdio-transport-url-not-empty',
      at: [...place, 'transport', 'url'],
      message: `the stdio transport has the URL ${shown(url)}`,
      hint: 'leave url out, or use streamable-http or sse',
    })
  } else if (url === '') {
    report(findings, {
      code: 'streamable-transport-url-required',
      at: [...place, 'transport', 'url'],
      message: `the ${type} transport has no URL`,
      hint: 'add the URL where the started package listens',
    })
  } else {
    const problem = templateProblem(url, () => packageVariables(pkg), PACKAGE_VARIABLES)
    if (problem) report(findings, { code: 'invalid-templated-url', at: [...place, 'transport', 'url'], ...problem })
  }
}

/** Every rule below `remotes`. */
export function checkRemotes(document: JsonObject, findings: Finding[]): void {
  for (const [index, item] of listAt(document, 'remotes').entries()) {
    const remote = objectIn(item)
    if (remote !== undefined) checkRemote(remote, ['remotes', index], findings)
  }
}

function checkRemote(remote: JsonObject, place: Place, findings: Finding[]): void {
  const type = textAt(remote, 'type')
  if (type === undefined) return
  if (!isHttp(type)) {
    report(findings, {
      code: 'unsupported-remote-transport-type',
      at: [...place, 'type'],
      message: `the remote type ${shown(type)} is not supported`,
      hint: 'use streamable-http or sse',
    })
    return
  }
  const url = textAt(remote, 'url')
  if (url === undefined || isPlainPublicUrl(url)) return
  const at = [...place, 'url']
  if (url === '') {
    report(findings, {
      code: 'remote-transport-url-required',
      at,
      message: `the ${type} remote has no URL`,
      hint: 'add the https:// URL of the server',
    })
  } else if (!isPublicUrl(url)) {
    report(findings, {
      code: 'invalid-remote-url',
      at,
      message: `the remote URL ${shown(url)} is no https URL of a host other than localhost`,
      hint: 'use an absolute https:// URL; a variable may not stand for the scheme',
    })
  }
  // Asked even of an empty URL: upstream reports both.
  const problem = templateProblem(url, () => remoteVariables(remote), 'variables')
  if (problem) report(findings, { code: 'invalid-templated-url', at, ...problem })
}

function isHttp(type: string): boolean {
  return type === 'streamable-http' || type === 'sse'
}

/** The usual remote, told at a glance. What this refuses is parsed. */
function isPlainPublicUrl(url: string): boolean {
  return isPlainHttpsUrl(url) && !url.includes('localhost') && !url.includes('127.0.0.1')
}

function isPublicUrl(url: string): boolean {
  const parsed = parseGoUrl(withSamples(url))
  if (parsed?.scheme !== 'https' || parsed.host === '') return false
  const host = hostnameOf(parsed)
  return host !== 'localhost' && host !== '127.0.0.1' && !host.endsWith('.localhost')
}

interface TemplateProblem {
  readonly message: string
  readonly hint: string
}

/** `invalid-templated-url`: no http URL with a host, or a variable that nothing defines. Unused variables are fine. */
function templateProblem(
  url: string,
  variables: () => ReadonlySet<string>,
  defineIn: string,
): TemplateProblem | undefined {
  if (!isWebUrl(withSamples(url))) {
    return {
      message: `the URL ${shown(url)} is no http or https URL with a host`,
      hint: 'write an absolute URL, with variables such as {port} where it differs by installation',
    }
  }
  if (!url.includes('{')) return undefined
  const defined = variables()
  const missing = new Set(templateVariables(url).filter(name => !defined.has(name)))
  if (missing.size === 0) return undefined
  const names = [...missing].slice(0, MOST_NAMES).map(shown).join(', ')
  const more = missing.size > MOST_NAMES ? ` and ${missing.size - MOST_NAMES} more` : ''
  return {
    message: `the URL ${shown(url)} uses variables that nothing defines: ${names}${more}`,
    hint: `define them in ${defineIn}, or write the value into the URL`,
  }
}

const PACKAGE_VARIABLES = 'environmentVariables, runtimeArguments or packageArguments'

/** Names of environment variables, and names and value hints of arguments. An empty name cannot be asked for. */
function packageVariables(pkg: JsonObject): ReadonlySet<string> {
  const names = new Set<string>()
  for (const list of ['environmentVariables', 'runtimeArguments', 'packageArguments']) {
    for (const item of listAt(pkg, list)) {
      const input = objectIn(item)
      if (input === undefined) continue
      names.add(textAt(input, 'name') ?? '')
      if (list !== 'environmentVariables') names.add(textAt(input, 'valueHint') ?? '')
    }
  }
  return names
}

function remoteVariables(remote: JsonObject): ReadonlySet<string> {
  const variables = own(remote, 'variables')
  return new Set(isJsonObject(variables) ? Object.keys(variables) : [])
}
