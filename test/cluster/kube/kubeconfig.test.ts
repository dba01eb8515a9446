// Kubeconfig files as kubectl reads them, and which credentials go where.
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { kubeCluster } from '../../../src/cluster/kube/cluster.ts'
import { kubeConnection } from '../../../src/cluster/kube/connection.ts'
import { type KubeconfigOptions, loadKubeconfig } from '../../../src/cluster/kube/kubeconfig.ts'
import { CONFIG_MAPS } from '../../../src/cluster/types.ts'
import { machineClock } from '../../../src/commands/machine.ts'
import { Failure } from '../../../src/lib/failure.ts'
import { refused } from '../../contracts/cluster-site.ts'
import { inTurn, reply, status, type WebServerOptions, webServer } from '../../helpers/http-server.ts'
import { kubeconfigAt, kubeconfigFor } from '../../helpers/kube-server.ts'

const PATH = '/api/v1/namespaces/team/configmaps/one'
const ONE = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'one', namespace: 'team' } })
const name = { namespace: 'team', name: 'one' }

interface Site {
  readonly user?: object
  readonly cluster?: object
  readonly server?: WebServerOptions
  readonly options?: Partial<KubeconfigOptions>
}

/** Headers of a request with this user, at a server with TLS unless the site says otherwise. */
async function headersSent(t: Test, site: Site) {
  const server = await webServer(t, { [PATH]: reply(ONE) }, site.server ?? { tls: true })
  const authority = server.ca === '' ? {} : { 'certificate-authority-data': Buffer.from(server.ca).toString('base64') }
  const text = kubeconfigFor(server.url, site.user, { ...authority, ...site.cluster })
  const connection = kubeConnection({ files: [await kubeconfigAt(t, text)], plugins: false, ...site.options })
  t.teardown(() => connection.close())
  await kubeCluster({ connection, clock: machineClock(undefined) }).get(CONFIG_MAPS, name)
  return server.requests[0]?.headers ?? {}
}

function unreadable(t: Test, options: Partial<KubeconfigOptions>, message: RegExp): void {
  try {
    loadKubeconfig({ plugins: false, ...options })
    t.fail(`expected ${message}`)
  } catch (error) {
    t.ok(error instanceof Failure && error.reason === 'InputUnreadable', String(error))
    t.match((error as Error).message, message)
  }
}

t.test('the first file to name something wins, files that are not there are passed over', async t => {
  const first = await kubeconfigAt(t, kubeconfigFor('https://one.example:6443', { token: 'a' }))
  const second = JSON.parse(kubeconfigFor('https://two.example', { token: 'b' }))
  second.contexts.push({ name: 'other', context: { cluster: 'other', user: 'test' } })
  second.clusters.push({ name: 'other', cluster: { server: 'https://other.example' } })
  const files = ['/nonexistent/config', first, await kubeconfigAt(t, JSON.stringify(second)), '']
  const connection = kubeConnection({ files, plugins: false })
  t.match(connection, { context: 'test', namespace: 'team' })
  t.equal(connection.server.href, 'https://one.example:6443/')
  const other = kubeConnection({ files, context: 'other', plugins: false })
  t.match(other, { context: 'other', namespace: 'default' })
  t.equal(other.server.href, 'https://other.example/')
})

t.test('what is wrong with a kubeconfig is said in one sentence', async t => {
  const at = async (text: string) => ({ files: [await kubeconfigAt(t, text)] })
  unreadable(t, { files: ['/nonexistent/config'] }, /no kubeconfig at \/nonexistent\/config, and this is no Pod/)
  unreadable(t, await at('a: [1'), /config can not be read: /)
  unreadable(t, await at('just text'), /config is no kubeconfig/)
  unreadable(t, await at('kind: Config'), /has no current context/)
  const good = kubeconfigFor('https://one.example')
  unreadable(t, { ...(await at(good)), context: 'prod' }, /has no context "prod"/)
  unreadable(t, await at(good.replace('"cluster":"test"', '"cluster":"gone"')), /names a cluster that is not there/)
  unreadable(t, await at(good.replace('"user":"test"', '"user":"gone"')), /names a user that is not there/)
  unreadable(t, await at(kubeconfigFor('one.example:6443 ')), /the server of cluster "test" is no https address/)
  unreadable(t, await at(kubeconfigFor('')), /clusters\[0\].cluster.server is missing/)
})

