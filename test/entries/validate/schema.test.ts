// What the schema tier says about a document: exact findings for small documents, without any real data.
import t from 'tap'
import { officialSchema, officialSchemaUrl, officialVersions } from '../../../src/entries/schemas/official.ts'
import { deprecatedSchemaFinding, schemaFindings } from '../../../src/entries/validate/schema.ts'
import type { Finding } from '../../../src/lib/issue.ts'
import type { JsonObject, JsonValue } from '../../../src/lib/json.ts'

const current = officialSchemaUrl('2025-12-11')

/** A valid server.json with some fields changed. */
function server(fields: JsonObject = {}): JsonObject {
  return { $schema: current, name: 'io.example/one', description: 'One', version: '1.0.0', ...fields }
}

/** Code, pointer and message of each finding. */
function said(findings: readonly Finding[]): string[][] {
  return findings.map(({ code, pointer, message }) => [code, pointer, message])
}

t.test('a valid document has no finding, and costs no new object', async t => {
  const verdict = schemaFindings(server())
  t.same(verdict, { version: '2025-12-11', findings: [] })
  t.equal(schemaFindings(server({ title: 'Another' })), verdict)
})

t.test('the version is read from $schema, whatever its host and fragment', async t => {
  const urls = [
    current,
    `${current}#/definitions/ServerDetail`,
    'https://mirror.example/schemas/2025-12-11/server.schema.json',
  ]
  for (const $schema of urls)
    t.same(schemaFindings(server({ $schema })), { version: '2025-12-11', findings: [] }, $schema)
})

t.test('a $schema that leads to no version has the finding that upstream reports', async t => {
  const hint = `add "$schema": "${current}"`
  const at = { tier: 'schema', severity: 'error', pointer: '/$schema', path: 'schema' }
  const { $schema: _left, ...unnamed } = server()

  t.same(schemaFindings(unnamed), {
    version: undefined,
    findings: [{ ...at, code: 'schema-field-required', message: '"$schema" is missing', hint }],
  })
  t.same(schemaFindings(server({ $schema: '' })).findings, [
    { ...at, code: 'schema-field-required', message: '"$schema" is "" and names no version', hint },
  ])
  t.same(schemaFindings(server({ $schema: 7 })).findings, [
    { ...at, code: 'type', path: '$schema', message: '"$schema" is 7, expected a string' },
    { ...at, code: 'schema-field-required', message: '"$schema" is 7 and names no version', hint },
  ])
  t.same(schemaFindings(server({ $schema: 'https://example.com/latest.json' })).findings, [
    {
      ...at,
      code: 'schema-version-extraction-error',
      message: '"$schema" is "https://example.com/latest.json", which names no version of server.json',
      hint: `write ${current}`,
    },
  ])
  t.same(schemaFindings(server({ $schema: officialSchemaUrl('2025-12-12') })), {
    version: '2025-12-12',
    findings: [
      {
        ...at,
        code: 'schema-version-not-available',
        message: '"$schema" names version "2025-12-12", which is not a released one',
        hint: 'released are 2025-12-11, 2025-10-17, 2025-10-11, 2025-09-29, 2025-09-16, 2025-07-09',
      },
    ],
  })
})

t.test('an own key from the prototype is not taken for $schema', async t => {
  const document = JSON.parse('{"__proto__": {"$schema": "x", "name": "io.example/one"}}')
  t.same(
    schemaFindings(document).findings.map(finding => finding.code),
    ['schema-field-required', 'required', 'required', 'required'],
  )
})

t.test('older versions are warned about, the current one is not', async t => {
  t.equal(deprecatedSchemaFinding('2025-12-11'), undefined)
  t.equal(deprecatedSchemaFinding('draft'), undefined, 'it already has schema-version-not-available')
  for (const version of officialVersions.slice(1)) {
    t.match(deprecatedSchemaFinding(version), {
      code: 'schema-version-deprecated',
      tier: 'schema',
      severity: 'warning',
      pointer: '/$schema',
      path: 'schema',
      message: `"$schema" names version ${version}, the current one is 2025-12-11`,
    })
  }
})

