// What the documents of a source say around their entries, brought into the format of the target.
import { posix } from 'node:path'
import { type Issue, pathOfPointer, pointerOf } from '../lib/issue.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Envelope, type Format, NO_ENVELOPE } from './document.ts'
import { lastUpdatedOf, mergeEnvelopes, pick, unknownPart } from './envelope.ts'

/** Holds what belongs to no entry, in layouts of many files: skills, plugins, unknown keys of the envelope. */
export const CATALOG_FILE = '_catalog.json'

/** The envelope of one document of the source. */
export interface ReadEnvelope {
  /** Of the document. */
  readonly path: string
  readonly format: Format
  readonly envelope: Envelope
}

/**
 * All of them as one: what the first document says stands, and of the other format only version and date. A catalog file
 * speaks for the whole folder, also where the file of some namespace is read before it.
 */
export function sourceEnvelope(envelopes: readonly ReadEnvelope[], format: Format): Envelope {
  const own = envelopes.filter(read => read.format === format)
  const envelopesOf = (wanted: boolean) =>
    own.filter(({ path }) => (posix.basename(path) === CATALOG_FILE) === wanted).map(({ envelope }) => envelope)
  const others = envelopes.filter(read => read.format !== format).map(read => frameOf(read, format))
  return [...envelopesOf(true), ...envelopesOf(false), ...others].reduce(
    (merged, next) => mergeEnvelopes(merged, next, { format, onConflict: 'Keep', prune: 'Never' }),
    NO_ENVELOPE,
  )
}

/** One note for each part that a target of the format can't hold (git-contract.md, "Bytes"): skills and plugins, groups, unknown keys. */
export function leftBehind(envelopes: readonly ReadEnvelope[], format: Format): Issue[] {
  return envelopes
    .filter(read => read.format !== format)
    .flatMap(({ path, format: from, envelope: { top, data } }) => {
      const pointers = [
        ...Object.keys(data).map(key => pointerOf('data', key)),
        ...Object.keys(unknownPart(top, from)).map(key => pointerOf(key)),
      ]
      return pointers.map(pointer => notConvertible(path, pointer, format))
    })
}

/** Version and date, where the other format has them. */
function frameOf({ format: from, envelope }: ReadEnvelope, format: Format): Envelope {
  const date = lastUpdatedOf(envelope, from)
  const dated: JsonObject = format === 'upstream' ? { meta: { last_updated: date } } : { last_updated: date }
  return { top: { ...pick(envelope.top, ['version']), ...(date === undefined ? {} : dated) }, data: {} }
}

function notConvertible(document: string, pointer: string, format: Format): Issue {
  const path = pathOfPointer(pointer)
  return {
    code: 'NotConvertible',
    tier: 'policy',
    severity: 'info',
    document,
    pointer,
    path,
    message: `the format ${format} has no place for ${path.slice(0, 120)}; it was left out`,
  }
}
