// Jobs of a cluster without machines, as child processes: what a container finds, how it ends, and what is left of it.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CONFIG_MAPS, JOBS, PODS, SECRETS } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import { hostGuard } from '../../src/lib/hosts.ts'
import { startLocalMode } from '../../src/local/local-mode.ts'
import { rememberProcess } from '../../src/local/orphans.ts'
import { isAlive, readIdentity } from '../../src/local/process-identity.ts'
import { IMPORTS, importJob, linesInto, stored } from '../helpers/controllers.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { isDone, isRunning, jobWhen, nodePlace, podWhen, scriptJob } from '../helpers/local-node.ts'
import { needProc } from '../helpers/needs.ts'
import { PlayedClock } from '../helpers/played-clock.ts'
import { processesOf } from '../helpers/processes.ts'
import { until } from '../helpers/until.ts'

const SAY = `require('node:fs').writeFileSync(process.env.ROLLBOOK_TERMINATION_LOG, 'the result'); console.log('a line')`
const STAY = 'setInterval(() => {}, 1000)'

t.test('a container that ends well: Job, Pod, message and log say so', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('good', SAY))
  const job = await jobWhen(place, 'good', isDone)
  t.match(job.status, { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] })
  t.ok(job.status?.completionTime)
  const { items } = await place.cluster.list(PODS)
  t.equal(items.length, 1)
  const pod = items[0]
  t.match(pod?.metadata.labels, { of: 'good', 'job-name': 'good' })
  t.match(pod?.status, {
    phase: 'Succeeded',
    containerStatuses: [
      { name: 'worker', state: { terminated: { exitCode: 0, reason: 'Completed', message: 'the result' } } },
    ],
  })
  const log = await place.cluster.podLog({ namespace: 'team', name: 'good-0' }, { limitBytes: 100 })
  t.equal(log?.toString(), 'a line\n')
  t.strictSame(readdirSync(place.directory), [], 'the folder of the run is gone')
})

t.test('a container that fails: its exit code, and the end of its log for want of a message', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  const container = { terminationMessagePolicy: 'FallbackToLogsOnError' } as const
  const script = `process.stderr.write('x'.repeat(5000) + ' why'); process.exitCode = 10`
  await place.cluster.create(JOBS, scriptJob('bad', script, { container }))
  const job = await jobWhen(place, 'bad', isDone)
  t.match(job.status, { failed: 1, conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] })
  const pod = await podWhen(place, 'bad', () => true)
  const terminated = pod.status?.containerStatuses?.[0]?.state?.terminated
  t.match(terminated, { exitCode: 10, reason: 'Error' })
  t.equal(terminated?.message?.length, 2048)
  t.match(terminated?.message, / why$/)
})

t.test('a message is cut where a kubelet cuts it', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  const script = `require('node:fs').writeFileSync(process.env.ROLLBOOK_TERMINATION_LOG, 'm'.repeat(9999))`
  await place.cluster.create(JOBS, scriptJob('long', script))
  await jobWhen(place, 'long', isDone)
  const pod = await podWhen(place, 'long', () => true)
  t.equal(pod.status?.containerStatuses?.[0]?.state?.terminated?.message?.length, 4096)
})

