// What the schema tier says about ToolHive's formats: exact findings for small documents, without any real data.
import t from 'tap'
import {
  envelopeFindings,
  extensionFindings,
  skillFindings,
  toolhiveEntryFindings,
  toolhiveGroupFindings,
} from '../../../src/entries/validate/toolhive-schema.ts'
import type { Finding } from '../../../src/lib/issue.ts'
import { richContainer, richGroup } from './rich-documents.ts'

/** Code, pointer and message of each finding. */
function said(findings: readonly Finding[]): string[][] {
  return findings.map(({ code, pointer, message }) => [code, pointer, message])
}

t.test('strict refuses what converted entries need, relaxed takes exactly that', async t => {
  const converted = { ...richContainer, image: 'npx://@example/one@1.0.0', tools: [] }
  t.same(toolhiveEntryFindings('servers', 'rich', richContainer), [])
  t.same(said(toolhiveEntryFindings('servers', 'io.example/one', converted)), [
    [
      'propertyNames',
      '',
      'the key "io.example/one" is not three or more lower-case letters, digits and hyphens, such as "github"',
    ],
    ['minItems', '/tools', '"tools" is empty, at least 1 item is required'],
    [
      'pattern',
      '/image',
      '"image" is "npx://@example/one@1.0.0", expected a lower-case container image such as "ghcr.io/example/server:1.0.0"; no digest, no other scheme',
    ],
  ])
  t.same(toolhiveEntryFindings('servers', 'io.example/one', converted, { relaxed: true }), [])
  const wrong = { ...converted, image: 'a b', tools: ['x y'], tier: 'official', other: 1 }
  t.same(said(toolhiveEntryFindings('servers', 'x', wrong, { relaxed: true })), [
    [
      'propertyNames',
      '',
      'the key "x" is not three or more lower-case letters, digits and hyphens, or a full name such as "io.github.example/server"',
    ],
    ['additionalProperties', '/other', 'the field "other" is unknown, and no others are allowed here'],
    ['enum', '/tier', '"tier" is "official", expected one of "Official", "Community"'],
    ['pattern', '/tools/0', '"tools[0]" is "x y", expected letters, digits, "_" and "-"'],
    ['pattern', '/image', '"image" is "a b", expected an image or package reference without spaces'],
  ])
})

t.test('keys inside a group, items that are twice in a list, hosts', async t => {
  const permissions = { network: { outbound: { allow_host: ['*.example.com'], allow_port: [443, 443, 70_000] } } }
  const group = { ...richGroup, servers: { Bad: { ...richContainer, permissions } } }
  const outbound = '/servers/Bad/permissions/network/outbound'
  t.same(said(toolhiveGroupFindings(group)), [
    [
      'propertyNames',
      '/servers/Bad',
      'the key "Bad" is not three or more lower-case letters, digits and hyphens, such as "github"',
    ],
    [
      'anyOf',
      `${outbound}/allow_host/0`,
      '"allow_host[0]" is "*.example.com", expected a host name such as "example.com" or a domain suffix such as ".example.com"',
    ],
    ['maximum', `${outbound}/allow_port/2`, '"allow_port[2]" is 70000, expected 65535 or less'],
    ['uniqueItems', `${outbound}/allow_port`, '"allow_port" holds 443 twice, at 0 and 1'],
  ])
})

t.test('the envelope is judged without its content, the extension and a skill by themselves', async t => {
  const envelope = { version: '1.0', meta: {}, data: { servers: [1, 2], skills: 'x' } }
  t.same(said(envelopeFindings(envelope)), [
    ['pattern', '/version', '"version" is "1.0", expected three numbers such as "1.0.0"'],
    ['required', '/meta', 'the required field "last_updated" is missing'],
    ['type', '/data/skills', '"skills" is "x", expected a list'],
  ])
  t.same(said(extensionFindings({ 'io.github.stacklok': { 'ghcr.io/x:1': { tier: 'official' } } })), [
    ['required', '/io.github.stacklok/ghcr.io~1x:1', 'the required field "status" is missing'],
    ['enum', '/io.github.stacklok/ghcr.io~1x:1/tier', '"tier" is "official", expected one of "Official", "Community"'],
  ])
  t.same(said(skillFindings({ namespace: 'io', name: 'one', description: 'One', version: '1' })), [
    ['minLength', '/namespace', '"namespace" has 2 characters, at least 3 characters are required: "io"'],
  ])
})
