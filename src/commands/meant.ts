// "Did you mean" in a sentence of a command.
import { suggest } from '../resources/suggest.ts'

/** ` (did you mean ...?)`, or nothing when no name is near. */
export function meant(word: string, names: readonly string[], prefix = ''): string {
  const name = suggest(word, names)
  return name === undefined ? '' : ` (did you mean ${prefix}${name}?)`
}
