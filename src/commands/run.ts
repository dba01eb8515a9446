// `rollbook run`: one run of one resource from manifests, without cluster or state.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { Failure } from '../lib/failure.ts'
import type { MCPRegistry } from '../resources/generated/types.ts'
import { findKind, nameOf, type Resource, type RollbookResource } from '../resources/kinds.ts'
import type { RunRequest } from '../resources/request.ts'
import type { RunIdentity } from '../resources/request-parts.ts'
import { runRequest } from '../resources/run-request.ts'
import { type ExecutedRun, execute } from '../run/execute.ts'
import { GIT_ENGINE, MODE, OFFICIAL_BASE_URLS, SECRET_DIR, STRICT, USE_GIT_CREDENTIALS } from './all-settings.ts'
import { type Paint, painter } from './color.ts'
import type { Command, Invocation } from './command.ts'
import { UsageError } from './command.ts'
import { baseUrlsOption } from './data-options.ts'
import { diffText } from './diff-text.ts'
import { exitCodeOf } from './exit-code.ts'
import { writeOutput } from './files.ts'
import { localAccess } from './local-access.ts'
import { manifestFiles, RESOURCE_NAME } from './manifest-options.ts'
import { readManifests } from './manifests.ts'
import { printResult } from './print.ts'
import { progressOf } from './progress.ts'
import { reportLines } from './report-lines.ts'
import { exportedManifest, type ManifestTarget, manifestTarget, manifestText, writeManifest } from './run-export.ts'
import { runText } from './run-text.ts'

export const command: Command = {
  spec: {
    name: 'run',
    summary: 'do one run of one resource from manifests, without a cluster',
    usage: '-f FILE|DIR... [OPTIONS]',
    positionals: { min: 0, max: Number.POSITIVE_INFINITY },
    options: [
      manifestFiles('the resource to run and what it refers to'),
      RESOURCE_NAME,
      MODE,
      {
        name: 'run-id',
        type: 'string',
        value: 'ID',
        isSetting: false,
        help: 'continue the run of this id: it never makes a second commit (default: a new id)',
      },
      STRICT,
      { name: 'report', type: 'string', value: 'FILE', isSetting: false, help: 'write one JSON line for every entry' },
      {
        name: 'out',
        type: 'string',
        value: 'DIR|FILE',
        isSetting: false,
        help: 'where the ConfigMap of an export goes, as a manifest (default: stdout)',
      },
      {
        name: 'now',
        type: 'string',
        value: 'TIME',
        isSetting: false,
        help: 'RFC 3339 time to use for every date (for repeatable commits)',
      },
      OFFICIAL_BASE_URLS,
      SECRET_DIR,
      USE_GIT_CREDENTIALS,
      GIT_ENGINE,
    ],
    examples: [
      'rollbook run -f import.yaml',
      'rollbook run -f manifests/ --name rbimport/nightly --mode plan -o json',
      'rollbook run -f export.yaml -f registry.yaml --out deploy/',
    ],
  },
  run,
}

const RUN_ID = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation
  const paths = [...options.list('filename'), ...invocation.positionals]
  if (paths.length === 0) throw new UsageError('name the manifests with -f FILE or -f DIR')
  const reportFile = options.text('report')
  if (reportFile === '-') throw new UsageError('--report takes a file; the result goes to stdout')
  const loaded = await readManifests(paths, terminal)
  const resources = loaded.map(({ resource }) => resource)
  const resource = chooseResource(resources, options.text('name'))
  const now = timeOption(options.text('now'))
  const request = requestOf(resource, resources.filter(isRegistry), { options, now })

  const manifest = await manifestTarget(request.target, {
    out: options.text('out'),
    cwd: terminal.cwd,
    given: resources,
  })
  // A report that can't be written is told before the run, not after its commit.
  if (reportFile !== undefined) await writeOutput(reportFile, terminal.cwd, '')

  const progress = progressOf(invocation)
  const executed = await execute(request, {
    ...(await localAccess(invocation, {
      ...request.resource,
      resources: manifest?.existing ? [manifest.existing, ...resources] : resources,
      secretDir: options.text('secret-dir'),
      now,
    })),
    temporary: tmpdir(),
    endsEarlyBy: 0,
    progress: step => progress.tell(step),
  }).finally(() => progress.end())
  // The report first: whoever reads stdout may be gone by now. What was done is printed whether or not it could be written.
  try {
    if (reportFile !== undefined) {
      await writeOutput(reportFile, terminal.cwd, reportLines(executed.report.outcomes(), { skipUnchanged: false }))
    }
  } finally {
    await printRun(invocation, executed, manifest)
  }
  return exitCodeOf(executed, options.flag('strict'))
}