t.test('a token, a user with a password, and impersonation', async t => {
  t.match(await headersSent(t, { user: { token: 'abc' } }), { authorization: 'Bearer abc' })
  const basic = await headersSent(t, { user: { username: 'u', password: 'p' } })
  t.equal(basic.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`)
  const as = await headersSent(t, { user: { token: 'abc', as: 'jo', 'as-groups': ['a', 'b'], 'as-uid': '7' } })
  t.match(as, { 'impersonate-user': 'jo', 'impersonate-group': 'a, b', 'impersonate-uid': '7' })
})

t.test('nothing secret goes over plain http', async t => {
  const headers = await headersSent(t, { user: { token: 'abc', as: 'jo' }, server: {} })
  t.equal(headers.authorization, undefined)
  t.equal(headers['impersonate-user'], undefined)
})

t.test('a certificate is checked unless the kubeconfig says not to', async t => {
  const wrong = { 'certificate-authority-data': '' }
  const message = await refused(t, headersSent(t, { user: { token: 'abc' }, cluster: wrong }), 'Unavailable')
  t.match(
    message,
    /the certificate of 127\.0\.0\.1:\d+ is not trusted .*: check the certificate authority in the kubec/,
  )
  const skip = { ...wrong, 'insecure-skip-tls-verify': true }
  t.match(await headersSent(t, { user: { token: 'abc' }, cluster: skip }), { authorization: 'Bearer abc' })
})

t.test('paths are relative to their file, and a token file is read anew after a 401', async t => {
  const server = await webServer(t, { [PATH]: inTurn(reply(ONE), status(401), reply(ONE), status(401)) }, { tls: true })
  const config = await kubeconfigAt(
    t,
    kubeconfigFor(server.url, { tokenFile: 'secret/token' }, { 'certificate-authority': 'ca.crt' }),
  )
  await mkdir(join(dirname(config), 'secret'))
  const token = join(dirname(config), 'secret/token')
  await writeFile(token, 'first\n')
  await writeFile(join(dirname(config), 'ca.crt'), server.ca)
  const connection = kubeConnection({ files: [config], plugins: false })
  t.teardown(() => connection.close())
  const cluster = kubeCluster({ connection, clock: machineClock(undefined) })
  await cluster.get(CONFIG_MAPS, name)
  await writeFile(token, 'second\n')
  t.match(await cluster.get(CONFIG_MAPS, name), { metadata: { name: 'one' } })
  const tokens = () => server.requests.map(request => request.headers.authorization)
  t.strictSame(tokens(), ['Bearer first', 'Bearer first', 'Bearer second'])
  await refused(t, cluster.get(CONFIG_MAPS, name), 'Unauthorized')
  t.equal(tokens().length, 5, 'once')
})

t.test('a plugin gives credentials where plugins are allowed, and its errors are told', async t => {
  const plugin = `#!/bin/sh
case $KUBERNETES_EXEC_INFO in *'"apiVersion":"client.authentication.k8s.io/v1"'*) ;; *) exit 7 ;; esac
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"of-plugin"}}'
`
  const path = join(dirname(await kubeconfigAt(t, '')), 'plugin')
  await writeFile(path, plugin)
  await chmod(path, 0o755)
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: path, interactiveMode: 'Never' }
  t.match(await headersSent(t, { user: { exec }, options: { plugins: true } }), { authorization: 'Bearer of-plugin' })
  await writeFile(path, '#!/bin/sh\necho "log in first" >&2; exit 1\n')
  const message = await refused(t, headersSent(t, { user: { exec }, options: { plugins: true } }), 'Unauthorized')
  t.equal(message, 'context "test" gives no credentials: log in first')
})

t.test('CVE-2022-24817 where plugins are not allowed none is started', async t => {
  const users = [
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: ['pwned'] } },
    { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'touch', 'cmd-args': 'pwned' } } },
  ]
  for (const user of users) {
    const files = [await kubeconfigAt(t, kubeconfigFor('https://one.example', user))]
    unreadable(
      t,
      { files },
      /user "test" gets credentials from a program \((exec|auth-provider)\), which is not started here/,
    )
    t.ok(loadKubeconfig({ files, plugins: true }))
  }
})
