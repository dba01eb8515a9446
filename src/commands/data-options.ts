// How data commands read an option that several of them have.
import type { Format } from '../entries/document.ts'

/** `auto` as undefined: recognised per document. */
export function formatOption(text: string | undefined): Format | undefined {
  return text === 'upstream' || text === 'toolhive' ? text : undefined
}
