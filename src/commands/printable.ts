// Text of others on a terminal: names, messages and paths come from documents, servers and repositories, and a terminal
// obeys control characters. What is printed as data (-o json, yaml) is escaped by its form.

/** One line: every control character, line breaks and marks of writing direction too, as `\u001b`. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Several lines of which each is printable; tabs stay. */
export function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, printable)
}