t.test(
  'G1 Secrets and ConfigMaps are private files that go with the run; nothing else of this machine is seen',
  async t => {
    const place = await nodePlace(t, {
      ambient: { PATH: process.env['PATH'], ROLLBOOK_SECRET_DIR: '/x', TOKEN: 'mine' },
    })
    await place.node.start()
    const metadata = { namespace: 'team', name: 'git' }
    await place.cluster.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      stringData: { password: 'p4ss' },
    })
    const data = { 'registry.json': '{}' }
    await place.cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    const script = `
    const { readFileSync, statSync } = require('node:fs')
    const { ROLLBOOK_SECRET_DIR: secrets, ROLLBOOK_CONFIG_DIR: maps, HOME, TMPDIR, EXTRA } = process.env
    const mode = path => (statSync(path).mode & 0o777).toString(8)
    console.log(JSON.stringify({
      secret: readFileSync(secrets + '/git/password', 'utf8'), mode: mode(secrets + '/git/password'),
      folder: mode(HOME + '/..'), map: readFileSync(maps + '/git/registry.json', 'utf8'),
      same: EXTRA === secrets + '/git', argument: process.argv[1], cwd: process.cwd() === TMPDIR,
      names: Object.keys(process.env).filter(name => !name.startsWith('ROLLBOOK_')).sort(),
    }))`
    const job = scriptJob('reader', script, {
      env: { EXTRA: '/etc/rollbook/secrets/git' },
      volumes: [
        { name: 'a', secret: { secretName: 'git' }, mountPath: '/etc/rollbook/secrets/git' },
        { name: 'b', configMap: { name: 'git' }, mountPath: '/etc/rollbook/configmaps/git' },
        { name: 'c', secret: { secretName: 'none', optional: true }, mountPath: '/etc/rollbook/secrets/none' },
        { name: 'd', emptyDir: {}, mountPath: '/tmp' },
      ],
      container: { args: [script, '--', '--out=/etc/rollbook/secrets/git'] },
    })
    await place.cluster.create(JOBS, job)
    await jobWhen(place, 'reader', isDone)
    const log = await place.cluster.podLog({ namespace: 'team', name: 'reader-0' }, { limitBytes: 9999 })
    const { argument, ...seen } = JSON.parse(String(log))
    t.match(argument, new RegExp(`^--out=${place.directory}/.+/root/etc/rollbook/secrets/git$`))
    t.strictSame(seen, {
      secret: 'p4ss',
      mode: '600',
      folder: '700',
      map: '{}',
      same: true,
      cwd: true,
      names: ['EXTRA', 'HOME', 'PATH', 'TMPDIR'],
    })
    t.strictSame(readdirSync(place.directory), [])
  },
)

t.test('git credentials of the user: then the worker sees the whole environment, but no setting', async t => {
  const ambient = { PATH: process.env['PATH'], HOME: '/home/me', SSH_AUTH_SOCK: '/run/agent', ROLLBOOK_QUIET: 'true' }
  const place = await nodePlace(t, { useGitCredentials: true, ambient })
  await place.node.start()
  const script = `const { HOME, SSH_AUTH_SOCK, ROLLBOOK_QUIET, ROLLBOOK_USE_GIT_CREDENTIALS } = process.env
    console.log(HOME, SSH_AUTH_SOCK, ROLLBOOK_QUIET, ROLLBOOK_USE_GIT_CREDENTIALS)`
  await place.cluster.create(JOBS, scriptJob('mine', script))
  await jobWhen(place, 'mine', isDone)
  const log = await place.cluster.podLog({ namespace: 'team', name: 'mine-0' }, { limitBytes: 999 })
  t.equal(String(log), '/home/me /run/agent undefined true\n')
})

t.test('D7 deleting the Job ends the container and all that it started, by force after its grace', async t => {
  if (!needProc(t)) return
  const place = await nodePlace(t)
  await place.node.start()
  const script = `process.on('SIGTERM', () => console.log('asked'))
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STAY)}], { detached: true })
    ${STAY}
    console.log('up')`
  await place.cluster.create(JOBS, scriptJob('stuck', script, { pod: { terminationGracePeriodSeconds: 1 } }))
  const name = { namespace: 'team', name: 'stuck-0' }
  const log = async () => String(await place.cluster.podLog(name, { limitBytes: 99 }))
  await podWhen(place, 'stuck', isRunning)
  for await (const piece of place.cluster.followPodLog(name, new AbortController().signal)) {
    if (String(piece).includes('up')) break
  }
  t.equal(processesOf(place.directory).length, 2)
  let said = ''
  const watching = (async () => {
    for await (const piece of place.cluster.followPodLog(name, new AbortController().signal)) said += piece
  })()
  await place.cluster.delete(JOBS, { namespace: 'team', name: 'stuck' }, { propagation: 'Foreground' })
  t.ok(await place.cluster.get(JOBS, { namespace: 'team', name: 'stuck' }), 'the Job stays until its Pod is gone')
  await watching
  await until(() => processesOf(place.directory).length === 0, 'the end of its processes')
  t.equal(said, 'up\nasked\n')
  let left: unknown = 'job'
  await until(() => {
    void place.cluster.get(JOBS, { namespace: 'team', name: 'stuck' }).then(job => {
      left = job
    })
    return left === undefined
  }, 'the end of the Job')
  t.equal((await place.cluster.list(PODS)).items.length, 0)
  t.equal(await log(), 'undefined')
})

