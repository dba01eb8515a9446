// `rollbook audit`: proves the history of a target, its commits and their digests against each other, both ways.
import { tmpdir } from 'node:os'
import { amount } from '../lib/amount.ts'
import { Failure } from '../lib/failure.ts'
import { openScratch, removeScratch } from '../lib/scratch.ts'
import { checkTreePath } from '../lib/tree-path.ts'
import { nameOf } from '../resources/kinds.ts'
import { runRequest } from '../resources/run-request.ts'
import { Audit } from '../run/audit.ts'
import type { Finding, RunFact } from '../run/audit-facts.ts'
import { commitFacts } from '../run/audit-history.ts'
import { GIT_ENGINE, SECRET_DIR, USE_GIT_CREDENTIALS } from './all-settings.ts'
import { type AuditedPlace, targetOfResource } from './audit-resource.ts'
import { type AuditedTarget, openBranch, wroteTo } from './audited-branch.ts'
import type { Paint } from './color.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { localAccess } from './local-access.ts'
import { manifestFiles, RESOURCE_NAME } from './manifest-options.ts'
import { readManifests } from './manifests.ts'
import { note, printResult } from './print.ts'
import { printable } from './printable.ts'
import { progressOf } from './progress.ts'
import { repositoryAddress } from './repository.ts'
import { KIND_WORDS } from './resource-argument.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { chooseResource, isRegistry } from './run.ts'
import { readRunRecords } from './run-records.ts'
import { withResources } from './with-resources.ts'

interface AuditResult {
  readonly kind: 'AuditResult'
  /** No finding is an error. */
  readonly ok: boolean
  readonly runs: number
  readonly commits: number
  readonly findings: readonly Finding[]
}

export const command: Command = {
  spec: {
    name: 'audit',
    summary: 'prove runs, commits and digests of a target against each other',
    usage: 'KIND NAME | -f FILE... | --repository URL --branch NAME --path PATH [OPTIONS]',
    positionals: { min: 0, max: 2, suggests: KIND_WORDS },
    options: [
      manifestFiles('the resource whose target is audited, and its Secrets'),
      RESOURCE_NAME,
      {
        name: 'repository',
        type: 'string',
        value: 'URL|FOLDER',
        isSetting: false,
        help: 'the repository to audit, without manifests',
      },
      { name: 'branch', type: 'string', value: 'NAME', isSetting: false, help: 'its branch (default main)' },
      { name: 'path', type: 'string', value: 'PATH', isSetting: false, help: 'the managed path inside it' },
      {
        name: 'runs',
        type: 'string',
        value: 'FILE',
        isSetting: false,
        help: 'the runs on record: RunResults as JSON Lines, or as rollbook run -o json prints them (default: history)',
      },
      SECRET_DIR,
      USE_GIT_CREDENTIALS,
      GIT_ENGINE,
      ...RESOURCE_OPTIONS,
    ],
    examples: [
      'rollbook audit rbimport team-servers --local',
      'rollbook audit -f import.yaml --runs runs.jsonl',
      'rollbook audit --repository https://git.example.com/platform/catalog.git --path catalog/registry.json -o json',
    ],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, positionals } = invocation
  if (positionals.length > 0) {
    return await withResources(invocation, async access =>
      audit(invocation, await targetOfResource(invocation, access)),
    )
  }
  const isFromManifests = options.list('filename').length > 0
  return await audit(invocation, await (isFromManifests ? targetOfManifests(invocation) : targetOfFlags(invocation)))
}

async function audit(invocation: Invocation, { target, access, history = [] }: AuditedPlace): Promise<number> {
  const { terminal, options } = invocation
  const file = options.text('runs')
  const runs = file === undefined ? history : await runsOf(target, file, invocation)
  const audit = new Audit(target.path, runs)
  let seen = 0
  const progress = progressOf(invocation)
  const scratch = await openScratch(tmpdir(), 'audit')
  try {
    progress.tell('fetching the history')
    const branch = await openBranch(target, { ...access, scratch })
    for await (const fact of commitFacts(branch)) {
      terminal.signal.throwIfAborted()
      audit.see(fact)
      progress.tell(`audited ${amount(++seen, 'commit')}`)
    }
  } finally {
    progress.end()
    await removeScratch(scratch)
  }
  if (runs.length === 0 && seen > 0) refuseUnwritten(audit, target, invocation)
  const findings = audit.findings()
  const ok = findings.every(({ severity }) => severity !== 'error')
  const result: AuditResult = { kind: 'AuditResult', ok, runs: runs.length, commits: audit.commits, findings }
  await printResult(invocation, result, paint => textOf(result, paint))
  return ok ? 0 : 1
}