const table: readonly { what: string; fields: JsonObject; findings: string[][] }[] = [
  {
    what: 'required names the object that lacks the field',
    fields: { repository: { url: 'https://git.example/one' } },
    findings: [['required', '/repository', 'the required field "source" is missing']],
  },
  {
    what: 'a wrong type names what was found',
    fields: { version: 5, title: null, icons: {}, remotes: ['x'] },
    findings: [
      ['type', '/title', '"title" is null, expected a string'],
      ['type', '/version', '"version" is 5, expected a string'],
      ['type', '/icons', '"icons" is an object, expected a list'],
      ['type', '/remotes/0', '"remotes[0]" is "x", expected an object'],
    ],
  },
  {
    what: 'lengths are counted in characters and long text is cut',
    fields: { title: '', description: '😀'.repeat(101) },
    findings: [
      [
        'maxLength',
        '/description',
        `"description" has 101 characters, at most 100 characters are allowed: "${'😀'.repeat(60)}…"`,
      ],
      ['minLength', '/title', '"title" is empty, at least 1 character is required'],
    ],
  },
  {
    what: 'text that would not be seen or would change the line is escaped',
    fields: { websiteUrl: 'a\n\u001b[31m\u202e\u009b\u{e0041}' },
    findings: [
      [
        'format',
        '/websiteUrl',
        '"websiteUrl" is "a\\n\\u001b[31m\\u202e\\u009b\\u{e0041}", expected an absolute URI such as "https://example.com/page"',
      ],
    ],
  },
  {
    what: 'patterns are explained',
    fields: { name: 'one two' },
    findings: [
      [
        'pattern',
        '/name',
        '"name" is "one two", expected a namespace, one slash and a name, such as "io.github.example/server"',
      ],
    ],
  },
  {
    what: 'the version of a package is exact',
    fields: { packages: [{ registryType: 'npm', identifier: 'x', version: 'latest', transport: { type: 'stdio' } }] },
    findings: [['not', '/packages/0/version', '"version" is "latest", expected one exact version']],
  },
  {
    what: 'only the branch that the type of a remote chooses is reported',
    fields: { remotes: [{ type: 'sse', url: 'ftp://x', headers: [{}] }] },
    findings: [
      [
        'pattern',
        '/remotes/0/url',
        '"url" is "ftp://x", expected an http or https URL without spaces, such as "https://example.com/mcp"',
      ],
      ['required', '/remotes/0/headers/0', 'the required field "name" is missing'],
    ],
  },
  {
    what: 'an unknown type is one finding that names the allowed ones',
    fields: {
      remotes: [{ type: 'stdio' }, { url: 5 }],
      packages: [{ registryType: 'npm', identifier: 'x', transport: { type: 'http', url: 5 } }],
    },
    findings: [
      ['enum', '/packages/0/transport/type', '"type" is "http", expected one of "stdio", "streamable-http", "sse"'],
      ['enum', '/remotes/0/type', '"type" is "stdio", expected one of "streamable-http", "sse"'],
      ['required', '/remotes/1', 'the required field "type" is missing'],
    ],
  },
  {
    what: 'arguments: the branch of their type, and one finding for a positional one without content',
    fields: {
      packages: [
        {
          registryType: 'npm',
          identifier: 'x',
          transport: { type: 'stdio' },
          packageArguments: [{ type: 'positional' }, { type: 'named' }, { type: 'flag' }],
        },
      ],
    },
    findings: [
      ['anyOf', '/packages/0/packageArguments/0', '"packageArguments[0]" needs "valueHint" or "value"'],
      ['required', '/packages/0/packageArguments/1', 'the required field "name" is missing'],
      ['enum', '/packages/0/packageArguments/2/type', '"type" is "flag", expected one of "positional", "named"'],
    ],
  },
]

