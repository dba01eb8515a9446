// Options of the commands that take manifests from files.
import type { OptionSpec } from './command.ts'

/** `-f`; `what` says which manifests the command wants. */
export function manifestFiles(what: string): OptionSpec {
  return {
    name: 'filename',
    short: 'f',
    type: 'string',
    multiple: true,
    value: 'FILE|DIR',
    isSetting: false,
    help: `manifests: ${what}; - is stdin`,
  }
}

/** `-f` of commands that take any resources. */
export const MANIFESTS: OptionSpec = manifestFiles('of a folder those in it, not below')

export const RESOURCE_NAME: OptionSpec = {
  name: 'name',
  type: 'string',
  value: 'KIND/NAME',
  isSetting: false,
  help: 'which resource, when the manifests hold several; also KIND/NAMESPACE/NAME',
}
