// Watching a real API server that is not well: nothing is lost, one object that can't be read costs no other, and however
// long it lasts there is no storm of requests.
import t from 'tap'
import type { SeenRequest } from '../../src/cluster/kube/transport.ts'
import { Reflector } from '../../src/cluster/reflector.ts'
import { CONFIG_MAPS } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import { configMap, eventually } from '../contracts/cluster-site.ts'
import { clusterAt, namespaceFor, needApiServer, needOwnApiServer } from '../helpers/control-plane.ts'
import { faultProxy } from '../helpers/fault-proxy.ts'
import { type Answer, reply, status, stopInTheMiddle } from '../helpers/http-server.ts'
import { steppedClock } from '../helpers/stepped-clock.ts'
import { until } from '../helpers/until.ts'

const EXPIRED = JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })

const beginAndWait: Answer = (_request, response) => {
  response.writeHead(200)
  response.flushHeaders()
}

const beginAndCut: Answer = (_request, response) => {
  response.writeHead(200)
  response.write('{"type":"MODI', () => response.socket?.destroy())
}

/** What happens to watches, or to everything, for five minutes. */
const FAULTS: Readonly<Record<string, (verb: string) => Answer | undefined>> = {
  'every watch is closed at once': verb => (verb === 'watch' ? reply('') : undefined),
  'every watch is answered 410': verb => (verb === 'watch' ? status(410, {}, EXPIRED) : undefined),
  'every watch tells of 410': verb => (verb === 'watch' ? reply(`{"type":"ERROR","object":${EXPIRED}}\n`) : undefined),
  'every watch is answered 500': verb => (verb === 'watch' ? status(500) : undefined),
  'every watch is cut in an event': verb => (verb === 'watch' ? beginAndCut : undefined),
  'every watch is silent': verb => (verb === 'watch' ? beginAndWait : undefined),
  'everything is answered 429, come back in 5 s': () => status(429, { 'retry-after': '5' }),
  'everything is answered 429, come back in 60 s': () => status(429, { 'retry-after': '60' }),
  'everything is answered 503': () => status(503),
  'everything stops in the middle': () => stopInTheMiddle(),
}

const plane = needApiServer(t)

