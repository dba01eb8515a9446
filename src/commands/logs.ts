// `rollbook logs`: what the worker of a run printed: its report, line by line, and its result.
import { gunzipSync } from 'node:zlib'
import { ClusterError } from '../cluster/cluster-error.ts'
import { follow } from '../cluster/follow.ts'
import { CONFIG_MAPS, PODS, typeOf } from '../cluster/types.ts'
import type { MCPRegistry } from '../resources/generated/types.ts'
import { activeRunOf, configMapValue, type RollbookResource } from '../resources/kinds.ts'
import { ATTEMPT_LABEL, LONG_REPORT, RESOURCE_UID_LABEL, RUN_LABEL, SHORT_REPORT } from '../resources/names.ts'
import type { Pod } from '../resources/workload.ts'
import type { Command, Invocation } from './command.ts'
import { foundResource } from './found-resource.ts'
import { note } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { findRun } from './run-result.ts'
import { withResources } from './with-resources.ts'

/** More than a worker may print (design 4.9). */
const LONGEST_LOG = 10 * 1024 * 1024

export const command: Command = {
  spec: {
    name: 'logs',
    summary: 'print what the worker of a run printed',
    usage: 'KIND NAME [--run ID] [--follow] [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: [
      {
        name: 'run',
        type: 'string',
        value: 'ID',
        isSetting: false,
        help: 'which run (default: the active, else the last one)',
      },
      { name: 'follow', short: 'f', type: 'boolean', isSetting: false, help: 'go on while it prints' },
      ...RESOURCE_OPTIONS,
    ],
    // Lines of the worker, as they are.
    withoutGlobals: ['output'],
    printsContent: true,
    examples: ['rollbook logs rbimport team-servers --local', 'rollbook logs rbreg company -n platform --follow'],
  },
  run: invocation => withResources(invocation, access => logs(invocation, access)),
}

async function logs(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { options, positionals, terminal } = invocation
  const { kind: word, name } = kindAndName(positionals)
  const resource = await foundResource(access, ownKind(word), name)
  const { status } = resource
  const active = activeRunOf(resource)?.id
  const run = options.text('run') ?? active ?? status?.lastRun?.id
  if (run === undefined) throw new ClusterError('NotFound', `${resource.kind} ${name} has not run yet`)
  const isFollowed = options.flag('follow') && run === active && !access.isStill
  const wanted = { uid: await runnerUid(access, resource), run }
  const found = await podOf(access, wanted)
  const isWaitedFor = isFollowed && !isStarted(found)
  const pod = isWaitedFor ? await nextPod(invocation, access, { ...wanted, attempt: attemptOf(found) }) : found
  terminal.signal.throwIfAborted()
  if (pod && isFollowed) {
    for await (const piece of access.cluster.followPodLog(pod.metadata, terminal.signal)) terminal.stdout.write(piece)
    return 0
  }
  const log = pod && (await access.cluster.podLog(pod.metadata, { limitBytes: LONGEST_LOG }))
  const report = log ?? (await reportOf(access, resource, run))
  if (run === active && access.isStill)
    note(invocation, `no process runs ${access.place}: rollbook local goes on with run ${run}`)
  if (run === active && !report?.length) {
    note(invocation, `run ${run} is under way: ${silenceOf(pod)}`)
    return 0
  }
  if (!report) throw gone(resource, run)
  if (!log) note(invocation, 'the log is gone with its pod: this is the report that was kept of it')
  terminal.stdout.write(report)
  return 0
}

interface WantedPod {
  readonly uid: string
  readonly run: string
}

/** Of whom its pods are: a sync job's run is its registry's. */
async function runnerUid({ cluster, namespace }: ResourceAccess, resource: RollbookResource): Promise<string> {
  if (resource.kind !== 'MCPRegistrySyncJob') return resource.metadata.uid ?? ''
  const { name } = resource.spec.registryRef
  const registry = await cluster.get(typeOf<MCPRegistry>('MCPRegistry'), { namespace, name })
  return registry?.metadata.uid ?? ''
}

/** 0: no pod was found. */
function attemptOf(pod: Pod | undefined): number {
  return Number(pod?.metadata.labels?.[ATTEMPT_LABEL] ?? 0)
}

function silenceOf(pod: Pod | undefined): string {
  if (!pod) return 'no pod has a log of it, describe tells what it waits for'
  return isStarted(pod) ? 'its worker has printed nothing yet' : 'its pod has not been started yet'
}

function selectorOf({ uid, run }: WantedPod): string {
  return `${RESOURCE_UID_LABEL}=${uid},${RUN_LABEL}=${run}`
}

/** Of the last attempt. */
async function podOf({ cluster, namespace }: ResourceAccess, wanted: WantedPod): Promise<Pod | undefined> {
  const { items } = await cluster.list(PODS, { namespace, labelSelector: selectorOf(wanted) })
  return items.toSorted((one, other) => attemptOf(one) - attemptOf(other)).at(-1)
}

/** Before that it has no log to follow. */
function isStarted(pod: Pod | undefined): boolean {
  return pod !== undefined && (pod.status?.phase ?? 'Pending') !== 'Pending'
}

/** The first one, of that attempt or a later one, that is more than an intention. */
async function nextPod(
  { terminal }: Invocation,
  { cluster, namespace }: ResourceAccess,
  { attempt, ...wanted }: WantedPod & { readonly attempt: number },
): Promise<Pod | undefined> {
  const selection = { namespace, labelSelector: selectorOf(wanted), signal: terminal.signal }
  for await (const { object, isGone } of follow(cluster, PODS, selection)) {
    if (!isGone && attemptOf(object) >= attempt && isStarted(object)) return object
  }
  return undefined
}

/** What the controller kept of the report. */
async function reportOf(access: ResourceAccess, resource: RollbookResource, run: string): Promise<Buffer | undefined> {
  const name = findRun(resource, ({ id }) => id === run)?.reportRef
  const kept =
    name === undefined ? undefined : await access.cluster.get(CONFIG_MAPS, { namespace: access.namespace, name })
  const packed = kept && (configMapValue(kept, LONG_REPORT) ?? configMapValue(kept, SHORT_REPORT))
  return packed && gunzipSync(packed, { maxOutputLength: LONGEST_LOG })
}

function gone({ kind, metadata, status }: RollbookResource, run: string): ClusterError {
  const known = [status?.lastRun, ...(status?.history ?? [])].flatMap(entry => entry?.id ?? [])
  const why = known.includes(run)
    ? 'its pod and its report are gone'
    : `it knows ${[...new Set(known)].join(', ') || 'none'}`
  return new ClusterError('NotFound', `there is no log of run ${run} of ${kind} ${metadata.name}: ${why}`)
}
