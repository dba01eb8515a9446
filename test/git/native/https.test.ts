// The native engine over https: what every engine does there, and what only a program can do: processes, files, proxies.
import { readdir, readFile, stat } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { nativeEngine } from '../../../src/git/native/engine.ts'
import { Failure } from '../../../src/lib/failure.ts'
import { gitHttpsContract, password, served } from '../../contracts/git-https.ts'
import { fails } from '../../helpers/fails.ts'
import { bareRepository, temporaryDirectory } from '../../helpers/git-repository.ts'
import { processLines } from '../../helpers/processes.ts'

const engine = nativeEngine({ ambient: process.env, allowFile: false, allowHttp: true })
const withoutHttp = nativeEngine({ ambient: process.env, allowFile: false, allowHttp: false })
const limited = nativeEngine({
  ambient: process.env,
  allowFile: false,
  allowHttp: false,
  maxFetchBytes: 100_000,
  maxHistoryBytes: 100_000,
})

gitHttpsContract(t, { engine, withoutHttp, limited })

t.test('file URLs are for local mode', async t => {
  const repository = await bareRepository(t, { 'a.json': '1' })
  await fails(t, withoutHttp.probe({ url: repository.url }, { branch: 'main' }, signal()), { reason: 'HostDenied' })
})

t.test('E3 a proxy that is not there', async t => {
  for (const [text, failureClass] of [
    [encodeURIComponent(password), 'transient'],
    [password, 'definite'],
  ] as const) {
    const ambient = { PATH: process.env['PATH'], https_proxy: `http://user:${text}@127.0.0.1:9` }
    const behind = nativeEngine({ allowFile: false, allowHttp: false, ambient })
    const probing = behind.probe({ url: 'https://git.example/r.git' }, { branch: 'main' }, signal())
    const failure = await fails(t, probing, { reason: 'NetworkFailed', class: failureClass })
    t.notMatch(failure.message, /s3cr3t/)
  }
})

t.test('GitMissing when there is no git', async t => {
  const without = nativeEngine({
    allowFile: false,
    allowHttp: false,
    ambient: { PATH: await temporaryDirectory(t) },
  })
  const failure = await fails(t, without.probe({ url: 'https://git.example/r.git' }, { branch: 'main' }, signal()), {
    reason: 'GitMissing',
    class: 'definite',
  })
  t.match(failure.hint, /install git/)
})

t.test(
  'a server that stalls ends at the deadline; secrets are in no argument list and in private files only',
  async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    let arrived: () => void = () => {}
    const waiting = new Promise<void>(resolve => {
      arrived = resolve
    })
    const { remote, server } = await served(t, repository, {
      intercept: request => {
        if (request.method === 'POST') arrived()
        return request.method === 'POST'
      },
    })
    const directory = await temporaryDirectory(t)
    const deadline = new AbortController()
    const store = await engine.open(remote, directory, deadline.signal)
    const fetching = store.fetch({ branch: 'main' })
    await Promise.race([waiting, fetching])

    const lines = processLines()
    t.ok(
      lines.some(line => line.includes(server.host)),
      'git is at it',
    )
    const forms = [password, encodeURIComponent(password), Buffer.from(`bot:${password}`).toString('base64')]
    for (const form of forms)
      t.notOk(
        lines.some(line => line.includes(form)),
        'no secret in an argument list',
      )
    await t.resolves(noSecretsIn(t, directory, forms))

    deadline.abort(new Failure('DeadlineExceeded', 'transient', 'the run took too long'))
    await fails(t, fetching, { reason: 'DeadlineExceeded', class: 'transient' })
    t.notOk(
      processLines().some(line => line.includes(server.host)),
      'and nothing of it is left',
    )
  },
)

/** A file may hold a secret only when nobody else can read it. */
async function noSecretsIn(t: Test, directory: string, secrets: readonly string[]): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = `${entry.parentPath}/${entry.name}`
    if (!entry.isFile()) continue
    const content = await readFile(path, 'latin1').catch(() => '')
    if (secrets.some(secret => content.includes(secret))) t.equal((await stat(path)).mode & 0o77, 0, path)
  }
}

function signal(): AbortSignal {
  return new AbortController().signal
}
