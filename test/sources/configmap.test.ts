// Source configmap: the key of a ConfigMap, wherever the run finds it.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { configMapDirectory } from '../../src/commands/config-map-stores.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { openConfigMapSource } from '../../src/sources/configmap.ts'
import { listOf, server } from '../helpers/entries.ts'
import { fails } from '../helpers/fails.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { contentOf, testAccess } from '../helpers/source-access.ts'

const CATALOG = listOf(server('io.example/one', '1.0.0'))
const SOURCE = { type: 'configmap', namespace: 'team', name: 'catalog', key: 'registry.json' } as const

t.test('the key is read, with its digest as revision', async t => {
  const access = await testAccess(t, { configMaps: { catalog: { 'registry.json': CATALOG } } })
  const source = await openConfigMapSource(SOURCE, undefined, access)
  t.strictSame(await contentOf(source), ['io.example/one 1.0.0'])
  t.equal(source.revision, `sha256:${sha256Hex(CATALOG)}`)
})

t.test('a missing ConfigMap and a missing key are named', async t => {
  const access = await testAccess(t, { configMaps: { catalog: { 'servers.json': CATALOG, other: '' } } })
  await fails(t, openConfigMapSource({ ...SOURCE, name: 'gone' }, undefined, access), {
    reason: 'ReferenceNotFound',
    class: 'definite',
    message: /ConfigMap team\/gone does not exist/,
  })
  const failure = await fails(t, openConfigMapSource(SOURCE, undefined, access), {
    reason: 'ReferenceNotFound',
    message: /ConfigMap team\/catalog has no key registry\.json/,
  })
  t.equal(failure.hint, 'it has other, servers.json')
})

t.test('a worker reads ConfigMaps as the kubelet mounts them', async t => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'catalog/..2026_03_01'), { recursive: true })
  await writeFile(join(directory, 'catalog/..2026_03_01/registry.json'), CATALOG)
  await symlink('..2026_03_01', join(directory, 'catalog/..data'))
  await symlink('..data/registry.json', join(directory, 'catalog/registry.json'))
  const access = { ...(await testAccess(t)), configMaps: configMapDirectory(directory) }
  t.strictSame(await contentOf(await openConfigMapSource(SOURCE, undefined, access)), ['io.example/one 1.0.0'])
})
