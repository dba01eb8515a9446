// The examples of docs/conversion.md: each pair is converted, and back.
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Section } from '../../src/entries/convert/toolhive-fields.ts'
import { toUpstream } from '../../src/entries/convert/toolhive-to-upstream.ts'
import { toToolhive } from '../../src/entries/convert/upstream-to-toolhive.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { projectRoot } from '../helpers/needs.ts'

const namespace = 'io.github.stacklok'

interface Example {
  readonly name: string
  readonly from: 'toolhive' | 'upstream'
  readonly given: JsonObject
  readonly want: JsonObject
}

function readExamples(): Example[] {
  const page = readFileSync(`${projectRoot}/docs/conversion.md`, 'utf8')
  const blocks = [...page.matchAll(/```json example=(\S+) (from|to) (toolhive|upstream)\n([^`]*)```/g)]
  return blocks.flatMap(([, name, way, format, text], index) => {
    if (way !== 'from') return []
    const pair = blocks[index + 1]
    if (pair?.[1] !== name || pair?.[2] !== 'to' || pair?.[3] === format) throw new Error(`${name} has no pair`)
    const from = format === 'toolhive' ? 'toolhive' : 'upstream'
    return [{ name: String(name), from, given: JSON.parse(String(text)), want: JSON.parse(String(pair[4])) }]
  })
}

/** A registry.json with one entry, as on the page. */
function upstreamOf(registry: JsonObject): JsonObject | undefined {
  const [[section, entries] = ['', {}]] = Object.entries(registry)
  const [[key, value] = ['', {}]] = Object.entries(entries as JsonObject)
  const entry = { section: section as Section, key, value: value as JsonObject }
  return toUpstream(entry, { namespace, longDescription: 'Fail' }).document
}

function toolhiveOf(document: JsonObject): JsonObject | undefined {
  const entry = toToolhive(document, { namespace, strict: false, isLegalKeyFree: () => true })
  return entry.ok ? { [entry.section]: { [entry.key]: entry.value } } : undefined
}

t.test('every example of the conversion page', async t => {
  const examples = readExamples()
  t.strictSame(
    examples.map(example => `${example.name} from ${example.from}`),
    ['container from toolhive', 'remote from upstream', 'package from upstream'],
  )
  for (const { name, from, given, want } of examples) {
    const [there, back] = from === 'toolhive' ? [upstreamOf, toolhiveOf] : [toolhiveOf, upstreamOf]
    t.strictSame(there(given), want, `${name} converts`)
    t.strictSame(back(want), given, `${name} comes back`)
  }
})

t.test('the page says what the findings are called', async t => {
  const page = readFileSync(`${projectRoot}/docs/conversion.md`, 'utf8')
  for (const code of ['NotConvertible', 'LongDescription', 'LeftOut', 'EditedInToolHive', 'StrictToolHive']) {
    t.match(page, `\`${code}\``)
  }
})
