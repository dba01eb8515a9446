// How commands print: data on stdout in the asked form, words for people on stderr.
import { type Paint, painter } from './color.ts'
import type { Invocation } from './command.ts'
import { printableLines } from './printable.ts'

const answered = new WeakSet<Invocation>()

/** True once the call has printed its one document. */
export function hasPrinted(invocation: Invocation): boolean {
  return answered.has(invocation)
}

/** One document in the form that --output asks for. `text` makes the form for people. */
export async function printResult(invocation: Invocation, data: object, text: (paint: Paint) => string): Promise<void> {
  const { terminal, options } = invocation
  const { stdout } = terminal
  answered.add(invocation)
  const output = options.text('output')
  if (output === 'json') stdout.write(`${JSON.stringify(data, null, 2)}\n`)
  else if (output === 'yaml') stdout.write(await yamlText(data))
  else stdout.write(text(painter(terminal, 'stdout', options.flag('no-color'))))
}

/** Data as YAML. The library is loaded only here: most calls print none. */
export async function yamlText(data: unknown): Promise<string> {
  const { stringify } = await import('./yaml.ts')
  return stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 })
}

/** A problem, on stderr. */
export function say({ terminal }: Invocation, line: string): void {
  terminal.stderr.write(`${printableLines(line)}\n`)
}

/** A remark that is no problem, on stderr; --log-level error leaves it out. */
export function note(invocation: Invocation, line: string): void {
  if (invocation.options.text('log-level') !== 'error') say(invocation, line)
}
