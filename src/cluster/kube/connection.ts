// Where the API server is and how one proves who one is: an agent that keeps connections, and headers that are renewed.
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { KubeConfig } from '@kubernetes/client-node'
import { Failure } from '../../lib/failure.ts'
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts'

/** Tokens in files rotate, plugins hand out new ones: both are asked again after this, in milliseconds, and on 401. */
const CREDENTIALS_LIVE = 60_000

/** Milliseconds. API servers close idle connections after 90 s; who closes first never writes into a closed one. */
const IDLE_CONNECTION = 60_000

/** Milliseconds without traffic before the system asks whether the other side is still there; finds half-open watches. */
const PROBE_AFTER = 30_000

export interface Credentials {
  readonly agent: HttpAgent
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** A connection to the cluster of the chosen context. Throws InputUnreadable when the kubeconfig does not name one. */
export function kubeConnection(options: KubeconfigOptions): KubeConnection {
  const { config, tokenFile, headers } = loadKubeconfig(options)
  return new KubeConnection(config, { tokenFile, headers })
}

export class KubeConnection {
  readonly server: URL
  /** Of the context. */
  readonly namespace: string
  readonly context: string
  readonly #config: KubeConfig
  readonly #tokenFile: string | undefined
  readonly #extra: Credentials['headers']
  #current: Promise<Credentials> | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #agent: { readonly agent: HttpAgent; readonly secrets: object } | undefined

  constructor(
    config: KubeConfig,
    more: { readonly tokenFile: string | undefined; readonly headers: Credentials['headers'] },
  ) {
    this.#config = config
    this.#tokenFile = more.tokenFile
    this.#extra = more.headers
    this.context = config.getCurrentContext()
    this.namespace = config.getContextObject(this.context)?.namespace?.trim() || 'default'
    this.server = new URL(config.getCurrentCluster()?.server ?? '')
  }

  /** What a request needs; `renew` reads tokens again, after a 401. Throws InputUnreadable, AuthenticationFailed. */
  credentials(renew = false): Promise<Credentials> {
    if (this.#current && !renew && performance.now() - this.#readAt < CREDENTIALS_LIVE) return this.#current
    this.#readAt = performance.now()
    const current = this.#read()
    this.#current = current
    current.catch(() => {
      if (this.#current === current) this.#current = undefined
    })
    return current
  }

  /** Ends all connections, also those in use. */
  close(): void {
    this.#agent?.agent.destroy()
  }

  async #read(): Promise<Credentials> {
    const options: RequestOptions = {}
    try {
      await this.#config.applyToHTTPSOptions(options)
    } catch (error) {
      throw new Failure(
        'AuthenticationFailed',
        'definite',
        `context "${this.context}" gives no credentials: ${(error as Error).message.trim()}`,
        { cause: error },
      )
    }
    const headers: Record<string, string | readonly string[]> = { ...this.#extra }
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim()
    if (options.auth) headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
    if (this.#tokenFile !== undefined) headers['Authorization'] = `Bearer ${tokenIn(this.#tokenFile)}`
    return { agent: this.#agentFor(options), headers }
  }

  /** The same agent, with its open connections, as long as certificates and keys are the same. */
  #agentFor(options: RequestOptions): HttpAgent {
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options
    const secrets = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }
    if (this.#agent && isDeepStrictEqual(this.#agent.secrets, secrets)) return this.#agent.agent
    if (this.#agent) retire(this.#agent.agent)
    const agent = this.#newAgent(options, secrets)
    this.#agent = { agent, secrets }
    return agent
  }

  #newAgent(options: RequestOptions, secrets: object): HttpAgent {
    const kept = { keepAlive: true, keepAliveMsecs: PROBE_AFTER, timeout: IDLE_CONNECTION, maxFreeSockets: 16 }
    if (this.#config.getCurrentCluster()?.proxyUrl) return Object.assign(options.agent as HttpAgent, kept)
    if (this.server.protocol === 'http:') return new HttpAgent(kept)
    const given = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined))
    return new HttpsAgent({ ...kept, ...given })
  }
}

/** Calls in progress end as they would have; nothing is kept for later ones. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy()
}

function tokenIn(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Failure('InputUnreadable', 'definite', `the token in ${file} can not be read`, { cause: error })
  }
  if (text === '') throw new Failure('InputUnreadable', 'definite', `the token file ${file} is empty`)
  return text
}