if (plane) {
  for (const [name, fault] of Object.entries(FAULTS)) {
    t.test(`${name} for five minutes`, async t => {
      const namespace = await namespaceFor(t, plane)
      const direct = clusterAt(t, plane.kubeconfig)
      const proxy = await faultProxy(t, plane.kubeconfig)
      const clock = steppedClock()
      const limits = { watchSeconds: [0, 0], idleSeconds: 0.05 } as const
      const begun: string[] = []
      const request = ({ verb, code }: SeenRequest) => {
        if (verb === 'watch' && code === '200') begun.push(code)
      }
      const healthy = clusterAt(t, proxy.kubeconfig, { clock, observer: { request } })
      const cluster = clusterAt(t, proxy.kubeconfig, { clock, limits, deadline: 50 })
      const reflector = new Reflector({
        // Silence is found out quickly, but only where there is any.
        cluster: { list: (...of) => using().list(...of), watch: (...of) => using().watch(...of) },
        type: CONFIG_MAPS,
        selection: { namespace, labelSelector: 'test' },
        clock,
        onError: () => undefined,
      })
      let ill = false
      const using = () => (ill ? cluster : healthy)
      const stop = new AbortController()
      const running = reflector.start(stop.signal)
      t.teardown(async () => {
        stop.abort()
        await running
      })
      const make = (name: string) =>
        direct.create(CONFIG_MAPS, configMap({ namespace, cluster: direct }, name, { labels: { test: '' } }))
      await make('before')
      await make('deleted')
      await until(() => reflector.list().length === 2 && begun.length > 0, 'what was there before, and a watch')

      proxy.fault = fault
      ill = true
      proxy.cutWatches()
      const begin = clock.elapsed()
      const asked = proxy.asked.length
      await make('meanwhile')
      await direct.delete(CONFIG_MAPS, { namespace, name: 'deleted' })
      await until(() => clock.elapsed() - begin > 300_000, 'five minutes')
      // The clock runs ahead of who looks at it.
      const fiveMinutes = (clock.elapsed() - begin) / 300_000
      const requests = (proxy.asked.length - asked) / fiveMinutes
      proxy.fault = () => undefined
      ill = false

      t.ok(requests >= 4 && requests <= 70, `${requests.toFixed(1)} requests in five minutes`)
      await make('after')
      const names = () => reflector.list().map(({ metadata }) => metadata.name)
      await until(() => names().sort().join() === 'after,before,meanwhile', 'everything that changed')
      t.pass('nothing is lost')
    })
  }

  t.test('bookmarks come, and the server ends the watch by itself', async t => {
    const namespace = await namespaceFor(t, plane)
    // The server sends one a little before the end of a watch, if there is anything new, and about every minute.
    const cluster = clusterAt(t, plane.kubeconfig, { limits: { watchSeconds: [5, 5] } })
    const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace })
    const bookmarks: string[] = []
    for (let watches = 0; bookmarks.length === 0 && watches < 24; watches++) {
      const signal = new AbortController().signal
      for await (const event of cluster.watch(CONFIG_MAPS, { namespace, resourceVersion, signal })) {
        if (event.type === 'BOOKMARK') bookmarks.push(event.resourceVersion)
      }
    }
    t.match(bookmarks[0], /^\d+$/)
  })

  t.test('lists of a real server come in pages', async t => {
    const namespace = await namespaceFor(t, plane)
    const pages: string[] = []
    const observer = { request: ({ verb }: { readonly verb: string }) => void pages.push(verb) }
    const cluster = clusterAt(t, plane.kubeconfig, { observer, limits: { page: 3 } })
    for (let n = 0; n < 8; n++) {
      await cluster.create(CONFIG_MAPS, configMap({ namespace, cluster }, `one-${n}`, { labels: { test: '' } }))
    }
    pages.length = 0
    const { items } = await cluster.list(CONFIG_MAPS, { namespace, labelSelector: 'test' })
    t.strictSame(
      items.map(({ metadata }) => metadata.name),
      Array.from({ length: 8 }, (_, n) => `one-${n}`),
    )
    t.ok(pages.length >= 3, `${pages.length} pages`)
  })
}

t.test('the API server is killed and comes back', async t => {
  const plane = needOwnApiServer(t)
  if (!plane) return
  const namespace = await namespaceFor(t, plane)
  const seen: string[] = []
  const observer = {
    request: ({ verb, code }: { readonly verb: string; readonly code: string }) => void seen.push(`${verb} ${code}`),
  }
  // The shortest waits: a second after each failure.
  const clock = { ...machineClock(undefined), random: () => 0 }
  const cluster = clusterAt(t, plane.kubeconfig, { observer, clock })
  const reflector = new Reflector({
    cluster,
    type: CONFIG_MAPS,
    selection: { namespace },
    clock,
    onError: () => undefined,
  })
  const stop = new AbortController()
  const running = reflector.start(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
  })
  const make = (name: string) => cluster.create(CONFIG_MAPS, configMap({ namespace, cluster }, name))
  await make('before')
  await until(() => reflector.get(`${namespace}/before`) !== undefined, 'the first object')

  plane.kill()
  await until(() => seen.includes('watch error'), 'a watch to fail')
  const down = performance.now()
  plane.restart()
  await eventually(
    async () =>
      make('after').then(
        () => true,
        () => new Promise(resolve => setTimeout(resolve, 200, false)),
      ),
    'the API server to come back',
  )
  await until(() => reflector.get(`${namespace}/after`) !== undefined, 'what was made after the restart')
  const seconds = (performance.now() - down) / 1000
  const tries = seen.filter(line => /^(list|watch) /.test(line)).length
  t.ok(tries <= 4 + seconds * 2, `${tries} lists and watches in ${Math.round(seconds)} s`)
  t.ok(reflector.get(`${namespace}/before`), 'what was there before is still there')
})
