// Trailers of a commit message, as both engines look for them: the last paragraph, whole lines, exactly (git-contract.md, "Exactly once").

/** True when `trailer` (`Key: value`) is a line of the message's trailer block. Text higher up, or a subject alone, never counts. */
export function hasTrailer(message: string, trailer: string): boolean {
  const paragraphs = message.replace(/\s+$/, '').split(/\n[ \t]*\n+/)
  if (paragraphs.length < 2) return false
  return (paragraphs.at(-1) ?? '').split('\n').includes(trailer)
}
