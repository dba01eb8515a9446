// What is wrong with a glob on names, before any name is matched. Its syntax is that of entries/glob.ts, for which an unclosed
// bracket stands for itself: in a manifest that is a slip, and a filter that silently matches nothing.

/** What is wrong with the pattern, to be read after the field's name, or undefined. */
export function globFault(pattern: string): string | undefined {
  let open = 0
  let at = 0
  while (at < pattern.length) {
    const char = pattern.charAt(at)
    if (char === '[') {
      const isNot = '!^'.includes(pattern.charAt(at + 1) || ' ')
      // A `]` that comes first stands for itself.
      const end = pattern.indexOf(']', at + (isNot ? 3 : 2))
      if (end === -1) return 'has a [ that is never closed'
      at = end
    } else if (char === '{') open++
    else if (char === '}' && open > 0) open--
    at++
  }
  return open > 0 ? 'has a { that is never closed' : undefined
}
