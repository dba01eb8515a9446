// Documents that tell how many of their entries were read so far, for people who wait.
import type { RawEntry, SourceDocument } from './document.ts'

/** The same documents; `tell` hears the number of entries after each one. */
export async function* counted(
  documents: AsyncIterable<SourceDocument>,
  tell: (entries: number) => void,
): AsyncIterable<SourceDocument> {
  let read = 0
  function* entriesOf(document: SourceDocument): Iterable<RawEntry> {
    for (const entry of document.entries()) {
      yield entry
      tell(++read)
    }
  }
  for await (const document of documents) yield { ...document, entries: () => entriesOf(document) }
}
