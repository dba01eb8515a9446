// A played world for planners: resources, Jobs with their pods, and a clock, all in memory. It takes the steps of plans as
// the controller takes them, answers their questions as a test says, and holds every status that is written to the laws.
import type { JsonValue } from '../../src/lib/json.ts'
import type {
  Answers,
  InstallSettings,
  LogAnswer,
  Memory,
  Observed,
  ObservedDependency,
  ObservedJob,
  ProbeAnswer,
  Refusal,
} from '../../src/reconcile/observed.ts'
import type { Actions, PlannedEvent, ProbeQuestion, Question, Step } from '../../src/reconcile/plan.ts'
import { planResource } from '../../src/reconcile/plan-resource.ts'
import type { Status } from '../../src/reconcile/subject.ts'
import { checkResource } from '../../src/resources/check.ts'
import type { MCPRegistry, MCPRegistrySyncJob } from '../../src/resources/generated/types.ts'
import type { RollbookResource } from '../../src/resources/kinds.ts'
import { FINALIZER } from '../../src/resources/names.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { checkStatusLaws } from './laws.ts'
import { resourceOf } from './manifests.ts'
import { PlayedCluster, START } from './played-cluster.ts'

export const INSTALL: InstallSettings = {
  image: 'rollbook:test',
  hosts: { denyCidrs: [], allowPlainHttp: [], local: false },
  jitter: 0,
}

type Changes = Readonly<Record<string, JsonValue | undefined>>

export class Reconciled extends PlayedCluster {
  startedAt = START
  install = INSTALL
  readonly resources = new Map<string, RollbookResource>()
  readonly objects = new Map<string, ObservedDependency>()
  readonly events: PlannedEvent[] = []
  readonly writes: Status[] = []
  readonly asked: string[] = []
  readonly probeQuestions: ProbeQuestion[] = []
  readonly broken: string[] = []
  /** What probes find; by default that nothing changed. */
  probe: ProbeAnswer | ((question: ProbeQuestion) => ProbeAnswer) = { state: 'unchanged' }
  /** Who holds the branch. */
  slot: Answers['slot'] = { granted: true }
  /** Asked before a step is taken. */
  refuse: (step: Step) => Refusal | undefined = () => undefined
  private readonly memory = new Map<string, Memory['lastProbe']>()
  private uids = 0

  /** A resource as the API server would store it. */
  add<R extends RollbookResource = RollbookResource>(kind: KindName, name: string, changes: Changes = {}): R {
    const { resource, problems } = checkResource(kind, resourceOf(kind, { 'metadata.name': name, ...changes }))
    if (!resource) throw new Error(problems.map(({ message }) => message).join('; '))
    this.uids++
    const metadata = {
      ...resource.metadata,
      uid: `uid-${this.uids}`,
      generation: 1,
      creationTimestamp: this.now.toISOString().replace('.000', ''),
    }
    this.put({ ...resource, metadata, status: { observedGeneration: -1 } } as RollbookResource)
    return this.get<R>(name)
  }

  get<R extends RollbookResource = RollbookResource>(name: string): R {
    const found = this.resources.get(name)
    if (!found) throw new Error(`no resource ${name}`)
    return found as R
  }

  status(name: string): Status {
    return (this.get(name).status ?? {}) as Status
  }

  /** `Ready` as `True EntriesWritten`. */
  condition(name: string, type: string): string {
    const found = this.status(name).conditions?.find(condition => condition.type === type)
    return found ? `${found.status} ${found.reason}` : 'absent'
  }

  put(resource: RollbookResource): void {
    this.resources.set(resource.metadata.name, resource)
  }

  /** Changes the spec: a new generation. */
  edit(name: string, change: (spec: Record<string, unknown>) => Record<string, unknown>): void {
    const resource = this.get(name)
    const generation = (resource.metadata.generation ?? 0) + 1
    const spec = change(structuredClone(resource.spec) as unknown as Record<string, unknown>)
    this.put({ ...resource, spec, metadata: { ...resource.metadata, generation } } as unknown as RollbookResource)
  }

  annotate(name: string, annotations: Readonly<Record<string, string>>): void {
    const resource = this.get(name)
    const all = { ...resource.metadata.annotations, ...annotations }
    this.put({ ...resource, metadata: { ...resource.metadata, annotations: all } } as RollbookResource)
  }

  delete(name: string): void {
    const resource = this.get(name)
    const metadata = { ...resource.metadata, deletionTimestamp: this.now.toISOString() }
    this.put({ ...resource, metadata } as RollbookResource)
  }

  object(kind: 'Secret' | 'ConfigMap', name: string, more: Partial<ObservedDependency> = {}): void {
    this.objects.set(`${kind}/${name}`, {
      kind,
      name,
      resourceVersion: '1',
      keys: ['password', 'registry.json'],
      ...more,
    })
  }

