// Worker programs that run the Job of a real cluster as its Pods would: the same arguments and request, in folders of the
// test's own. Each stops before it pushes until the test lets it go on.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Job, PodSpec } from '../../src/resources/workload.ts'
import { temporaryDirectory } from './git-repository.ts'
import type { PlayedEnd } from './played-kubelet.ts'
import { killProcesses } from './processes.ts'
import { startRollbook } from './program.ts'
import { until } from './until.ts'
import { makeGate, wrappedGit } from './wrapped-git.ts'

export interface HeldWorker {
  /** Resolves when it is about to push. */
  atPush(): Promise<void>
  push(): Promise<void>
  /** What its kubelet would say. */
  readonly ended: Promise<PlayedEnd>
}

/** Starts the worker of a Pod of the Job. */
export function heldWorker(t: Test, { spec }: Job): HeldWorker {
  const opened = started(t, spec.template.spec)
  return {
    atPush: async () => until((await opened).gate.isReached, 'the push'),
    push: async () => (await opened).gate.open(),
    ended: opened.then(({ ended }) => ended),
  }
}

async function started(t: Test, { containers: [container] }: PodSpec) {
  const directory = await temporaryDirectory(t)
  const gate = await makeGate(t)
  const said = join(directory, 'message')
  const args = (container?.args ?? []).map(arg => (arg === container?.terminationMessagePath ? said : arg))
  const given = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]))
  const env = { ...given, TMPDIR: directory, HOME: directory, ...(await wrappedGit(t, 'push', gate.script)) }
  const program = startRollbook(args, { cwd: directory, env })
  t.teardown(() => killProcesses(directory, { spareServer: false }))
  const ended = program.ended.then(async ({ code, stdout, stderr }) => ({
    exitCode: code ?? 137,
    message: await readFile(said, 'utf8').catch(() => stderr),
    log: stdout,
  }))
  return { gate, ended }
}
