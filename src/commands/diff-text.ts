// A difference for people: a sign an entry, and below it the fields that changed.
import type { Diff, EntryName, FieldChange } from '../entries/diff.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Paint } from './color.ts'
import { printable } from './printable.ts'

const LONGEST_VALUE = 120

export function diffText({ counts, added, removed, updated, omitted }: Diff, paint: Paint): string {
  const lines = [
    ...removed.map(entry => paint('bad', `- ${nameOf(entry)}`)),
    ...added.map(entry => paint('good', `+ ${nameOf(entry)}`)),
    ...updated.flatMap(entry => [paint('care', `~ ${nameOf(entry)}`), ...entry.changes.map(changeLine)]),
  ]
  if (omitted !== undefined) lines.push(`and ${omitted} more entries that differ`)
  const { added: a, removed: r, updated: u, unchanged } = counts
  lines.push(`${a} added, ${r} removed, ${u} updated, ${unchanged} unchanged`)
  return `${lines.join('\n')}\n`
}

function changeLine({ pointer, from, to }: FieldChange): string {
  return `    ${printable(pointer || '/')}: ${valueText(from)} -> ${valueText(to)}`
}

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return '(absent)'
  const text = printable(JSON.stringify(value))
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`
}

function nameOf({ name, version }: EntryName): string {
  return printable(version === '' ? name : `${name} ${version}`)
}
