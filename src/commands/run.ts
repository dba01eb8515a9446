// `rollbook run`: one run of one resource from manifests, without cluster or state.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import PQueue from 'p-queue'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { nativeEngine } from '../git/native/engine.ts'
import { Failure } from '../lib/failure.ts'
import { LOCAL_HOSTS } from '../lib/hosts.ts'
import type { MCPRegistry, MCPRegistryImportJob } from '../resources/generated/types.ts'
import { importRequest, type RunIdentity } from '../resources/import-request.ts'
import { findKind, nameOf, type Resource, type Secret } from '../resources/kinds.ts'
import type { RunRequest } from '../resources/request.ts'
import { execute } from '../run/execute.ts'
import { MODE, OFFICIAL_BASE_URLS, SECRET_DIR, STRICT, USE_GIT_CREDENTIALS } from './all-settings.ts'
import type { Command, Invocation } from './command.ts'
import { UsageError } from './command.ts'
import { manifestConfigMaps } from './config-map-stores.ts'
import { baseUrlsOption } from './data-options.ts'
import { exitCodeOf } from './exit-code.ts'
import { writeOutput } from './files.ts'
import { systemHostGuard } from './host-settings.ts'
import { machineClock } from './machine.ts'
import { readManifests } from './manifests.ts'
import { printResult } from './print.ts'
import { progressOf } from './progress.ts'
import { reportLines } from './report-lines.ts'
import { runText } from './run-text.ts'
import { firstOf, manifestSecrets, secretDirectory } from './secret-stores.ts'

export const command: Command = {
  spec: {
    name: 'run',
    summary: 'do one run of one resource from manifests, without a cluster',
    usage: '-f FILE|DIR... [OPTIONS]',
    positionals: { min: 0, max: Number.POSITIVE_INFINITY },
    options: [
      {
        name: 'filename',
        short: 'f',
        type: 'string',
        multiple: true,
        value: 'FILE|DIR',
        isSetting: false,
        help: 'manifests: the resource to run and what it refers to; - is stdin',
      },
      {
        name: 'name',
        type: 'string',
        value: 'KIND/NAME',
        isSetting: false,
        help: 'which resource to run, when the manifests hold several; also KIND/NAMESPACE/NAME',
      },
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
        name: 'now',
        type: 'string',
        value: 'TIME',
        isSetting: false,
        help: 'RFC 3339 time to use for every date (for repeatable commits)',
      },
      OFFICIAL_BASE_URLS,
      SECRET_DIR,
      USE_GIT_CREDENTIALS,
    ],
    examples: [
      'rollbook run -f import.yaml',
      'rollbook run -f manifests/ --name importjob/nightly --mode plan -o json',
    ],
  },
  run,
}

const RUN_ID = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation
  const paths = [...options.list('filename'), ...invocation.positionals]
  if (paths.length === 0) throw new UsageError('name the manifests with -f FILE or -f DIR')
  const loaded = await readManifests(paths, terminal.cwd, terminal.stdin)
  const resources = loaded.map(({ resource }) => resource)
  const job = chooseJob(resources, options.text('name'))
  const now = timeOption(options.text('now'))
  const request = requestOf({ job, registries: resources.filter(isRegistry) }, invocation, now)

  const namespace = request.resource.namespace
  const secretDir = options.text('secret-dir')
  const reportFile = options.text('report')
  // A report that can't be written is told before the run, not after its commit.
  if (reportFile !== undefined) await writeOutput(reportFile, terminal.cwd, '')

  const progress = progressOf(invocation)
  const executed = await execute(request, {
    git: nativeEngine({ allowFile: true, allowHttp: true, ambient: terminal.env }),
    secrets: firstOf([
      ...(secretDir === undefined ? [] : [secretDirectory(resolve(terminal.cwd, secretDir))]),
      manifestSecrets(resources.filter(isSecret), namespace),
    ]),
    configMaps: manifestConfigMaps(resources, namespace),
    hosts: systemHostGuard(LOCAL_HOSTS),
    userConfig: options.flag('use-git-credentials'),
    limits: DEFAULT_LIMITS,
    transfers: new PQueue({ concurrency: 2 }),
    signal: terminal.signal,
    clock: machineClock(now),
    temporary: tmpdir(),
    progress: step => progress.tell(step),
  }).finally(() => progress.end())
  // The report first: whoever reads stdout may be gone by now. What was done is printed whether or not it could be written.
  try {
    if (reportFile !== undefined) {
      await writeOutput(reportFile, terminal.cwd, reportLines(executed.report.outcomes(), { skipUnchanged: false }))
    }
  } finally {
    await printResult(invocation, executed.result, paint => runText(executed.result, paint))
  }
  return exitCodeOf(executed, options.flag('strict'))
}

interface Chosen {
  readonly job: MCPRegistryImportJob
  /** What it may refer to. */
  readonly registries: readonly MCPRegistry[]
}

function requestOf({ job, registries }: Chosen, { options }: Invocation, now: Date | undefined): RunRequest {
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
  return importRequest(job, identity, { registries, officialBaseUrls })
}

function chooseJob(resources: readonly Resource[], wanted: string | undefined): MCPRegistryImportJob {
  const runnable = resources.filter(resource => resource.kind !== 'Secret' && resource.kind !== 'ConfigMap')
  const matching = wanted === undefined ? ownRuns(runnable) : runnable.filter(resource => isNamed(resource, wanted))
  const [first] = runnable
  if (first === undefined) throw new Failure('ManifestInvalid', 'definite', 'the manifests hold no resource to run')
  if (matching.length !== 1) {
    const problem =
      matching.length === 0
        ? `no resource${wanted ? ` ${wanted}` : ''} to run is among the manifests`
        : 'several resources could be run'
    throw new Failure('ManifestInvalid', 'definite', `${problem}; they hold: ${runnable.map(nameOf).join(', ')}`, {
      hint: `choose one with --name KIND/NAME or KIND/NAMESPACE/NAME, such as --name ${nameOf(first)}`,
    })
  }
  const [resource] = matching
  if (resource?.kind !== 'MCPRegistryImportJob') {
    throw new Failure(
      'NotImplemented',
      'definite',
      `running a ${resource?.kind} is not supported by this version of rollbook`,
    )
  }
  return resource
}

/** Registries beside jobs are what the jobs refer to. */
function ownRuns(runnable: readonly Resource[]): readonly Resource[] {
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

function isRegistry(resource: Resource): resource is MCPRegistry {
  return resource.kind === 'MCPRegistry'
}

function isSecret(resource: Resource): resource is Secret {
  return resource.kind === 'Secret'
}

function timeOption(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`--now takes an RFC 3339 time, not ${JSON.stringify(text)}`)
  return time
}
