// The resource commands on a real API server: what they write and read there, and the sentence when something is missing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { type ControlPlane, namespaceFor, needControlPlane } from '../helpers/control-plane.ts'
import { importManifest } from '../helpers/entries.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'
import { killProcesses } from '../helpers/processes.ts'
import { startRollbook } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'

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
    const activeRun = {
      id: 'a1',
      attempt: 1,
      generation: 1,
      trigger: { type: 'Spec' },
      startTime: '2026-03-02T10:00:00Z',
      jobName: 'a',
    }
    const status = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status: { activeRun } })]
    await plane.kubectl('patch', 'mcpregistryimportjob', 'nightly', '-n', namespace, ...status)
    t.match(await run('cancel rbimport nightly --timeout 100ms'), {
      code: 11,
      stderr: /waited 100ms in vain for run a1 to end; no controller holds the Lease .*\nstart one with/,
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

  t.test('apply goes on after a refusal, and tells all of them with their place', async t => {
    const { cwd, namespace } = await place(t, plane)
    const git = 'https://git.example.com/team/catalog.git'
    const manifests = ['one', 'two', 'three', 'four'].map((name, index) => {
      const manifest = JSON.parse(importManifest({ source: git, target: git, name }))
      manifest.metadata.namespace = index % 3 === 0 ? namespace : `no-${name}`
      return stringify(manifest)
    })
    writeFileSync(join(cwd, 'all.yaml'), manifests.join('---\n'))
    const { code, stdout, stderr } = await program(['apply', '-f', 'all.yaml'], {
      cwd,
      env: { KUBECONFIG: plane.kubeconfig },
    })
    t.equal(code, 10)
    t.match(stdout, /^mcpregistryimportjob\/one created\nmcpregistryimportjob\/four created\n$/)
    t.match(stderr, /all\.yaml:\d+: MCPRegistryImportJob two: .*"no-two" not found \(kubectl create namespace no-two /)
    t.match(stderr, /all\.yaml:\d+: MCPRegistryImportJob three: .*\[NotFound\]/)
  })

  t.test('events --watch: what is there in the order of time, then what happens', async t => {
    const { cwd, namespace } = await place(t, plane)
    const write = (name: string, second: number) => {
      const time = `2026-03-02T10:00:0${second}Z`
      const { apiVersion, kind } = JSON.parse(importManifest({ source: '', target: '' }))
      return plane.kubectlWith(
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { namespace, name },
          involvedObject: { apiVersion, kind, namespace, name: 'nightly' },
          ...{ type: 'Normal', reason: 'Told', message: name, firstTimestamp: time, lastTimestamp: time, count: 1 },
        },
        ...['create', '-f', '-'],
      )
    }
    await write('b', 1)
    await write('c', 3)
    await write('a', 2)
    const args = ['events', '--watch', '-n', namespace]
    const watch = startRollbook(args, { cwd, env: { KUBECONFIG: plane.kubeconfig } })
    t.teardown(() => killProcesses(cwd, { spareServer: false }))
    const told = () => [...watch.stdout().matchAll(/ Told: (.*)$/gm)].map(([, message]) => message)
    await until(() => told().length === 3, 'what is there')
    await write('0', 4)
    await until(() => told().length > 3, 'what happens')
    process.kill(watch.pid, 'SIGINT')
    t.match(await watch.ended, { code: 0, stderr: '' })
    t.strictSame(told(), ['b', 'a', 'c', '0'])
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
