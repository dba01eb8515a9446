// `rollbook worker`: the run of the request in ROLLBOOK_REQUEST, or in the file that ROLLBOOK_REQUEST_FILE names. What the container of a run executes; it has no other rights
// than the Secrets that were mounted, and answers by exit code, termination message and log.
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import PQueue from 'p-queue'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { Failure } from '../lib/failure.ts'
import type { SecretStore } from '../lib/secrets.ts'
import type { RunRequest } from '../resources/request.ts'
import { checkRequest } from '../resources/request-check.ts'
import { type ExecutedRun, execute } from '../run/execute.ts'
import { terminationMessage } from '../run/termination-message.ts'
import { ALLOW_FILE_URLS, CONFIG_DIR, GIT_ENGINE, SECRET_DIR, TERMINATION_LOG } from './all-settings.ts'
import type { Command, Invocation, Terminal } from './command.ts'
import { configMapDirectory } from './config-map-stores.ts'
import { exitCodeOf } from './exit-code.ts'
import { readInput, writeOutput } from './files.ts'
import { gitEngine } from './git-engine.ts'
import { ALLOW_HOSTS, ALLOW_PLAIN_HTTP, DENY_CIDRS, hostPolicy, systemHostGuard } from './host-settings.ts'
import { machineClock } from './machine.ts'
import { secretDirectory } from './secret-stores.ts'
import { workerLog } from './worker-log.ts'

/** Milliseconds between the end of a run and that of its pod, in which the worker says why it ended. */
const FOR_LAST_WORDS = 10_000

export const command: Command = {
  spec: {
    name: 'worker',
    summary: 'do the run of the request in ROLLBOOK_REQUEST (what a pod executes)',
    usage: '[OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: [
      { ...SECRET_DIR, default: '/etc/rollbook/secrets' },
      CONFIG_DIR,
      TERMINATION_LOG,
      ALLOW_FILE_URLS,
      ALLOW_HOSTS,
      DENY_CIDRS,
      ALLOW_PLAIN_HTTP,
      GIT_ENGINE,
    ],
    // Its output is JSON Lines for the controller, and nothing else may stand in a pod's log.
    withoutGlobals: ['output', 'quiet'],
    examples: [
      'ROLLBOOK_REQUEST="$(cat request.json)" rollbook worker --secret-dir ./secrets',
      'ROLLBOOK_REQUEST="$(cat request.json)" rollbook worker --termination-log result.json --allow-file-urls',
    ],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation
  const request = requestFrom(await requestText(terminal))
  // The controller's settings come with the request; the flags are for a worker that somebody starts by hand.
  const hosts = request.hosts ?? hostPolicy(options, { local: options.flag('allow-file-urls') })
  const executed = await execute(request, {
    git: await gitEngine(invocation, {
      allowFile: hosts.local,
      allowHttp: hosts.allowPlainHttp === 'all' || hosts.allowPlainHttp.length > 0,
    }),
    secrets: secretsOf(invocation),
    configMaps: configMapDirectory(options.text('config-dir') ?? ''),
    hosts: systemHostGuard(hosts),
    userConfig: false,
    limits: DEFAULT_LIMITS,
    transfers: new PQueue({ concurrency: 2 }),
    signal: terminal.signal,
    clock: machineClock(undefined),
    temporary: tmpdir(),
    endsEarlyBy: FOR_LAST_WORDS,
  })
  await writeLog(terminal, executed)
  const log = options.text('termination-log')
  if (log !== undefined) await writeOutput(log, terminal.cwd, terminationMessage(executed.result))
  return exitCodeOf(executed, false)
}

function secretsOf({ options, terminal }: Invocation): SecretStore {
  return secretDirectory(resolve(terminal.cwd, options.text('secret-dir') ?? ''))
}

/** A request that is too large for an environment is a file, whose path stands there instead. */
async function requestText({ env, cwd, signal }: Terminal): Promise<string | undefined> {
  const file = env['ROLLBOOK_REQUEST_FILE']
  if (!file) return env['ROLLBOOK_REQUEST']
  if (env['ROLLBOOK_REQUEST'])
    throw new Failure('RequestInvalid', 'definite', 'ROLLBOOK_REQUEST and ROLLBOOK_REQUEST_FILE are both given', {
      hint: 'keep one of them',
    })
  return (await readInput(file, cwd, { most: MOST_REQUEST_BYTES, signal })).toString('utf8')
}

/** What a ConfigMap holds. */
const MOST_REQUEST_BYTES = 1024 * 1024

/** Throws RequestInvalid, with every problem. */
function requestFrom(text: string | undefined): RunRequest {
  if (!text)
    throw new Failure('RequestInvalid', 'definite', 'ROLLBOOK_REQUEST holds no request', {
      hint: 'rollbook run does a run from manifests',
    })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Failure('RequestInvalid', 'definite', 'ROLLBOOK_REQUEST is not JSON')
  }
  return checkRequest(value)
}

async function writeLog({ stdout }: Terminal, executed: ExecutedRun): Promise<void> {
  for (const line of workerLog(executed)) {
    if (!stdout.write(line)) await once(stdout, 'drain')
  }
}
