// The options of `rollbook controller`, its metrics and its health, in this process.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { jsonLog } from '../../src/commands/json-log.ts'
import { serveHealth } from '../../src/controller/health-server.ts'
import { prometheusMetrics } from '../../src/controller/metrics.ts'
import { Failure } from '../../src/lib/failure.ts'
import { NO_COUNTS } from '../../src/resources/result.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'
import { startRollbook } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'

t.test('wrong options are refused together', async t => {
  const args = [
    '--concurrency',
    '0',
    '--listen',
    '8080',
    '--watch-namespaces',
    'team,Not_One',
    '--worker-memory',
    'much',
  ]
  const { code, stderr } = await program(['controller', ...args])
  t.equal(code, 2)
  const wanted = [/--image is missing/, /--concurrency takes/, /--listen takes/, /Not_One/, /--worker-memory takes/]
  for (const fault of wanted) t.match(stderr, fault)
})

t.test('a kubeconfig that is not there is named', async t => {
  const { code, stderr } = await program(['controller', '--image', 'a', '--kubeconfig', '/nonexistent/config'])
  t.equal(code, 10)
  t.match(JSON.parse(stderr), { level: 'error', reason: String, message: '/nonexistent/config' })
})

t.test('a controller that has no answer of its API server is not ready, but healthy; its log is JSON', async t => {
  const cwd = await temporaryDirectory(t)
  const named = { cluster: 'here', user: 'me' }
  const kubeconfig = {
    clusters: [{ name: 'here', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'all', context: named }],
    'current-context': 'all',
  }
  await writeFile(join(cwd, 'config'), JSON.stringify(kubeconfig))
  const args = ['controller', '--image', 'a', '--kubeconfig', 'config', '--listen', '127.0.0.1:0']
  const { pid, stderr, ended } = startRollbook(args, { cwd })
  t.teardown(() => ended)
  const port = () => /"port":(\d+)/.exec(stderr())?.[1]
  await until(() => port() !== undefined && stderr().includes('ECONNREFUSED'), 'the first refusal')
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port()}${path}`)
    return `${answer.status} ${(await answer.text()).trim()}`
  }
  t.equal(await ask('/readyz'), '503 the Lease could not be read yet')
  t.equal(await ask('/healthz'), '200 ok')
  process.kill(pid, 'SIGTERM')
  t.equal((await ended).code, 0)
  for (const line of stderr().trim().split('\n')) t.match(JSON.parse(line), { level: String, message: String })
})

t.test('the log of a controller ends with its failure', async t => {
  const pieces: string[] = []
  const stderr = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece.toString())
      done()
    },
  })
  const log = jsonLog({ terminal: { stderr }, options: { text: () => undefined } })
  log.end('the lease was lost', { reason: 'NetworkFailed', hint: 'start it again' })
  log.warn('a pass failed, and is made again')
  t.match(
    pieces.map(line => JSON.parse(line)),
    [{ level: 'error', message: 'the lease was lost', hint: 'start it again' }],
  )
  t.equal(pieces.length, 1)
})

t.test('metrics are named by their conventions, and hold no secret and no name but of resources', async t => {
  const resource = {
    kind: 'MCPRegistry',
    metadata: { namespace: 'team', name: 'catalog' },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      lastSuccessfulRun: { id: '1', outcome: 'Completed', completionTime: '2026-03-01T12:00:00Z' },
    },
  }
  const queue = { depth: 1, delayed: 2, longestRunning: 3, unfinishedWork: 4, adds: 5, retries: 6 }
  const leading = { figures: () => ({ queue, runs: { running: 7, queued: 8 } }), resources: () => [resource] as never }
  const metrics = prometheusMetrics('1.2.3', () => leading)
  const git = metrics.countedGit(async () => {
    throw new Failure('AuthenticationFailed', 'definite', 'https://user:canary-4f1c9a@git.example.com said no')
  })
  await t.rejects(
    git({ url: 'https://git.example.com/canary-4f1c9a' }, { branch: 'main' }, new AbortController().signal),
  )
  metrics.runEnded('MCPRegistry', {
    id: 'canary-4f1c9a',
    outcome: 'Completed',
    reason: 'EntriesWritten',
    startTime: '2026-03-01T12:00:00Z',
    completionTime: '2026-03-01T12:00:07Z',
    counts: { ...NO_COUNTS, total: 3, added: 2, unchanged: 1 },
  })
  metrics.passEnded('MCPRegistry', 0.1, 'done')
  metrics.probeEnded('git', 0.1, 'unchanged')
  metrics.apiRequest({ verb: 'get', resource: 'secrets', code: '200', seconds: 0.1 })
  const text = await metrics.text()
  for (const line of [
    'rollbook_build_info{version="1.2.3"} 1',
    'rollbook_leader 1',
    'rollbook_runs_total{kind="MCPRegistry",outcome="Completed",reason="EntriesWritten"} 1',
    'rollbook_run_duration_seconds_sum{kind="MCPRegistry",outcome="Completed"} 7',
    'rollbook_run_entries_total{kind="MCPRegistry",result="added"} 2',
    'rollbook_last_success_timestamp_seconds{kind="MCPRegistry",namespace="team",name="catalog"} 1772366400',
    'rollbook_resources{kind="MCPRegistry",ready="True"} 1',
    'rollbook_workqueue_depth 1',
    'rollbook_workqueue_longest_running_processor_seconds 3',
    'rollbook_workqueue_unfinished_work_seconds 4',
    'rollbook_workqueue_adds_total 5',
    'rollbook_workqueue_retries_total 6',
    'rollbook_runs_running 7',
    'rollbook_git_request_duration_seconds_count{result="AuthenticationFailed"} 1',
    'rollbook_api_request_duration_seconds_count{verb="get",resource="secrets",code="200"} 1',
    'rollbook_probe_duration_seconds_count{source="git",result="unchanged"} 1',
    'rollbook_reconcile_duration_seconds_count{kind="MCPRegistry",result="done"} 1',
  ])
    t.ok(text.includes(`\n${line}\n`) || text.startsWith(`${line}\n`), line)
  t.notMatch(text, /canary-4f1c9a/)
})

t.test('health and readiness say why not, and nothing else is served', async t => {
  let fault: string | undefined = 'the cluster is being read'
  const metrics = { contentType: 'text/plain', text: async () => 'a 1\n' }
  const answers = { unhealthy: () => undefined, unready: () => fault, metrics }
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, answers)
  t.teardown(() => server.close())
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
    return `${answer.status} ${(await answer.text()).trim()}`
  }
  t.equal(await ask('/healthz'), '200 ok')
  t.equal(await ask('/readyz'), '503 the cluster is being read')
  fault = undefined
  t.equal(await ask('/readyz'), '200 ok')
  t.equal(await ask('/metrics'), '200 a 1')
  t.match(await ask('/debug'), /^404/)
  t.match(await ask('/healthz', { method: 'POST' }), /^405/)
})
