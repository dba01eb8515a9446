// Rows of text as aligned columns, as people know them from kubectl. Pure.
import { printable } from './printable.ts'

/** The heads in capitals, then the rows; '' becomes a dash, so that every row has every column. */
export function tableText(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads.map(head => head.toUpperCase()), ...rows.map(row => row.map(cell => printable(cell) || '-'))]
  const widths = heads.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const lines = all.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   '))
  return lines.map(line => `${line.trimEnd()}\n`).join('')
}

/** `label: value` lines, the values below each other; absent values are left out. */
export function fieldsText(fields: readonly (readonly [label: string, value: string | undefined])[]): string {
  const given = fields.filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...given.map(([label]) => label.length)) + 1
  return given.map(([label, value]) => `${`${label}:`.padEnd(width)}  ${printable(value ?? '')}\n`).join('')
}

/** Every line of a block further in. */
export function indented(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by)
}