/** The target that a run of the resource would write to. */
async function targetOfManifests(invocation: Invocation): Promise<AuditedPlace> {
  const { options, terminal } = invocation
  const given = ['repository', 'branch', 'path'].filter(name => options.text(name) !== undefined)
  if (given.length > 0) throw new UsageError(`--${given[0]} and -f exclude each other: the manifest names the target`)
  const loaded = await readManifests(options.list('filename'), terminal)
  const resources = loaded.map(({ resource }) => resource)
  const chosen = chooseResource(resources, options.text('name'))
  const noRun = { runId: 'audit', attempt: 1, startTime: '', searchWholeHistory: false, uid: 'local', generation: 0 }
  const { target, resource } = runRequest(chosen, noRun, { registries: resources.filter(isRegistry) })
  if (target.type !== 'git')
    throw new UsageError(`${nameOf(chosen)} does not write to git: there is no history to audit`)
  return {
    target,
    access: await localAccess(invocation, { ...resource, resources, secretDir: options.text('secret-dir') }),
  }
}

async function targetOfFlags(invocation: Invocation): Promise<AuditedPlace> {
  const { options, terminal } = invocation
  const repository = options.text('repository')
  const path = options.text('path')
  if (repository === undefined || path === undefined) {
    throw new UsageError('name the target with KIND NAME, with -f FILE, or with --repository URL and --path PATH')
  }
  if (options.text('name') !== undefined) throw new UsageError('--name chooses among manifests: give them with -f')
  const fault = checkTreePath(path)
  if (fault !== undefined) throw new UsageError(`--path: ${fault}`)
  return {
    target: {
      repository: await repositoryAddress(repository, terminal.cwd),
      branch: options.text('branch') ?? 'main',
      path,
    },
    access: await localAccess(invocation, {}),
  }
}

/** The runs on record that wrote to this target. Throws InputUnreadable, and when none of them did. */
async function runsOf(target: AuditedTarget, file: string, invocation: Invocation): Promise<readonly RunFact[]> {
  const { terminal } = invocation
  const runs: RunFact[] = []
  let others = 0
  for await (const record of readRunRecords(file, terminal.cwd)) {
    if (wroteTo(target, record)) runs.push(record.fact)
    else others++
  }
  if (runs.length === 0 && others > 0) {
    const where = `branch ${target.pushBranch ?? target.branch} of ${target.repository}`
    const message = `${file} holds ${amount(others, 'run')}, and none that wrote to ${where}`
    throw new Failure('InputUnreadable', 'definite', message, { hint: 'give the runs of this target' })
  }
  if (others > 0) {
    note(invocation, `${amount(others, 'run')} in ${file} wrote to other repositories or branches: left out`)
  }
  return runs
}

/** A path that no run wrote to is clean for the wrong reason: most likely it is mistyped. Throws PathNotFound. */
function refuseUnwritten(audit: Audit, { repository, branch, path }: AuditedTarget, invocation: Invocation): void {
  if (audit.written.has(path)) return
  const message = `no run wrote to ${path} on branch ${branch} of ${repository}`
  const elsewhere = [...audit.written]
  const isBeside = elsewhere.some(other => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))
  if (invocation.options.text('path') !== undefined && (isBeside || audit.commits === 0)) {
    const hint = elsewhere.length > 0 ? `runs wrote to ${elsewhere.join(', ')}` : 'correct --path or --branch'
    throw new Failure('PathNotFound', 'definite', message, { hint })
  }
  if (audit.commits === 0) note(invocation, `${message}: nothing was audited`)
}

function textOf({ ok, runs, commits, findings }: AuditResult, paint: Paint): string {
  const lines = findings.map(({ type, severity, commit, run, message }) => {
    const where = [commit?.slice(0, 12) ?? '-', run ?? '-'].join('  ')
    return `${paint(severity === 'error' ? 'bad' : 'care', `${severity} ${type}`)}  ${printable(`${where}  ${message}`)}`
  })
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const notes = findings.length - errors
  const good = paint('good', notes === 0 ? 'clean' : `no errors, ${amount(notes, 'note')}`)
  lines.push(
    `${ok ? good : paint('bad', amount(errors, 'error'))}: ${amount(commits, 'commit')}, ${amount(runs, 'run')}`,
  )
  return `${lines.join('\n')}\n`
}
