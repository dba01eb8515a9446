// Generated documents with every mixture of packages and remotes and every kind of field: what has something to run becomes an
// entry that ToolHive's relaxed schema takes, and comes back as it was. Strict mode refuses exactly what the strict schema refuses.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { toUpstream } from '../../../src/entries/convert/toolhive-to-upstream.ts'
import { toToolhive } from '../../../src/entries/convert/upstream-to-toolhive.ts'
import { schemaFindings } from '../../../src/entries/validate/schema.ts'
import { semanticFindings } from '../../../src/entries/validate/semantic.ts'
import { toolhiveEntryFindings } from '../../../src/entries/validate/toolhive-schema.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { generatedDocument, isRunnable } from '../../helpers/generated-documents.ts'
import { seededRandom } from '../../helpers/random.ts'

const namespace = 'io.github.stacklok'
const options = { namespace, strict: false, isLegalKeyFree: () => true }

t.test('every generated document with something to run comes back', async t => {
  const random = seededRandom(t)
  const seen = { converted: 0, refused: 0, types: new Set<string>() }
  for (let round = 0; round < 2000; round++) {
    const document = generatedDocument(random)
    const problem = problemOf(document, seen)
    if (problem !== undefined) {
      t.fail(problem.what, { ...problem.about, document, diagnostic: true })
      break
    }
  }
  t.ok(seen.converted > 1000 && seen.refused > 50, `${seen.converted} converted, ${seen.refused} refused`)
  t.strictSame([...seen.types].sort(), ['ghcr', 'https', 'npx', 'uvx'])
})

interface Seen {
  converted: number
  refused: number
  readonly types: Set<string>
}

/** The first law that the document breaks. */
function problemOf(document: JsonObject, seen: Seen): { what: string; about: object } | undefined {
  const text = JSON.stringify(document)
  const problems = [...schemaFindings(document).findings, ...semanticFindings(document)]
  if (problems.length > 0) return { what: 'the generator makes valid documents', about: { problems } }

  const result = toToolhive(document, options)
  const strict = toToolhive(document, { ...options, strict: true })
  if (result.ok !== isRunnable(document)) return { what: 'what runs', about: result }
  if (!result.ok) {
    seen.refused++
    const isSaid = !strict.ok && result.findings.every(({ code }) => code === 'NotConvertible')
    return isSaid ? undefined : { what: 'how it is refused', about: result }
  }
  seen.converted++
  seen.types.add(String(result.value['image'] ?? result.value['url']).replace(/:\/\/.*|\..*/, ''))

  const { section, key, value } = JSON.parse(JSON.stringify(result))
  const refused = toolhiveEntryFindings(section, key, value, { relaxed: true })
  if (refused.length > 0) return { what: 'the relaxed schema takes it', about: { refused, value } }
  const isStrict = toolhiveEntryFindings(section, key, value).length === 0
  if (isStrict !== strict.ok) return { what: 'strict is what the strict schema is', about: { isStrict, strict, value } }

  const back = toUpstream({ section, key, value }, { namespace: 'org.other', longDescription: 'Fail' })
  if (back.findings.length > 0 || !isDeepStrictEqual(back.document, JSON.parse(text))) {
    return { what: 'it comes back', about: { back, value } }
  }
  return JSON.stringify(document) === text ? undefined : { what: 'it is not changed', about: {} }
}
