// `rollbook check`: whether what the other commands and the controllers need is there, and what to do where it is not.
import { execFile } from 'node:child_process'
import { constants, access as fileAccess, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ClusterError } from '../cluster/cluster-error.ts'
import { chooseEngine } from '../git/choose.ts'
import { EXIT_CODE, Failure } from '../lib/failure.ts'
import type { Paint } from './color.ts'
import type { Command, Invocation } from './command.ts'
import { Ended } from './ended.ts'
import type { Check } from './kube-checks.ts'
import { printResult } from './print.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { localDirectory } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'check',
    summary: 'tell whether git, the cluster, the kinds and the rights are there',
    usage: '[OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: RESOURCE_OPTIONS,
    examples: ['rollbook check --local', 'rollbook check --context production -n platform'],
  },
  run,
}

/** Loaded for a cluster only. */
async function kubeChecks(invocation: Invocation): Promise<readonly Check[]> {
  const { clusterChecks } = await import('./kube-checks.ts')
  return await clusterChecks(invocation)
}

async function run(invocation: Invocation): Promise<number> {
  const directory = localDirectory(invocation.options)
  const checks = [
    nodeCheck(),
    await gitCheck(invocation),
    ...(directory === undefined ? await kubeChecks(invocation) : [await directoryCheck(invocation, directory)]),
  ]
  const ok = checks.every(check => check.ok)
  await printResult(invocation, { kind: 'CheckResult', ok, checks }, paint => textOf(checks, paint))
  return ok ? 0 : EXIT_CODE.definite
}

const OLDEST_NODE = [20, 19] as const

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  const message = ok
    ? `Node ${process.versions.node}`
    : `Node ${process.versions.node} is older than ${OLDEST_NODE.join('.')}`
  return { name: 'node', ok, message }
}

/** The embedded engine does without the git program, but reaches https only. */
async function gitCheck({ terminal }: Invocation): Promise<Check> {
  const engine = await chooseEngine('auto', { allowFile: true, allowHttp: true, ambient: terminal.env })
  if (engine.name === 'native') return { name: 'git', ok: true, message: await gitVersion(terminal.env['PATH']) }
  const message = 'no git program of version 2.37 or newer: https works without it, ssh and file URLs do not'
  return { name: 'git', ok: false, message }
}

async function gitVersion(path: string | undefined): Promise<string> {
  const env = path === undefined ? {} : { PATH: path }
  return await new Promise(done => execFile('git', ['version'], { env }, (_, stdout) => done(stdout.trim())))
}

async function directoryCheck(invocation: Invocation, directory: string): Promise<Check> {
  const found = await placeCheck(resolve(invocation.terminal.cwd, directory), directory)
  return { name: 'state directory', ...(found ?? (await stateCheck(invocation, directory))) }
}

type Finding = Omit<Check, 'name'>

/** What there is to say when nothing can be opened there. */
async function placeCheck(path: string, directory: string): Promise<Finding | undefined> {
  try {
    await readdir(path)
    await fileAccess(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return { ok: false, message: `${directory} can't be used: it is no directory` }
    if (code === 'ENOENT') return { ok: true, message: `${directory} is not there: rollbook local makes it` }
    return { ok: false, message: `${directory} can't be written (${code})` }
  }
}

/** Whether what stands there is a state that can be taken, as every other command opens it. */
async function stateCheck(invocation: Invocation, directory: string): Promise<Finding> {
  const { withStateDirectory } = await import('./state-access.ts')
  try {
    const isStill = await withStateDirectory(invocation, { directory, work: async access => access.isStill === true })
    return { ok: true, message: `${directory} can be read and written, and ${isStill ? 'no' : 'a'} process runs it` }
  } catch (error) {
    if (!(error instanceof Failure || error instanceof ClusterError) || error instanceof Ended) throw error
    if (error.reason === 'PathNotFound') return { ok: true, message: `${directory} can be written` }
    const hint = error instanceof Failure && error.hint !== undefined ? `; ${error.hint}` : ''
    return { ok: false, message: `${error.message}${hint}` }
  }
}

function textOf(checks: readonly Check[], paint: Paint): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks.map(check => `${markOf(check, paint)} ${check.name.padEnd(width)}  ${check.message}\n`).join('')
}

function markOf({ ok, warning }: Check, paint: Paint): string {
  if (!ok) return paint('bad', 'FAILED')
  return warning ? 'WARN  ' : paint('good', 'ok    ')
}
