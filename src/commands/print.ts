// How commands print: data on stdout in the asked form, words for people on stderr.
import { stringify as stringifyYaml } from 'yaml'
import type { Invocation } from './command.ts'

/** One document in the form that --output asks for. `text` makes the form for people. */
export function printResult(invocation: Invocation, data: object, text: () => string): void {
  const { stdout } = invocation.terminal
  const output = invocation.options.text('output')
  if (output === 'json') stdout.write(`${JSON.stringify(data, null, 2)}\n`)
  else if (output === 'yaml') stdout.write(stringifyYaml(data))
  else stdout.write(text())
}

/** A line for people, on stderr. */
export function say(invocation: Invocation, line: string): void {
  invocation.terminal.stderr.write(`${line}\n`)
}
