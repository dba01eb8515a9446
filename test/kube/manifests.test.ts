// Our CRDs in a real API server: they are established, take what we say they take, drop nothing of it, and show it usefully.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'
import { type ControlPlane, needApiServer } from '../helpers/control-plane.ts'
import { needSharedData, projectRoot } from '../helpers/needs.ts'

const plane = needApiServer(t)

if (plane) {
  t.test('the CRDs are established, with structural schemas', async t => {
    const names = (await plane.kubectl('apply', '--server-side', '-f', join(projectRoot, 'crds'), '-o', 'name')).trim()
    t.equal(names.split('\n').length, 4)
    for (const name of names.split('\n')) {
      await plane.kubectl('wait', '--for=condition=Established', '--timeout=30s', name)
      const conditions = await plane.kubectl('get', name, '-o', 'jsonpath={.status.conditions[*].type}')
      t.notMatch(conditions, /NonStructuralSchema/, name)
    }
  })

  t.test('examples are taken as they are, and no field is dropped', async t => {
    const folder = join(projectRoot, 'examples')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.yaml'))
    t.ok(files.length >= 5)
    for (const file of files) await takes(t, plane, join(folder, file))
  })

  t.test("the proposal's manifests are taken as they are, and no field is dropped", async t => {
    const folder = needSharedData(t, 'manifests')
    if (folder === undefined) return
    const files = readdirSync(folder).filter(name => name.endsWith('.yaml'))
    t.equal(files.length, 6)
    for (const file of files) await takes(t, plane, join(folder, file))
  })
}

/** The server does all but storing it, so that the namespaces of the manifests need not be this test's own. */
async function takes(t: Test, { kubectl }: ControlPlane, path: string): Promise<void> {
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map(document => document.toJS() as JsonObject)
  for (const { metadata } of documents) {
    const namespace = isJsonObject(metadata) ? metadata['namespace'] : undefined
    if (typeof namespace !== 'string') continue
    const there = await kubectl('get', 'namespace', namespace, '--ignore-not-found', '-o', 'name')
    if (there !== '') continue
    await kubectl('create', 'namespace', namespace)
    t.teardown(() => kubectl('delete', 'namespace', namespace, '--wait=false'))
  }
  const printed = await kubectl('create', '--dry-run=server', '--validate=strict', '-o', 'json', '-f', path)
  const answer = JSON.parse(printed) as JsonObject
  const taken = answer['kind'] === 'List' ? (answer['items'] as JsonObject[]) : [answer]
  t.equal(taken.length, documents.length, path)
  for (const [index, document] of documents.entries()) t.strictSame(lost(document, taken[index] ?? null), [], path)
}

/** Pointers of the values that the second document does not have as the first has them. */
function lost(wanted: JsonValue | undefined, found: JsonValue | undefined, pointer = ''): string[] {
  if (isJsonObject(wanted)) {
    if (!isJsonObject(found)) return [pointer]
    return Object.keys(wanted).flatMap(key => lost(wanted[key], found[key], `${pointer}/${key}`))
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return [pointer]
    return wanted.flatMap((item, index) => lost(item, found[index], `${pointer}/${index}`))
  }
  return wanted === found ? [] : [pointer]
}
