// What does not fit a schema is cut or left out, and the rest stays: the result always passes the schema's own check.
import t from 'tap'
import type { JsonValue } from '../../src/lib/json.ts'
import { cutToLength, fitted } from '../../src/resources/fit.ts'
import type { Schema } from '../../src/resources/schema.ts'
import { checkValue } from '../../src/resources/schema-check.ts'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 4 },
    word: { type: 'string', enum: ['a', 'b'] },
    time: { type: 'string', format: 'date-time' },
    count: { type: 'integer', minimum: 0 },
    flag: { type: 'boolean' },
    list: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    },
  },
}

const CASES: Record<string, { value: JsonValue; wanted: JsonValue }> = {
  'what fits': { value: { name: 'abcd', count: 1, flag: true }, wanted: { name: 'abcd', count: 1, flag: true } },
  'a long text': { value: { name: 'abcde' }, wanted: { name: 'abc…' } },
  'characters, not code units': { value: { name: '😀😀😀😀' }, wanted: { name: '😀😀😀😀' } },
  'words and times': { value: { word: 'c', time: 'yesterday' }, wanted: {} },
  'a time': { value: { time: '2026-03-02T10:00:00.123Z' }, wanted: { time: '2026-03-02T10:00:00.123Z' } },
  'numbers out of range': { value: { count: -1 }, wanted: {} },
  'a fraction': { value: { count: 1.5 }, wanted: {} },
  'the wrong type': { value: { name: 1, flag: 'true', list: {} }, wanted: {} },
  'unknown fields': { value: { other: 1, constructor: 'x' }, wanted: {} },
  'a long list, one item broken': {
    value: { list: [{ id: 'a' }, {}, { id: 'b' }, { id: 'c' }] },
    wanted: { list: [{ id: 'a' }, { id: 'b' }] },
  },
}

for (const [name, { value, wanted }] of Object.entries(CASES)) {
  t.test(name, async t => {
    const fit = fitted(SCHEMA, value)
    t.strictSame(fit, wanted)
    t.strictSame(checkValue(SCHEMA, fit ?? null), [])
  })
}

t.test('a block that lacks what it needs is left out', async t => {
  t.equal(fitted({ ...SCHEMA, required: ['name'] }, { name: 1 }), undefined)
  t.equal(cutToLength('abc', 3), 'abc')
})
