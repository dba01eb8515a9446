// What many objects of a cluster say in the same words is kept once: JSON.parse makes every string anew, and a status repeats
// its hosts, revisions, reasons and messages in each run of its history. It halves what a thousand registries take.
import type { JsonValue } from '../../lib/json.ts'

/** Strings that are remembered; then all are forgotten, which costs nothing but their second copies. */
const MOST = 20_000
/** Code units. Longer strings are content, not words. */
const LONGEST = 512

export class StringPool {
  readonly #strings = new Map<string, string>()

  /** The value itself, its strings exchanged for equal ones that were met before. For values that nobody else has seen yet. */
  share(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.#one(value)
    if (typeof value !== 'object' || value === null) return value
    const members = value as Record<string, JsonValue>
    for (const key of Object.keys(members)) members[key] = this.share(members[key] ?? null)
    return value
  }

  #one(text: string): string {
    if (text.length > LONGEST) return text
    const known = this.#strings.get(text)
    if (known !== undefined) return known
    if (this.#strings.size >= MOST) this.#strings.clear()
    this.#strings.set(text, text)
    return text
  }
}