t.test('D14 the deadline of the Pod ends it with that reason', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('slow', STAY, { pod: { activeDeadlineSeconds: 1 } }))
  await jobWhen(place, 'slow', isDone)
  const pod = await podWhen(place, 'slow', () => true)
  t.match(pod.status, {
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    containerStatuses: [{ state: { terminated: { exitCode: 143, signal: 15 } } }],
  })
})

t.test('a container that somebody kills: exit code 137, and no claim that memory was short', async t => {
  if (!needProc(t)) return
  const place = await nodePlace(t)
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('killed', STAY))
  await podWhen(place, 'killed', isRunning)
  await until(() => processesOf(place.directory).length === 1, 'its process')
  for (const { pid } of processesOf(place.directory)) process.kill(pid, 'SIGKILL')
  await jobWhen(place, 'killed', isDone)
  const pod = await podWhen(place, 'killed', () => true)
  t.match(pod.status?.containerStatuses?.[0]?.state?.terminated, { exitCode: 137, signal: 9, reason: 'Error' })
})

t.test('D3 a full heap is reported as OOMKilled', async t => {
  const place = await nodePlace(t, { program: [process.execPath, '--max-old-space-size=20', '-e'] })
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('large', 'const all = []; for (;;) all.push(new Array(1e5).fill({}))'))
  await jobWhen(place, 'large', isDone)
  const pod = await podWhen(place, 'large', () => true)
  t.match(pod.status?.containerStatuses?.[0]?.state?.terminated, { exitCode: 134, reason: 'OOMKilled' })
})

t.test('a program that is not there fails the Pod with the reason', async t => {
  const place = await nodePlace(t, { program: ['/nonexistent/rollbook'] })
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('none', SAY))
  await jobWhen(place, 'none', isDone)
  const pod = await podWhen(place, 'none', () => true)
  t.match(pod.status?.containerStatuses?.[0]?.state?.terminated, {
    exitCode: 128,
    message: /could not be started: .*ENOENT/,
  })
})

t.test(
  'D1 Pods that ran when their process was killed are lost, their children ended, their folders removed',
  async t => {
    if (!needProc(t)) return
    const place = await nodePlace(t)
    // As a killed process leaves them: a Pod that runs, a child in a folder with a Secret.
    const uid = 'a-run'
    const folder = join(place.directory, uid)
    mkdirSync(join(folder, 'root'), { recursive: true })
    writeFileSync(join(folder, 'root/password'), 'p4ss')
    const orphan = spawn(process.execPath, ['-e', STAY], { detached: true, stdio: 'ignore' })
    t.teardown(() => orphan.kill('SIGKILL'))
    await rememberProcess(folder, orphan.pid ?? 0)
    const job = await place.cluster.create(JOBS, scriptJob('before', STAY))
    const { name, namespace, uid: owner = '' } = job.metadata
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: owner, controller: true }]
    await place.cluster.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'before-0', namespace, labels: { 'job-name': name }, ownerReferences },
      spec: { ...job.spec.template.spec, nodeName: 'local' },
    })
    const manager = 'before'
    const at = (object: string) => ({ namespace, name: object })
    await place.cluster.applyStatus(PODS, { metadata: at('before-0'), status: { phase: 'Running' } }, { manager })
    const startTime = new Date().toISOString()
    await place.cluster.applyStatus(JOBS, { metadata: at(name), status: { startTime, active: 1 } }, { manager })

    await place.node.start()
    t.match((await jobWhen(place, name, isDone)).status, { conditions: [{ type: 'Failed' }] })
    const pod = await podWhen(place, name, () => true)
    t.match(pod.status, { phase: 'Failed', reason: 'RollbookKilled' })
    t.equal(pod.status?.containerStatuses, undefined, 'nobody knows an exit code')
    await until(() => orphan.signalCode === 'SIGKILL', 'the end of the orphan')
    t.notOk(existsSync(folder))
  },
)

t.test('a Pod that waited when its process was killed is simply run', async t => {
  const place = await nodePlace(t, { concurrency: 1 })
  await place.cluster.create(JOBS, scriptJob('first', SAY))
  const first = place.another()
  await first.start()
  await jobWhen(place, 'first', isDone)
  await first.stop()
  await place.cluster.create(JOBS, scriptJob('second', SAY))
  await place.node.start()
  t.match((await jobWhen(place, 'second', isDone)).status, { succeeded: 1 })
})