/** The result, and the ConfigMap of an export: as a file, else on stdout, where one document of either has to stand alone. */
async function printRun(
  invocation: Invocation,
  { result, report }: ExecutedRun,
  target: ManifestTarget | undefined,
): Promise<void> {
  const { options, terminal } = invocation
  const { plan } = report
  const printed = plan === undefined ? result : { ...result, diff: plan }
  const text = (paint: Paint) => runText(result, paint) + (plan === undefined ? '' : diffText(plan, paint))
  const manifest = target && report.exported && exportedManifest(target, report.exported)
  if (!manifest) return await printResult(invocation, printed, text)
  if (target.file !== undefined) {
    await writeManifest(manifest, target.file, terminal.cwd)
    return await printResult(invocation, printed, text)
  }
  if (options.text('output') !== 'text') return await printResult(invocation, { ...printed, manifest }, text)
  terminal.stdout.write(await manifestText(manifest))
  terminal.stderr.write(text(painter(terminal, 'stderr', options.flag('no-color'))))
}

function requestOf(
  resource: RollbookResource,
  registries: readonly MCPRegistry[],
  { options, now }: { readonly options: Invocation['options']; readonly now: Date | undefined },
): RunRequest {
  const runId = options.text('run-id')
  if (runId !== undefined && !RUN_ID.test(runId)) {
    throw new UsageError(
      '--run-id takes at most 40 lower case letters, digits and dashes, with a letter or digit at both ends',
    )
  }
  const mode = options.text('mode')
  const officialBaseUrls = baseUrlsOption(options.text('official-base-urls'))
  const identity: RunIdentity = {
    runId: runId ?? randomBytes(12).toString('hex'),
    attempt: 1,
    startTime: (now ?? new Date()).toISOString(),
    searchWholeHistory: runId !== undefined && now === undefined,
    ...(mode === undefined ? {} : { mode: mode === 'plan' ? 'Plan' : 'Apply' }),
    uid: 'local',
    generation: 0,
  }
  return runRequest(resource, identity, { registries, officialBaseUrls })
}

/** The one resource that is meant, by --name or because there is no other. Throws ManifestInvalid. */
export function chooseResource(resources: readonly Resource[], wanted: string | undefined): RollbookResource {
  const runnable = resources.filter(isRunnable)
  const matching = wanted === undefined ? ownRuns(runnable) : runnable.filter(resource => isNamed(resource, wanted))
  const [first] = runnable
  if (first === undefined) throw new Failure('ManifestInvalid', 'definite', 'the manifests hold no resource to run')
  const [resource] = matching
  if (resource && matching.length === 1) return resource
  const names = runnable.map(nameOf).join(', ')
  const problem = resource
    ? `several resources could be run: ${names}`
    : `no resource ${wanted} to run is among the manifests; they hold: ${names}`
  throw new Failure('ManifestInvalid', 'definite', problem, {
    hint: `choose one with --name KIND/NAME or KIND/NAMESPACE/NAME, such as --name ${nameOf(first)}`,
  })
}

function isRunnable(resource: Resource): resource is RollbookResource {
  return resource.kind !== 'Secret' && resource.kind !== 'ConfigMap'
}

/** Registries beside jobs are what the jobs refer to. */
function ownRuns(runnable: readonly RollbookResource[]): readonly RollbookResource[] {
  const jobs = runnable.filter(resource => !isRegistry(resource))
  return jobs.length > 0 ? jobs : runnable
}

function isNamed(resource: Resource, wanted: string): boolean {
  const [kind = '', ...rest] = wanted.split('/')
  const [name, namespace = resource.metadata.namespace] = rest.toReversed()
  const { metadata } = resource
  const isMeant = rest.length <= 2 && name === metadata.name && namespace === metadata.namespace
  return isMeant && findKind(kind)?.kind === resource.kind
}

export function isRegistry(resource: Resource): resource is MCPRegistry {
  return resource.kind === 'MCPRegistry'
}

function timeOption(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`--now takes an RFC 3339 time, not ${JSON.stringify(text)}`)
  return time
}
