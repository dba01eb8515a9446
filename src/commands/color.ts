// Colour, only where a person looks: on a terminal, and never the only signal.
import type { Terminal } from './command.ts'

export type Tone = 'bad' | 'good' | 'care'

/** Wraps a text in the tone's escape sequence, or leaves it alone. */
export type Paint = (tone: Tone, text: string) => string

const CODES: Readonly<Record<Tone, number>> = { bad: 31, good: 32, care: 33 }

/** No colours with --no-color, NO_COLOR (no-color.org: set to anything), a dumb terminal, or none at all. */
export function painter(terminal: Terminal, stream: 'stdout' | 'stderr', noColor: boolean): Paint {
  const { env } = terminal
  const isPlain = noColor || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || !terminal[stream].isTTY
  return isPlain ? (_tone, text) => text : (tone, text) => `\u001b[${CODES[tone]}m${text}\u001b[39m`
}
