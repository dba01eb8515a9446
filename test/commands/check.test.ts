// `rollbook check` against a cluster whose CRDs are of another release.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { differenceTo } from '../../src/commands/crd-edition.ts'
import { isKindName } from '../../src/resources/kinds.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { type Answer, reply, webServer } from '../helpers/http-server.ts'
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

t.test('check warns of the CRD that differs, says what to do, and goes on', async t => {
  const installed = crds()
  for (const crd of installed) if (kindOf(crd) === 'MCPRegistryImportJob') delete specOf(crd)['timeZone']
  const list = (items: readonly object[]) => reply(JSON.stringify({ metadata: { resourceVersion: '1' }, items }))
  const one: Answer = (request, response) => {
    const selector = new URL(request.url ?? '', 'http://server').searchParams.get('fieldSelector')
    list(installed.filter(({ metadata }) => selector === `metadata.name=${metadata.name}`))(request, response)
  }
  const routes = installed.map(({ spec }) => [
    `/apis/toolhive.stacklok.io/v1alpha1/namespaces/team/${spec.names.plural}`,
    list([]),
  ])
  const server = await webServer(t, {
    ...Object.fromEntries(routes),
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': one,
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': reply(JSON.stringify({ status: { allowed: true } })),
  })
  const kubeconfig = await kubeconfigAt(t, kubeconfigFor(server.url))
  const checked = await program(['check', '--kubeconfig', kubeconfig], { cwd: await temporaryDirectory(t) })
  t.match(checked, {
    code: 0,
    stdout:
      /^WARN +edition of the kinds +not that of rollbook [\d.]+: mcpregistryimportjobs\.toolhive\.stacklok\.io \(first at spec\.timeZone\); apply those of this release with kubectl apply --server-side -f crds\/\nok +rights/m,
  })
})
