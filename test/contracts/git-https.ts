// What every engine must do over https, seen from a server that a test can make do anything: the engine contract with
// credentials and an own authority, then what goes wrong on the way. Run once for each engine.
import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { GitCredentials, GitEngine, GitRemote } from '../../src/git/engine.ts'
import { selfSignedCertificate } from '../helpers/certificate.ts'
import { fails } from '../helpers/fails.ts'
import { basic, type GitServerOptions, gitHttpServer } from '../helpers/git-http-server.ts'
import { bareRepository, type TestRepository, temporaryDirectory } from '../helpers/git-repository.ts'

export interface GitHttpsSetup {
  /** Plain http is allowed. */
  readonly engine: GitEngine
  readonly withoutHttp: GitEngine
  /** A store may fetch 100,000 bytes of content and as much of history. */
  readonly limited: GitEngine
}

const certificate = selfSignedCertificate()
const person = { name: 'R', email: 'r@example.com', date: new Date() }
/** A password with everything that needs quoting somewhere. */
export const password = `s3cr3t/p@ss word+${process.pid}`
const credentials = { username: 'bot', password }
const authorization = basic('bot', password)

/** Declares the tests. */
export function gitHttpsContract(t: Test, setup: GitHttpsSetup): void {
  const { engine } = setup

  t.test('B1 wrong, missing and good credentials', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const { remote } = await served(t, repository)
    const wrong = await fails(
      t,
      probe({ ...remote, credentials: { ...credentials, password: 'wr0ng!', caCertificate: certificate.certificate } }),
      {
        reason: 'AuthenticationFailed',
        class: 'definite',
        message: /refused the credentials/,
        hint: /user name and password in the Secret/,
      },
    )
    t.notMatch(wrong.message, /wr0ng/)
    await fails(t, probe({ ...remote, credentials: { caCertificate: certificate.certificate } }), {
      reason: 'AuthenticationFailed',
      message: /none were given/,
      hint: /^name a Secret with keys username and password, or bearerToken, in authSecret/,
    })

    const bearer = await served(t, repository, { authorization: 'Bearer t0ken-123' }, { bearerToken: 't0ken-123' })
    t.match(await probe(bearer.remote), { commit: await repository.head() })
    await fails(t, probe({ ...bearer.remote, credentials: { ...bearer.remote.credentials, bearerToken: 'old' } }), {
      reason: 'AuthenticationFailed',
      class: 'definite',
      hint: /bearer token in the Secret/,
    })
    await fails(t, probe({ ...remote, credentials: { ...credentials, bearerToken: 'x' } }), {
      reason: 'SecretInvalid',
      class: 'definite',
    })
  })

  t.test('B5 credentials are not sent over plain http: refused before a connection', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const server = await gitHttpServer(t, repository)
    for (const given of [{ password: 'p' }, { bearerToken: 'p' }]) {
      await fails(t, probe({ url: server.url, credentials: given }), {
        reason: 'InsecureCredentials',
        class: 'definite',
      })
      await fails(t, probe({ url: server.url.replace('http:', 'HTTP:'), credentials: given }), { reason: 'UrlInvalid' })
    }
    t.equal(server.connections(), 0)
    t.match(
      await probe({ url: server.url }),
      { commit: await repository.head() },
      'without any, an allowed host is read',
    )
    await fails(t, setup.withoutHttp.probe({ url: server.url }, { branch: 'main' }, signal()), { reason: 'HostDenied' })
  })

  t.test(
    'B6 a redirect to another host is not followed; the failure names that host, and no credential reaches it',
    async t => {
      const repository = await bareRepository(t, { 'a.json': '1' })
      const other = await gitHttpServer(t, repository, { tls: true, certificate })
      for (const status of [301, 302, 307, 308]) {
        const { remote } = await served(t, repository, {
          intercept: (_, response) => {
            response.writeHead(status, { location: other.url.replace('://', '://user:pass@') }).end()
            return true
          },
        })
        const failure = await fails(t, probe(remote), {
          reason: 'RepositoryNotFound',
          class: 'definite',
          message: new RegExp(`redirects to ${other.host} \\(${status}\\)`),
        })
        t.notMatch(failure.message, /user:pass/)
      }
      t.equal(other.connections(), 0)
    },
  )

  t.test('B7 a push that may not: PushDenied, and nothing changes', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const { remote } = await served(t, repository, { readOnly: true })
    const before = await repository.head()
    await fails(t, commitAndPush(t, remote), { reason: 'PushDenied', class: 'definite', hint: /right to write/ })
    t.equal(await repository.head(), before)
  })

  t.test('B11 a given authority works, and only as long as it is given', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const { remote } = await served(t, repository)
    t.match(await probe(remote), { commit: await repository.head() })
    await fails(t, probe({ ...remote, credentials }), {
      reason: 'CertificateInvalid',
      class: 'definite',
      message: /not trusted/,
    })
    const otherCa = selfSignedCertificate().certificate
    await fails(t, probe({ ...remote, credentials: { ...credentials, caCertificate: otherCa } }), {
      reason: 'CertificateInvalid',
    })
    await fails(t, probe({ ...remote, credentials: { ...credentials, caCertificate: 'not PEM' } }), {
      reason: 'CertificateInvalid',
    })
  })

  t.test('E1 what the server answers decides whether trying again makes sense', async t => {
    const repository = await bareRepository(t, { 'a.json': '1' })
    const cases = [
      { status: 401, reason: 'AuthenticationFailed', class: 'definite' },
      { status: 403, reason: 'AuthenticationFailed', class: 'definite', hint: /in the Secret/ },
      { status: 404, reason: 'RepositoryNotFound', class: 'definite', hint: /^look at the address, .* in the Secret/ },
      { status: 410, reason: 'RepositoryNotFound', class: 'definite' },
      { status: 429, reason: 'NetworkFailed', class: 'transient' },
      { status: 500, reason: 'NetworkFailed', class: 'transient' },
      { status: 503, reason: 'NetworkFailed', class: 'transient' },
      { status: 418, reason: 'GitFailed', class: 'transient' },
      { status: 200, reason: 'RepositoryNotFound', class: 'definite' },
    ]
    for (const { status, ...wanted } of cases) {
      const { remote } = await served(t, repository, {
        intercept: (_, response) => {
          response.writeHead(status, { 'retry-after': '1', 'content-type': 'text/html' }).end('<p>\nsorry</p>\n')
          return true
        },
      })
      const failure = await fails(t, probe(remote), wanted, `${status}`)
      t.notMatch(failure.message, new RegExp(escaped(password)))
    }
  })

  t.test('E1 a stream that is cut, and one that is damaged, are transient', async t => {
    const repository = await bareRepository(t, { 'a.json': 'x'.repeat(10_000) })
    const endings: Record<string, (response: ServerResponse) => void> = {
      cut: response => {
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result', 'content-length': '9999' })
        response.write('000dpackfile\n')
        response.destroy()
      },
      damaged: response => {
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' })
        const pack = Buffer.from('PACK\0\0\0\x02\0\0\0\x01garbage that is no object at all', 'latin1')
        response.write('000dpackfile\n')
        response.write(`${(pack.length + 5).toString(16).padStart(4, '0')}\x01`)
        response.end(Buffer.concat([pack, Buffer.from('0000')]))
      },
    }
    for (const [name, end] of Object.entries(endings)) {
      let posts = 0
      const { remote } = await served(t, repository, {
        intercept: (request, response) => {
          if (request.method !== 'POST' || ++posts < 2) return false
          end(response)
          return true
        },
      })
      const store = await engine.open(remote, await temporaryDirectory(t), signal())
      await fails(t, store.fetch({ branch: 'main' }), { class: 'transient' }, name)
    }
  })

  t.test('E3 no such host, nobody listening, a proxy that is not there', async t => {
    await fails(t, probe({ url: 'https://no-such-host.invalid/r.git' }), {
      reason: 'NetworkFailed',
      class: 'transient',
    })
    await fails(t, probe({ url: 'https://127.0.0.1:9/r.git' }), {
      reason: 'NetworkFailed',
      class: 'transient',
      message: /127\.0\.0\.1/,
    })
  })

  t.test('a push sends new objects only, from a store without the other blobs', async t => {
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`other/${n}.bin`, Buffer.alloc(20_000, `${Math.sin(n)}`)]),
    )
    const repository = await bareRepository(t, { ...files, 'registry.json': 'old' })
    let sent = 0
    const { remote } = await served(t, repository, {
      intercept: request => {
        if (request.url?.endsWith('git-receive-pack') === true)
          request.on('data', (chunk: Buffer) => (sent += chunk.length))
        return false
      },
    })
    const directory = await temporaryDirectory(t)
    const made = await commitAndPush(t, remote, directory)
    t.equal(await repository.head(), made)
    t.ok(sent > 0 && sent < 2000, `${sent} bytes were sent`)
    t.equal(await repository.git(['fsck', '--full']), '')
    t.ok((await bytesBelow(directory)) < 200_000, 'and the other blobs were never fetched')
  })

  t.test('limits on what a fetch may bring', async t => {
    const repository = await bareRepository(
      t,
      { 'a.bin': randomBytes(3_000_000) },
      { config: { 'uploadpack.allowFilter': 'false' } },
    )
    const { remote } = await served(t, repository)
    const store = await setup.limited.open(remote, await temporaryDirectory(t), signal())
    await fails(t, store.fetch({ branch: 'main' }), {
      reason: 'LimitExceeded',
      class: 'definite',
      message: /more than 100000 bytes/,
    })
    const search = store.findTrailer((await repository.head()) ?? '', 'A: b', { notBefore: undefined })
    await fails(t, search, { reason: 'HistoryTooLarge', class: 'definite' })
  })

  function probe(remote: GitRemote) {
    return engine.probe(remote, { branch: 'main' }, signal())
  }

  async function commitAndPush(t: Test, remote: GitRemote, directory?: string): Promise<string> {
    const store = await engine.open(remote, directory ?? (await temporaryDirectory(t)), signal())
    const base = (await store.fetch({ branch: 'main' })) ?? ''
    const changes = [{ path: 'registry.json', content: [Buffer.from('new')] }]
    const made =
      (await store.commit({ parents: [base], base, changes, message: 'm', author: person, committer: person })) ?? ''
    t.equal(await store.push(made, 'main', base), 'accepted')
    return made
  }
}

/** A server with TLS and credentials, and the remote that fits. */
export async function served(
  t: Test,
  repository: TestRepository,
  options: GitServerOptions = {},
  given: GitCredentials = credentials,
) {
  const server = await gitHttpServer(t, repository, { tls: true, certificate, authorization, ...options })
  return {
    server,
    remote: { url: server.url, credentials: { ...given, caCertificate: server.ca } } satisfies GitRemote,
  }
}

function signal(): AbortSignal {
  return new AbortController().signal
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
async function bytesBelow(directory: string): Promise<number> {
  let sum = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) sum += (await stat(`${entry.parentPath}/${entry.name}`)).size
  return sum
}
