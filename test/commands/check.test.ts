// `rollbook check` against a cluster whose CRDs are of another release.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { differenceTo } from '../../src/commands/crd-edition.ts'
import { isKindName } from '../../src/resources/kinds.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { type Answer, reply, status, webServer } from '../helpers/http-server.ts'
import { program } from '../helpers/in-process.ts'
import { kubeconfigAt, kubeconfigFor } from '../helpers/kube-server.ts'
import { projectRoot } from '../helpers/needs.ts'

interface Crd {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string }
    versions: { name: string; schema: { openAPIV3Schema: { properties: Record<string, Node> } } }[]
  }
}

interface Node {
  maxLength?: number
  description?: string
  properties: Record<string, Node>
}

/** As the project ships them. */
function crds(): readonly Crd[] {
  const folder = join(projectRoot, 'crds')
  return readdirSync(folder).map(file => parse(readFileSync(join(folder, file), 'utf8')) as Crd)
}

function kindOf({ spec }: Crd): KindName {
  const { kind } = spec.names
  if (!isKindName(kind)) throw new Error(kind)
  return kind as KindName
}

function crdOf(kind: KindName): Crd {
  const found = crds().find(crd => kindOf(crd) === kind)
  if (!found) throw new Error(kind)
  return found
}

function specOf(crd: Crd): Record<string, Node> {
  const properties = crd.spec.versions[0]?.schema.openAPIV3Schema.properties['spec']?.properties
  if (!properties) throw new Error('no spec')
  return properties
}

t.test('the CRDs of the project are those of the program, whatever their texts say', async t => {
  for (const crd of crds()) t.equal(differenceTo(kindOf(crd), crd), undefined)
  const crd = crdOf('MCPRegistry')
  for (const node of Object.values(specOf(crd))) node.description = 'other words'
  t.equal(differenceTo('MCPRegistry', crd), undefined)
})

t.test('a field that is missing, is more, or has other rules is named', async t => {
  const crd = crdOf('MCPRegistry')
  // A field of that name, and no text.
  delete specOf(crd)['description']
  t.equal(differenceTo('MCPRegistry', crd), 'spec.description')
  const more = crdOf('MCPRegistry')
  Object.assign(specOf(more), { added: { type: 'string' } })
  t.equal(differenceTo('MCPRegistry', more), 'spec.added')
  const shorter = crdOf('MCPRegistryImportJob')
  Object.assign(specOf(shorter)['source']?.properties['git'] ?? {}, { maxProperties: 1 })
  t.equal(differenceTo('MCPRegistryImportJob', shorter), 'spec.source.git')
  const other = crdOf('MCPRegistryExportJob')
  other.spec.versions = []
  t.equal(differenceTo('MCPRegistryExportJob', other), 'the version v1alpha1')
})

const list = (items: readonly object[]) => reply(JSON.stringify({ metadata: { resourceVersion: '1' }, items }))

/** `rollbook check` in namespace team of a server that has these CRDs, and what the routes say. */
async function checkAt(t: Test, installed: readonly Crd[], routes: Readonly<Record<string, Answer>>) {
  const one: Answer = (request, response) => {
    const selector = new URL(request.url ?? '', 'http://server').searchParams.get('fieldSelector')
    list(installed.filter(({ metadata }) => selector === `metadata.name=${metadata.name}`))(request, response)
  }
  const kinds = installed.map(({ spec }) => [
    `/apis/toolhive.stacklok.io/v1alpha1/namespaces/team/${spec.names.plural}`,
    list([]),
  ])
  const server = await webServer(t, {
    ...Object.fromEntries(kinds),
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': one,
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': reply(JSON.stringify({ status: { allowed: true } })),
    ...routes,
  })
  const kubeconfig = await kubeconfigAt(t, kubeconfigFor(server.url))
  return await program(['check', '--kubeconfig', kubeconfig], { cwd: await temporaryDirectory(t) })
}

t.test('check warns of the CRD that differs, says what to do, and goes on', async t => {
  const installed = crds()
  for (const crd of installed) if (kindOf(crd) === 'MCPRegistryImportJob') delete specOf(crd)['timeZone']
  t.match(await checkAt(t, installed, {}), {
    code: 0,
    stdout:
      /^WARN +edition of the kinds +not that of rollbook [\d.]+: mcpregistryimportjobs\.toolhive\.stacklok\.io \(first at spec\.timeZone\); apply those of this release with kubectl apply --server-side -f crds\/\nok +rights/m,
  })
})

t.test('check warns when no controller holds the Lease, and says what it may not see', async t => {
  const leases = '/apis/coordination.k8s.io/v1/leases'
  const own = '/apis/coordination.k8s.io/v1/namespaces/team/leases/rollbook-controller'
  const lease = (namespace: string, spec: object) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'rollbook-controller', namespace },
    spec,
  })
  const fresh = { holderIdentity: 'pod-1', leaseDurationSeconds: 15, renewTime: new Date().toISOString() }
  const old = { ...fresh, holderIdentity: 'pod-0', renewTime: '2020-01-01T00:00:00.000000Z' }
  const refused = status(403, {}, JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' }))
  const absent = status(
    404,
    {},
    JSON.stringify({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
      message: 'no',
      details: { name: 'rollbook-controller' },
    }),
  )
  const lines: readonly [Readonly<Record<string, Answer>>, RegExp][] = [
    [{ [leases]: list([]) }, /^WARN +controller +no controller holds the Lease rollbook-controller; start one with/m],
    [{ [leases]: list([lease('b', { ...fresh, holderIdentity: '' })]) }, /^WARN +controller +no controller holds/m],
    [{ [leases]: list([lease('a', old)]) }, /^WARN .*; pod-0 renewed a\/rollbook-controller last at 2020-01-01T/m],
    [
      { [leases]: list([lease('a', old), lease('b', fresh)]) },
      /^ok +controller +pod-1 holds the Lease b\/rollbook-controller$/m,
    ],
    [{ [leases]: refused, [own]: refused }, /^ok +controller +not known: you may not list Leases$/m],
    [
      { [leases]: refused, [own]: absent },
      /^ok +controller +not known: you may not list Leases; in namespace team no controller holds the Lease rollbook-controller$/m,
    ],
    [
      { [leases]: refused, [own]: reply(JSON.stringify(lease('team', fresh))) },
      /^ok +controller +pod-1 holds the Lease team\/rollbook-controller$/m,
    ],
  ]
  for (const [routes, stdout] of lines) t.match(await checkAt(t, crds(), routes), { code: 0, stdout })
})
