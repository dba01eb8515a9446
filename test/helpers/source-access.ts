// Access for tests that open a source by itself: Secrets and ConfigMaps as literals, a clock that only counts waits.
import PQueue from 'p-queue'
import type { Test } from 'tap'
import { DEFAULT_LIMITS, type Limits } from '../../src/entries/limits.ts'
import { nativeEngine } from '../../src/git/native/engine.ts'
import { type HostPolicy, hostGuard, LOCAL_HOSTS, type Resolve } from '../../src/lib/hosts.ts'
import type { HttpTimeouts } from '../../src/sources/http/agents.ts'
import type { Access, OpenSource } from '../../src/sources/source.ts'
import { temporaryDirectory } from './git-repository.ts'

type Named = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface TestAccessOptions {
  readonly secrets?: Named
  readonly configMaps?: Named
  readonly limits?: Partial<Limits>
  readonly hosts?: HostPolicy
  readonly resolve?: Resolve
  readonly now?: Date
  readonly signal?: AbortSignal
  readonly timeouts?: HttpTimeouts
}

export interface TestAccess extends Access {
  readonly timeouts?: HttpTimeouts
  /** Milliseconds of every wait that was asked for; none of them was waited. */
  readonly waits: number[]
}

export async function testAccess(t: Test, options: TestAccessOptions = {}): Promise<TestAccess> {
  const waits: number[] = []
  const store = (named: Named = {}) => ({
    read: async (name: string) => {
      const data = named[name]
      return data && new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)]))
    },
  })
  return {
    git: nativeEngine({ allowFile: true, allowHttp: true, ambient: process.env }),
    secrets: store(options.secrets),
    configMaps: store(options.configMaps),
    hosts: hostGuard(options.hosts ?? LOCAL_HOSTS, options.resolve ?? noResolver),
    clock: {
      now: () => options.now ?? new Date('2026-03-01T12:00:00Z'),
      elapsed: () => 0,
      random: () => 0.5,
      sleep: async (milliseconds, signal) => {
        waits.push(milliseconds)
        signal.throwIfAborted()
      },
    },
    userConfig: false,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    transfers: new PQueue({ concurrency: 2 }),
    scratch: await temporaryDirectory(t),
    signal: options.signal ?? new AbortController().signal,
    waits,
    ...(options.timeouts ? { timeouts: options.timeouts } : {}),
  }
}

const noResolver: Resolve = async () => {
  throw Object.assign(new Error('no names in this test'), { code: 'ENOTFOUND' })
}

/** Names and versions that a source gives, with the codes of its documents' errors. */
export async function contentOf(source: OpenSource): Promise<string[]> {
  const found: string[] = []
  for await (const document of source.documents()) {
    for (const { code } of document.issues) found.push(`${document.path}: ${code}`)
    for (const { value, key } of document.entries()) {
      const { name, version } = (value ?? {}) as { name?: string; version?: string }
      found.push(`${name ?? key} ${version ?? ''}`.trim())
    }
  }
  return found
}
