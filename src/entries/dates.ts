// Dates inside an entry: which one is the newest, for `last_updated` (git-contract.md, "Bytes").
import { isJsonObject, type JsonObject, type JsonValue, own } from '../lib/json.ts'
import { marksOf } from './entry.ts'
import { PUBLISHER_META } from './formats/upstream.ts'

/** Newest of the official dates and of ToolHive's `metadata.last_updated`; undefined when the entry has none. */
export function newestDateOf(document: JsonObject): string | undefined {
  const { publishedAt, updatedAt, statusChangedAt } = marksOf(document)
  let newest = laterDate(laterDate(publishedAt, updatedAt), statusChangedAt)
  const meta = own(document, '_meta')
  const provided = isJsonObject(meta) ? own(meta, PUBLISHER_META) : undefined
  const extension = isJsonObject(provided) ? own(provided, 'io.github.stacklok') : undefined
  if (!isJsonObject(extension)) return newest
  for (const key of Object.keys(extension)) newest = laterDate(newest, metadataDate(own(extension, key)))
  return newest
}

/** `metadata.last_updated` of a ToolHive entry or extension object. */
export function metadataDate(value: JsonValue | undefined): string | undefined {
  const metadata = isJsonObject(value) ? own(value, 'metadata') : undefined
  const date = isJsonObject(metadata) ? own(metadata, 'last_updated') : undefined
  return typeof date === 'string' ? date : undefined
}

/** The later of two RFC 3339 dates, as it was written; what is no date loses. */
export function laterDate(a: string | undefined, b: string | undefined): string | undefined {
  const timeA = timeOf(a)
  const timeB = timeOf(b)
  if (Number.isNaN(timeB)) return Number.isNaN(timeA) ? undefined : a
  if (Number.isNaN(timeA)) return b
  if (timeA !== timeB) return timeA > timeB ? a : b
  return fractionOf(a) >= fractionOf(b) ? a : b
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

function timeOf(date: string | undefined): number {
  return date !== undefined && RFC_3339.test(date) ? Date.parse(date) : Number.NaN
}

/** Digits after the second: Date counts only three of them. */
function fractionOf(date: string | undefined): string {
  return /\.(\d+)/.exec(date ?? '')?.[1] ?? ''
}
