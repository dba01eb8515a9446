// The resource commands on a real API server: what they write and read there, and the sentence when something is missing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { type ControlPlane, namespaceFor, needControlPlane } from '../helpers/control-plane.ts'
import { importManifest } from '../helpers/entries.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'

const plane = needControlPlane(t)

if (plane) {
  t.test('apply, get, describe, suspend, trigger, delete', async t => {
    const { run, namespace, cwd } = await place(t, plane)
    const git = 'https://git.example.com/team/catalog.git'
    const manifest = JSON.parse(importManifest({ source: git, target: git, name: 'nightly' }))
    delete manifest.metadata.namespace
    writeFileSync(join(cwd, 'import.yaml'), JSON.stringify(manifest))

    t.match(await run('apply -f import.yaml'), { code: 0, stdout: 'mcpregistryimportjob/nightly created\n' })
    t.match(await run('apply -f import.yaml'), { code: 0, stdout: 'mcpregistryimportjob/nightly unchanged\n' })
    t.match(await run('get rbimport'), { code: 0, stdout: /^NAME +PHASE .*\nnightly / })
    t.match(await run('get rollbook -A -o json'), { code: 0, stdout: namespace })
    t.match(await run('describe rbimport nightly'), { code: 0, stdout: /^Name: +nightly\n/ })
    t.match(await run('history rbimport nightly'), { code: 0, stderr: /has finished no run yet/ })
    t.match(await run('events'), { code: 0, stderr: 'no events found\n' })

    t.match(await run('suspend rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly suspended\n' })
    const get = ['get', 'mcpregistryimportjob', 'nightly', '-n', namespace, '-o']
    t.equal(await plane.kubectl(...get, 'jsonpath={.spec.suspend}'), 'true')
    t.match(await run('trigger rbimport nightly'), { code: 10, stderr: /\[Suspended\]/ })
    t.match(await run('resume rbimport nightly'), { code: 0 })
    t.match(await run('trigger rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly triggered\n' })
    const annotations = JSON.parse(await plane.kubectl(...get, 'jsonpath={.metadata.annotations}'))
    t.match(annotations['toolhive.stacklok.io/run-requested-at'], /^2\d{3}-/)
    t.match(annotations['toolhive.stacklok.io/run-requested-by'], /@/)

    t.match(await run('wait rbimport nightly --for Ready --timeout 100ms'), {
      code: 11,
      stderr:
        /waited 100ms in vain .*: no controller has looked at it yet; no controller holds the Lease rollbook-controller/,
    })
    t.match(await run('get rbimport nigthly'), { code: 10, stderr: /did you mean nightly\?/ })
    t.match(await run('delete rbimport nightly'), { code: 0, stdout: 'mcpregistryimportjob/nightly deleted\n' })
    t.match(await run('get rbimport nightly'), { code: 10, stderr: /\[NotFound\]/ })
  })

  t.test('apply owns what it gives: a field of somebody else is a conflict until it is forced', async t => {
    const { run, cwd } = await place(t, plane)
    const git = 'https://git.example.com/team/catalog.git'
    const manifest = JSON.parse(importManifest({ source: git, target: git, name: 'nightly', spec: { suspend: false } }))
    delete manifest.metadata.namespace
    writeFileSync(join(cwd, 'import.yaml'), JSON.stringify(manifest))
    await run('apply -f import.yaml')
    await run('suspend rbimport nightly')
    t.match(await run('apply -f import.yaml'), {
      code: 10,
      stderr: /\(--force-conflicts takes them over\) \[Conflict\]/,
    })
    t.match(await run('apply -f import.yaml --force-conflicts'), { code: 0, stdout: /configured\n$/ })
  })

  t.test('check: all is there', async t => {
    const { run } = await place(t, plane)
    t.match(await run('check'), {
      code: 0,
      stdout:
        /ok +cluster .*\nok +kinds .*\nok +owner of the kinds +Rollbook\nok +edition of the kinds +that of rollbook [\d.]+\nok +rights /,
    })
  })

  t.test('no rights, a wrong context, no server: one sentence each', async t => {
    const { run, cwd, namespace } = await place(t, plane)
    const config = parse(readFileSync(plane.kubeconfig, 'utf8'))
    const written = (name: string, changed: object) => {
      writeFileSync(join(cwd, name), stringify({ ...config, ...changed }))
      return join(cwd, name)
    }
    const users = config.users.map((user: { user: object }) => ({ ...user, user: { ...user.user, as: 'nobody' } }))
    const nobody = { env: { KUBECONFIG: written('nobody', { users }) } }
    t.match(await run('get rbimport', nobody), { code: 10, stderr: /nobody.*\[Forbidden\]\nrollbook check tells/s })
    t.match(await run('check', nobody), {
      code: 10,
      stdout: new RegExp(`FAILED +rights +missing in namespace ${namespace}: get mcp`),
    })
    t.match(await run('get rbimport --context other'), { code: 10, stderr: /has no context "other"/ })
    t.match(await run('check --context other'), { code: 10, stdout: /FAILED +cluster .*no context "other"/ })
    const clusters = config.clusters.map((each: object) => ({ ...each, cluster: { server: 'https://127.0.0.1:1' } }))
    const away = { env: { KUBECONFIG: written('away', { clusters }) } }
    t.match(await run('get rbimport', away), { code: 11, stderr: /127\.0\.0\.1:1.*\[Unavailable\]/ })
  })
}

async function place(t: Test, { kubeconfig, ...plane }: ControlPlane) {
  const cwd = await temporaryDirectory(t)
  const namespace = await namespaceFor(t, { kubeconfig, ...plane })
  const run = (args: string, { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {}) =>
    program([...args.split(' '), '-n', namespace, '-q'], { cwd, env: { KUBECONFIG: kubeconfig, ...env } })
  return { cwd, namespace, run }
}