for (const { what, fields, findings } of table) {
  t.test(what, async t => t.same(said(schemaFindings(server(fields)).findings), findings))
}

t.test('a finding has pointer and bracket path', async t => {
  const variables = JSON.parse('{"__proto__": {"value": 1}, "a/b~c": {"value": 2}}')
  const { findings } = schemaFindings(server({ remotes: [{ type: 'sse', url: 'https://x', variables }] }))
  t.same(findings, [
    {
      code: 'type',
      tier: 'schema',
      severity: 'error',
      pointer: '/remotes/0/variables/__proto__/value',
      path: 'remotes[0].variables.__proto__.value',
      message: '"value" is 1, expected a string',
      hint: 'put it in quotes: without them it is no text',
    },
    {
      code: 'type',
      tier: 'schema',
      severity: 'error',
      pointer: '/remotes/0/variables/a~1b~0c/value',
      path: 'remotes[0].variables.a/b~c.value',
      message: '"value" is 2, expected a string',
      hint: 'put it in quotes: without them it is no text',
    },
  ])
})

t.test('what is not an object has one finding', async t => {
  for (const [document, found] of [
    [5, '5'],
    [[], 'an empty list'],
    [null, 'null'],
  ] as [JsonValue, string][]) {
    t.same(said(schemaFindings(document).findings), [['type', '', `the entry is ${found}, expected an object`]])
  }
})

t.test('the spelling of another version is recognised', async t => {
  const packages = [{ registry_type: 'npm', identifier: 'x', version: '1.0.0', transport: { type: 'stdio' } }]
  const { findings } = schemaFindings(server({ $schema: officialSchemaUrl('2025-09-29'), packages }))
  const rule = 'field names are camelCase since version 2025-09-16, snake_case in 2025-07-09'
  t.same(
    findings.map(({ message, hint }) => [message, hint]),
    [
      ['the required field "registryType" is missing', `rename "registry_type": ${rule}`],
      ['the field "registry_type" is unknown, and no others are allowed here', `write "registryType": ${rule}`],
    ],
  )
})

t.test('a document with very many problems has a bounded list, and the rest is counted', async t => {
  const { findings } = schemaFindings(server({ icons: Array.from({ length: 5000 }, () => 1) }))
  t.equal(findings.length, 101)
  t.match(findings.at(-1), { code: 'TooManyProblems', message: '4900 more problems of this entry are not listed' })
})

t.test('each version differs from the next one as its changelog says', async t => {
  const document = (version: string, fields: JsonObject) => server({ $schema: officialSchemaUrl(version), ...fields })
  const validIn = (fields: JsonObject) =>
    officialVersions.filter(version => schemaFindings(document(version, fields)).findings.length === 0)
  const npm = { registryType: 'npm', identifier: 'x', version: '1', transport: { type: 'stdio' } }
  const { version: _left, ...unversioned } = npm

  t.same(validIn({ title: '' }), ['2025-09-29', '2025-09-16', '2025-07-09'])
  t.same(validIn({ status: 'none' }), officialVersions.slice(0, 4))
  t.same(validIn({ websiteUrl: 'x' }), ['2025-07-09'])
  t.same(validIn({ packages: [unversioned] }), officialVersions.slice(0, 3))
  t.same(validIn({ packages: [{ ...npm, other: 1 }] }), officialVersions.slice(0, 3))
  t.same(validIn({ remotes: [{ type: 'sse', url: 'https://x/{y}' }] }), ['2025-12-11'])
  t.same(validIn({ remotes: [{ type: 'streamable-http', url: 'x' }] }), officialVersions.slice(1))
  t.same(validIn({ remotes: [{ type: 'sse', url: 'https://x', variables: 1 }] }), officialVersions.slice(1))
  t.equal(officialSchema('2025-12-12'), undefined)
})