  /** Seconds. */
  pass(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000)
  }

  observed(name: string, answers: Answers = {}): Observed {
    const resource = this.get(name)
    const all = [...this.resources.values()]
    const lastProbe = this.memory.get(name)
    return {
      resource,
      jobs: this.jobsOf(resource),
      registries: all.filter((other): other is MCPRegistry => other.kind === 'MCPRegistry'),
      syncJobs: all
        .filter((other): other is MCPRegistrySyncJob => other.kind === 'MCPRegistrySyncJob')
        .filter(other => other.spec.registryRef.name === name || other === resource),
      others: all.filter(other => other !== resource),
      install: this.install,
      memory: { startedAt: this.startedAt, ...(lastProbe ? { lastProbe } : {}) },
      answers,
    }
  }

  /** Plans and answers until there are steps, and takes them. Returns the last plan. */
  reconcile(name: string, options: { readonly killAfter?: number } = {}): Actions {
    let answers: Answers = {}
    const asked = new Set<string>()
    for (let round = 0; round < 12; round++) {
      const plan = planResource(this.observed(name, answers), this.now)
      if ('ask' in plan) {
        if (asked.has(plan.ask.type)) throw new Error(`the plan of ${name} asks for ${plan.ask.type} again`)
        asked.add(plan.ask.type)
        answers = this.answer(name, plan.ask, answers)
        continue
      }
      const refused = this.take(name, plan.steps, options.killAfter)
      if (!refused || answers.refused) return plan
      answers = { ...answers, refused }
    }
    throw new Error(`the plan of ${name} does not end: ${this.asked.slice(-12).join(', ')}`)
  }

  /** Equal while nothing happens. */
  get effects(): string {
    const deleted = [...this.jobs.values()].map(({ job }) => job.metadata.deletionTimestamp ?? '-')
    return [this.writes.length, this.events.length, this.created.length, this.configMaps.size, ...deleted].join()
  }

  /** Until nothing happens any more at this time. */
  settle(...names: readonly string[]): void {
    for (let round = 0; round < 12; round++) {
      const before = this.effects
      for (const name of names) if (this.resources.has(name)) this.reconcile(name)
      if (before === this.effects) return
    }
    throw new Error(`${names.join(', ')} never settle`)
  }

  private jobsOf({ metadata: { uid } }: RollbookResource): ObservedJob[] {
    return [...this.jobs.values()].filter(({ job }) => job.metadata.ownerReferences?.some(owner => owner.uid === uid))
  }

  private answer(name: string, question: Question, answers: Answers): Answers {
    this.asked.push(question.type)
    switch (question.type) {
      case 'dependencies':
        return { ...answers, dependencies: question.names.map(object => this.look(object)) }
      case 'probe': {
        this.probeQuestions.push(question.question)
        const answer = typeof this.probe === 'function' ? this.probe(question.question) : this.probe
        this.memory.set(name, { at: this.now, answer })
        return answers
      }
      case 'slot':
        return { ...answers, ...(this.slot ? { slot: this.slot } : {}) }
      case 'job':
        return { ...answers, job: { name: question.name, found: this.jobs.get(question.name) } }
      case 'log':
        return { ...answers, log: this.logOf(question.pod) }
      default:
        return question satisfies never
    }
  }

  private look({ kind, name }: Pick<ObservedDependency, 'kind' | 'name'>): ObservedDependency {
    return this.objects.get(`${kind}/${name}`) ?? { kind, name, resourceVersion: undefined, keys: [] }
  }

  private logOf(pod: string): LogAnswer {
    return { pod, lines: this.logs.get(pod) }
  }

  private take(name: string, steps: readonly Step[], killAfter = Number.POSITIVE_INFINITY): Refusal | undefined {
    for (const [index, step] of steps.entries()) {
      if (index >= killAfter) return undefined
      const refused = this.refuse(step)
      if (refused) return refused
      const failed = this.step(name, step)
      if (failed) return failed
    }
    return undefined
  }

  private step(name: string, step: Step): Refusal | undefined {
    switch (step.type) {
      case 'addFinalizer':
        return this.finalizers(name, [FINALIZER])
      case 'removeFinalizer':
        this.finalizers(name, [])
        if (this.get(name).metadata.deletionTimestamp !== undefined) this.resources.delete(name)
        return undefined
      case 'createJob':
        return this.createJob(step.job, step.request)
      case 'deleteJob':
        return this.deleteJob(step.name, step.propagation)
      case 'writeReport':
      case 'writeExport':
        this.configMaps.set(step.configMap.metadata.name, step.configMap)
        return undefined
      case 'deleteReport':
        this.configMaps.delete(step.name)
        return undefined
      case 'shortenReport':
        return this.shorten(step.name)
      case 'writeStatus':
        return this.writeStatus(name, step.status)
      case 'event':
        this.events.push(step.event)
        return undefined
      case 'releaseSlot':
        return undefined
      default:
        return step satisfies never
    }
  }

  private finalizers(name: string, finalizers: readonly string[]): undefined {
    const resource = this.get(name)
    this.put({ ...resource, metadata: { ...resource.metadata, finalizers } } as RollbookResource)
    return undefined
  }

  private writeStatus(name: string, status: object): undefined {
    const resource = this.get(name)
    const next = { ...resource, status: structuredClone(status) } as RollbookResource
    this.broken.push(...checkStatusLaws(next, (resource.status?.conditions ? resource.status : undefined) as Status))
    this.writes.push(status as Status)
    this.put(next)
    return undefined
  }
}
