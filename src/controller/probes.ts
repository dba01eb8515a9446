// Probes under way. They run beside the work queue: a host that hangs holds up those who ask it, and nobody else.
import PQueue from 'p-queue'
import { timeLimit } from '../lib/time-limit.ts'
import type { ProbeAnswer } from '../reconcile/observed.ts'
import type { ProbeQuestion } from '../reconcile/plan.ts'
import { hostAsked, type ProbeAccess, probe } from './probe.ts'

export interface ProbesOptions {
  readonly access: ProbeAccess
  /** Probes at a time. */
  readonly concurrency: number
  /** Milliseconds that one may take. */
  readonly patience: number
  /** Hears that the answer for the key is there. */
  answered(key: string): void
  /** For metrics: seconds that a probe took, and how it ended. */
  measured?(type: string, seconds: number, answer: ProbeAnswer['state'] | 'error'): void
}

export interface LastProbe {
  readonly at: Date
  readonly answer: ProbeAnswer
}

interface Asked {
  /** The question as text: an answer to another one is none. */
  readonly question: string
  readonly end: AbortController
  answer?: ProbeAnswer
  error?: unknown
}

/** Of one host. */
const MOST_A_HOST = 4

export class Probes {
  private readonly options: ProbesOptions
  private readonly all: PQueue
  private readonly hosts = new Map<string, PQueue>()
  private readonly asked = new Map<string, Asked>()
  private readonly answers = new Map<string, LastProbe>()

  constructor(options: ProbesOptions) {
    this.options = options
    this.all = new PQueue({ concurrency: options.concurrency })
  }

  /** The answer, once; undefined while it is looked for, and `answered` tells when it is there. Throws what the probe threw. */
  ask(key: string, namespace: string, question: ProbeQuestion): ProbeAnswer | undefined {
    const text = JSON.stringify(question)
    const asked = this.asked.get(key)
    if (asked?.question === text) {
      if (asked.answer === undefined && asked.error === undefined) return undefined
      this.asked.delete(key)
      if (asked.answer === undefined) throw asked.error
      this.answers.set(key, { at: this.options.access.clock.now(), answer: asked.answer })
      return asked.answer
    }
    this.drop(key)
    const fresh: Asked = { question: text, end: new AbortController() }
    this.asked.set(key, fresh)
    void this.hostQueue(hostAsked(question.source)).add(() =>
      this.all.add(() => this.run({ key, namespace, question }, fresh)),
    )
    return undefined
  }

  /** The last answer for the key. */
  last(key: string): LastProbe | undefined {
    return this.answers.get(key)
  }

  /** The resource is gone. */
  forget(key: string): void {
    this.drop(key)
    this.answers.delete(key)
  }

  /** Nobody wants the answer any more. */
  private drop(key: string): void {
    this.asked.get(key)?.end.abort()
    this.asked.delete(key)
  }

  /** Resolves when no probe is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.hosts.values()].map(queue => queue.onIdle()))
  }

  /** Ends all. */
  async stop(): Promise<void> {
    for (const key of [...this.asked.keys()]) this.drop(key)
    await this.idle()
  }

  private async run(
    { key, namespace, question }: { key: string; namespace: string; question: ProbeQuestion },
    asked: Asked,
  ): Promise<void> {
    const { access, patience, measured } = this.options
    if (asked.end.signal.aborted) return
    const begin = access.clock.elapsed()
    const limit = timeLimit(asked.end.signal, patience)
    try {
      asked.answer = await probe(question, access, { namespace, signal: limit.signal })
    } catch (error) {
      if (limit.signal.aborted) asked.answer = tooSlow(question, patience)
      else asked.error = error
    } finally {
      limit.end()
    }
    if (asked.end.signal.aborted) return
    measured?.(question.source.type, (access.clock.elapsed() - begin) / 1000, asked.answer?.state ?? 'error')
    this.options.answered(key)
  }

  private hostQueue(host: string): PQueue {
    const known = this.hosts.get(host)
    if (known) return known
    const queue = new PQueue({ concurrency: MOST_A_HOST })
    this.hosts.set(host, queue)
    queue.on('idle', () => this.hosts.delete(host))
    return queue
  }
}

function tooSlow({ source }: ProbeQuestion, patience: number): ProbeAnswer {
  const message = `${hostAsked(source) || 'the cluster'} did not answer within ${patience / 1000} s`
  return { state: 'failed', reason: 'NetworkFailed', class: 'transient', message }
}
