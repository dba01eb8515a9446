// `rollbook local`: the whole product in one process, on a state directory instead of a cluster.
import type { Cluster } from '../cluster/cluster.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { typeOf } from '../cluster/types.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import { activeRunOf, kindNames, type RollbookResource } from '../resources/kinds.ts'
import { appliedLine } from './apply.ts'
import { applyManifests } from './apply-manifests.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { eventLine } from './event-list.ts'
import { eventStream } from './event-stream.ts'
import { MANIFESTS } from './manifest-options.ts'
import { readManifests } from './manifests.ts'
import { note, printResult } from './print.ts'
import { progressOf } from './progress.ts'
import { LOCAL, RESOURCE_NAMESPACE } from './resource-options.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { shownObject } from './shown-object.ts'
import { type StateAccess, withStateDirectory } from './state-access.ts'
import { tableText } from './table.ts'
import { conditionOf } from './verdict.ts'
import { whileToldOfWaits } from './waits.ts'
import { localDirectory } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'local',
    summary: 'run controllers and jobs in one process, without a cluster',
    usage: '[-f FILE|DIR...] [--once] [OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: [
      MANIFESTS,
      {
        name: 'once',
        type: 'boolean',
        isSetting: false,
        help: 'end when nothing is left to do: 0 if all is well, else 10',
      },
      { ...RESOURCE_NAMESPACE, help: 'namespace of manifests that name none (default: default)' },
      LOCAL,
      ...RUNNING_OPTIONS,
    ],
    examples: ['rollbook local --once -f examples/quickstart/', 'rollbook local -f manifests/ --secret-dir secrets/'],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation
  if (options.text('output') === 'yaml' && !options.flag('once'))
    throw new UsageError('without --once it prints text or, with -o json, JSON Lines')
  const paths = options.list(MANIFESTS.name)
  const loaded = paths.length === 0 ? [] : await readManifests(paths, terminal)
  const directory = localDirectory(options) ?? LOCAL.alone ?? ''
  return await withStateDirectory(invocation, {
    directory,
    // A place of which somebody says nothing more is one that is there.
    creates: loaded.length > 0 || !options.flag('once'),
    runs: true,
    work: async access => {
      if (!access.mode) throw owned(directory)
      for await (const applied of applyManifests(access, loaded, { force: true }))
        note(invocation, appliedLine(applied).trimEnd())
      return options.flag('once')
        ? await untilDone(invocation, access)
        : await untilEnded(invocation, { ...access, directory })
    },
  })
}

function owned(directory: string): ClusterError {
  const message = `another process runs the state directory ${directory}: rollbook apply --local gives manifests to it`
  return new ClusterError('Conflict', message)
}

/** Everything that is due, then what became of each resource. */
async function untilDone(invocation: Invocation, { cluster, mode, place }: StateAccess): Promise<number> {
  const { terminal } = invocation
  await whileToldOfWaits(invocation, cluster, async () => mode?.settled(terminal.signal))
  terminal.signal.throwIfAborted()
  const resources = await resourcesIn(cluster)
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: resources.map(shownObject) }
  if (resources.length === 0)
    note(invocation, `nothing to run: ${place} has no registry and no job; -f FILE gives it some`)
  await printResult(invocation, list, () => (resources.length === 0 ? '' : resultTable(resources)))
  return resources.every(isWell) ? 0 : EXIT_CODE.definite
}

/** Ready or Succeeded. */
function isWell(resource: RollbookResource): boolean {
  return ['Ready', 'Succeeded'].some(type => conditionOf(resource, type)?.status === 'True')
}

function resultTable(resources: readonly RollbookResource[]): string {
  return tableText(
    ['Resource', 'Phase', 'Ready', 'Outcome', 'Message'],
    resources.map(resource => {
      const { kind, metadata, status } = resource
      const ready = conditionOf(resource, 'Ready')
      const run = status?.lastRun
      return [
        `${kind}/${metadata.namespace}/${metadata.name}`,
        status?.phase ?? '',
        ready?.status ?? '',
        run?.outcome ?? '',
        (ready?.status === 'True' ? (run?.message ?? ready.message) : (ready?.message ?? '')).replaceAll(/\s+/g, ' '),
      ]
    }),
  )
}

/** Events as they happen, until a signal. */
async function untilEnded(
  invocation: Invocation,
  { cluster, place, begin, directory }: StateAccess & { readonly directory: string },
): Promise<number> {
  const { terminal, options } = invocation
  const progress = progressOf(invocation)
  const count = (await resourcesIn(cluster)).length
  const flag = directory === LOCAL.alone ? '--local' : `--local=${directory}`
  const running =
    count === 0
      ? `running ${place} until Ctrl-C, which has no resources yet; in another terminal rollbook apply -f FILE ${flag} gives it some`
      : `running ${count === 1 ? '1 resource' : `${count} resources`} of ${place} until Ctrl-C; in another terminal rollbook get rollbook -A ${flag} shows them`
  progress.remark(running)
  for await (const event of eventStream(cluster, { filter: {}, signal: terminal.signal, after: begin }))
    terminal.stdout.write(`${options.text('output') === 'json' ? JSON.stringify(event) : eventLine(event)}\n`)
  const open = (await resourcesIn(cluster)).filter(hasOpenRun).length
  const runs = open === 1 ? '1 run is not done, and goes' : `${open} runs are not done, and go`
  progress.remark(`ending: ${open === 0 ? 'no run is under way' : `${runs} on at the next start`}`)
  progress.end()
  return 0
}

function hasOpenRun(resource: RollbookResource): boolean {
  return activeRunOf(resource) !== undefined
}

/** Of all kinds and namespaces. */
async function resourcesIn(cluster: Cluster): Promise<readonly RollbookResource[]> {
  const lists = await Promise.all(kindNames.map(kind => cluster.list(typeOf<RollbookResource>(kind))))
  return lists.flatMap(({ items }) => items)
}
