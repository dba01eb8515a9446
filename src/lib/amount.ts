// Counted words, for sentences that people read.

/** `1 entry`, `3 entries`; the plural is the word with an s unless it is given. */
export function amount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`
}
