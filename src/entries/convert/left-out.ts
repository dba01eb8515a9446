// What a ToolHive entry doesn't run of its upstream document. All of it is kept, none of it acts in ToolHive.
import { type Finding, pointerOf } from '../../lib/issue.ts'
import { isJsonObject, type JsonObject, own } from '../../lib/json.ts'
import { leftOut } from './findings.ts'
import type { Runnable } from './runnable.ts'
import { textOf } from './toolhive-fields.ts'
import { environmentArgument, isNameAllowed } from './variables.ts'

/** One info finding for each part that the runnable form leaves out. */
export function findLeftOut(document: JsonObject, runnable: Runnable): Finding[] {
  return [
    ...otherParts(document, 'packages', runnable.section === 'servers' ? runnable.index : undefined),
    ...otherParts(document, 'remotes', runnable.section === 'remote_servers' ? runnable.index : undefined),
    ...(runnable.section === 'servers' ? ofPackage(runnable) : ofRemote(runnable)),
  ]
}

function otherParts(document: JsonObject, list: 'packages' | 'remotes', chosen: number | undefined): Finding[] {
  const parts = own(document, list)
  if (!Array.isArray(parts)) return []
  const findings: Finding[] = []
  for (const [index, part] of parts.entries()) {
    if (index === chosen) continue
    const type = isJsonObject(part) ? own(part, list === 'packages' ? 'registryType' : 'type') : undefined
    const what = `${list === 'packages' ? 'package' : 'remote'}${typeof type === 'string' ? ` (${type.slice(0, 50)})` : ''}`
    findings.push(leftOut(pointerOf(list, index), `ToolHive entries run one thing; this ${what} was left out`))
  }
  return findings
}

const NEVER_IN_IMAGE = ['registryBaseUrl', 'fileSha256']

function ofPackage({ part, index }: Runnable): Finding[] {
  const isContainer = own(part, 'registryType') === 'oci'
  const at = (...parts: (string | number)[]) => pointerOf('packages', index, ...parts)
  const findings: Finding[] = []
  const beside = isContainer ? 'the identifier alone' : 'identifier and version alone'
  for (const field of isContainer ? ['version', ...NEVER_IN_IMAGE] : NEVER_IN_IMAGE) {
    if (own(part, field) === undefined) continue
    findings.push(leftOut(at(field), `the image is ${beside}; ${field} was left out`))
  }
  const transport = own(part, 'transport')
  if (isJsonObject(transport) && own(transport, 'headers') !== undefined) {
    findings.push(leftOut(at('transport', 'headers'), 'ToolHive sends no headers to a server that it starts'))
  }
  const runtimeArguments = own(part, 'runtimeArguments')
  for (const [position, argument] of Array.isArray(runtimeArguments) ? runtimeArguments.entries() : []) {
    const set = isContainer && isJsonObject(argument) ? environmentArgument(argument) : undefined
    if (set !== undefined && isNameAllowed('variable', set.name)) continue
    const message = `ToolHive starts servers itself; this argument of the ${isContainer ? 'container runtime' : 'package runner'} was left out`
    findings.push(leftOut(at('runtimeArguments', position), message))
  }
  const programArguments = own(part, 'packageArguments')
  for (const [position, argument] of Array.isArray(programArguments) ? programArguments.entries() : []) {
    // A name alone is a flag unless a person was to fill something in.
    const open = isJsonObject(argument) && own(argument, 'value') === undefined
    if (open) findings.push(leftOut(at('packageArguments', position), 'ToolHive asks for no value of an argument'))
  }
  return [...findings, ...inputsLeftOut(part, 'environmentVariables', at)]
}

function ofRemote({ part, index }: Runnable): Finding[] {
  const at = (...parts: (string | number)[]) => pointerOf('remotes', index, ...parts)
  return inputsLeftOut(part, 'headers', at)
}

/** Variables or headers that ToolHive doesn't take, or takes without their fixed value. */
function inputsLeftOut(
  part: JsonObject,
  list: 'environmentVariables' | 'headers',
  at: (...parts: (string | number)[]) => string,
): Finding[] {
  const inputs = own(part, list)
  const kind = list === 'headers' ? 'header' : 'variable'
  const findings: Finding[] = []
  for (const [position, input] of Array.isArray(inputs) ? inputs.entries() : []) {
    if (!isJsonObject(input)) continue
    const name = textOf(own(input, 'name'))
    if (name !== undefined && !isNameAllowed(kind, name)) {
      findings.push(leftOut(at(list, position), `ToolHive does not take a ${kind} of the name ${name.slice(0, 100)}`))
    }
    if (own(input, 'value') === undefined) continue
    findings.push(leftOut(at(list, position, 'value'), 'ToolHive knows a default, not a fixed value or template'))
  }
  return findings
}