t.test('a Job whose Pod somebody deleted has failed', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('robbed', STAY))
  await podWhen(place, 'robbed', isRunning)
  await place.cluster.delete(PODS, { namespace: 'team', name: 'robbed-0' })
  t.match((await jobWhen(place, 'robbed', isDone)).status, { conditions: [{ type: 'Failed' }] })
})

t.test('stopping asks every container to end, and their Pods tell how they did', async t => {
  const place = await nodePlace(t)
  await place.node.start()
  await place.cluster.create(JOBS, scriptJob('one', STAY))
  await podWhen(place, 'one', isRunning)
  await place.node.stop()
  const { items } = await place.cluster.list(JOBS)
  t.match(items[0]?.status, { conditions: [{ type: 'Failed' }] })
  const pod = await podWhen(place, 'one', () => true)
  t.match(pod.status, {
    phase: 'Failed',
    reason: 'RollbookStopped',
    containerStatuses: [{ state: { terminated: { exitCode: 143 } } }],
  })
})

t.test('B2 a Secret that is missing is waited for', async t => {
  const looked: (() => void)[] = []
  const clock = { ...machineClock(undefined), sleep: () => new Promise<void>(resolve => looked.push(resolve)) }
  const place = await nodePlace(t, { clock })
  await place.node.start()
  const volumes = [{ name: 'a', secret: { secretName: 'late' }, mountPath: '/etc/rollbook/secrets/late' }]
  await place.cluster.create(JOBS, scriptJob('waits', SAY, { volumes }))
  const waiting = await podWhen(place, 'waits', pod => pod.status?.containerStatuses !== undefined)
  t.match(waiting.status, {
    phase: 'Pending',
    containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating', message: 'Secret late does not exist' } } }],
  })
  const metadata = { namespace: 'team', name: 'late' }
  await place.cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { a: 'b' } })
  await until(() => looked.length === 1, 'its next look')
  looked[0]?.()
  t.match((await jobWhen(place, 'waits', isDone)).status, { succeeded: 1 })
})

t.test('never more at a time than the limit says', async t => {
  const place = await nodePlace(t, { concurrency: 2 })
  const marks = await temporaryDirectory(t)
  await place.node.start()
  // Each counts those that are at work beside it.
  const script = `const fs = require('node:fs')
    fs.writeFileSync(${JSON.stringify(marks)} + '/' + process.pid, '')
    console.log(fs.readdirSync(${JSON.stringify(marks)}).length)
    setTimeout(() => fs.rmSync(${JSON.stringify(marks)} + '/' + process.pid), 20)`
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) await place.cluster.create(JOBS, scriptJob(name, script))
  for (const name of names) {
    await jobWhen(place, name, isDone)
    const log = await place.cluster.podLog({ namespace: 'team', name: `${name}-0` }, { limitBytes: 9 })
    t.ok(Number(log) <= 2, String(log))
  }
})

t.test('an identity that is torn is nobody', async t => {
  t.equal(readIdentity('{"pid":1'), undefined)
  t.equal(readIdentity('{"pid":"1"}'), undefined)
  t.notOk(await isAlive({ pid: 2 ** 30, started: 'never' }))
})

t.test('a Secret that was missing is seen when it is made, while time stands', async t => {
  const clock = new PlayedClock()
  const { cluster } = await nodePlace(t)
  const mode = await startLocalMode({
    cluster,
    clock,
    directory: join(await temporaryDirectory(t), 'runs'),
    secrets: undefined,
    concurrency: 1,
    guard: policy => hostGuard(policy, async () => []),
    git: () => Promise.reject(new Error('this test has no git')),
    log: linesInto([]),
    program: [process.execPath],
    ambient: {},
    useGitCredentials: false,
    gitEngine: 'auto',
  })
  t.teardown(() => mode.stop(new AbortController().signal))
  const git = { repository: 'https://git.example.com/source.git', authSecret: { name: 'git' } }
  await cluster.create(IMPORTS, importJob('one', { source: { type: 'git', git } }))
  const reason = async () => (await stored(cluster, IMPORTS, 'one')).status?.conditions?.[0]?.reason
  await clock.advance(0)
  t.equal(await reason(), 'SecretNotFound')
  const metadata = { namespace: 'team', name: 'git' }
  await cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data: { other: 'eA==' } })
  await clock.advance(0)
  t.equal(await reason(), 'SecretInvalid')
})
