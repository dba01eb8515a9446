// Worker programs that run the Job of a real cluster as its Pods would: the same arguments and request, in folders of the
// test's own.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Job } from '../../src/resources/workload.ts'
import { temporaryDirectory } from './git-repository.ts'
import type { PlayedEnd } from './played-kubelet.ts'
import { killProcesses } from './processes.ts'
import { startRollbook } from './program.ts'
import { until } from './until.ts'
import { makeGate, type WrappedGit, wrappedGit } from './wrapped-git.ts'

export interface HeldWorker {
  /** Resolves when it is about to push. */
  atPush(): Promise<void>
  push(): Promise<void>
  /** What its kubelet would say. */
  readonly ended: Promise<PlayedEnd>
}

/** Starts the worker of a Pod of the Job, which stops before it pushes until the test lets it go on. */
export function heldWorker(t: Test, job: Job): HeldWorker {
  const opened = makeGate(t).then(async gate => ({ gate, git: await wrappedGit(t, 'push', gate.script) }))
  return {
    atPush: async () => until((await opened).gate.isReached, 'the push'),
    push: async () => (await opened).gate.open(),
    ended: opened.then(({ git }) => workerEnd(t, job, git)),
  }
}

/** Runs the worker of a Pod of the Job to its end. */
export async function workerEnd(t: Test, { spec }: Pick<Job, 'spec'>, git?: WrappedGit): Promise<PlayedEnd> {
  const directory = await temporaryDirectory(t)
  t.teardown(() => killProcesses(directory, { spareServer: false }))
  const [container] = spec.template.spec.containers
  const said = join(directory, 'message')
  const args = (container?.args ?? []).map(arg => (arg === container?.terminationMessagePath ? said : arg))
  const given = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]))
  const env = { ...given, TMPDIR: directory, HOME: directory, ...git }
  const { code, stdout, stderr } = await startRollbook(args, { cwd: directory, env }).ended
  return { exitCode: code ?? 137, message: await readFile(said, 'utf8').catch(() => stderr), log: stdout }
}
