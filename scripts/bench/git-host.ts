// An https git host of a thousand repositories, each with one branch, behind a proxy: the addresses of the repositories are
// such that the controller may ask them, and everything stays on the loopback interface.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { HEAD } from './control-plane.ts'

export interface GitHost {
  /** Of a repository. */
  url(name: string): string
  /** Variables with which a process finds it and trusts it. */
  readonly env: Readonly<Record<string, string>>
  /** Probes that were answered. */
  readonly probes: number
  close(): void
}

/** For documentation (RFC 5737): nobody has it. */
const ADDRESS = '192.0.2.10'

export async function startGitHost(directory: string): Promise<GitHost> {
  const certificate = join(directory, 'host.pem')
  const key = join(directory, 'host.key')
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=bench', '-addext', `subjectAltName=IP:${ADDRESS}`, '-keyout', key, '-out', certificate],
  ])
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`)
  let probes = 0
  const host = createHttps({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    if (request.method === 'POST') probes++
    answer(request, response)
  })
  const port = await listening(host)
  const proxy = createHttp()
  proxy.on('connect', (_request, client: Duplex) => {
    const through = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      through.pipe(client).pipe(through)
    })
    const end = () => {
      client.destroy()
      through.destroy()
    }
    client.on('error', end)
    through.on('error', end)
  })
  const proxyPort = await listening(proxy)
  return {
    url: name => `https://${ADDRESS}/team/${name}.git`,
    env: { https_proxy: `http://127.0.0.1:${proxyPort}`, NODE_EXTRA_CA_CERTS: certificate },
    get probes() {
      return probes
    },
    close() {
      for (const server of [host, proxy]) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const lines =
    request.method === 'POST'
      ? [packet(`${HEAD} refs/heads/main\n`), '0000']
      : [packet('version 2\n'), packet('agent=bench\n'), packet('ls-refs\n'), packet('fetch=filter\n'), '0000']
  const kind = request.method === 'POST' ? 'result' : 'advertisement'
  response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}` })
  response.end(lines.join(''))
}

function packet(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
