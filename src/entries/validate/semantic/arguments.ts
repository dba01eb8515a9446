// Named arguments of a package: a bare name, and a value that does not repeat it.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { listAt, objectIn, textAt } from './fields.ts'
import { type Place, report } from './report.ts'

const ARGUMENT_LISTS = ['runtimeArguments', 'packageArguments'] as const
const BAD_NAME_CHARACTER = /[<> $]/
const VALUE_RULES = [
  { key: 'value', code: 'argument-value-starts-with-name' },
  { key: 'default', code: 'argument-default-starts-with-name' },
] as const

/** The rules for both argument lists of the package at the place. Positional arguments have none. */
export function checkArguments(pkg: JsonObject, place: Place, findings: Finding[]): void {
  for (const list of ARGUMENT_LISTS) {
    for (const [index, item] of listAt(pkg, list).entries()) {
      const argument = objectIn(item)
      if (argument && textAt(argument, 'type') === 'named') checkNamed(argument, [...place, list, index], findings)
    }
  }
}

function checkNamed(argument: JsonObject, place: Place, findings: Finding[]): void {
  const name = textAt(argument, 'name')
  if (name === undefined) return
  checkArgumentName(name, place, findings)

  // Every text starts with an empty name: upstream then reports the value as well, and so do we.
  for (const { key, code } of VALUE_RULES) {
    const text = textAt(argument, key) ?? ''
    if (text === '' || !text.startsWith(name)) continue
    report(findings, {
      code,
      at: [...place, key],
      message: `the ${key} ${shown(text)} starts with the argument's name ${shown(name)}`,
      hint: `leave the name out of the ${key}: clients put it before`,
    })
  }
}

/** `named-argument-name-required`, `invalid-named-argument-name`. Leading dashes are not required. */
function checkArgumentName(name: string, place: Place, findings: Finding[]): void {
  if (name === '') {
    report(findings, {
      code: 'named-argument-name-required',
      at: [...place, 'name'],
      message: 'the named argument has no name',
      hint: 'give the name with its dashes, such as --port, or make the argument positional',
    })
  } else if (BAD_NAME_CHARACTER.test(name)) {
    report(findings, {
      code: 'invalid-named-argument-name',
      at: [...place, 'name'],
      message: `the argument name ${shown(name)} holds a space or one of < > $`,
      hint: 'keep only the name here, such as --port, and put the rest in value or valueHint',
    })
  }
}
