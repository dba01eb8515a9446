// A real Kubernetes API for tests: the one that scripts/run-tests.mjs has started for this run, or one of the test's own.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { type KubeCluster, type KubeClusterOptions, kubeCluster } from '../../src/cluster/kube/cluster.ts'
import { kubeConnection } from '../../src/cluster/kube/connection.ts'
import { machineClock } from '../../src/commands/machine.ts'
import { projectRoot, skip } from './needs.ts'

const scripts = join(projectRoot, 'scripts/kube')

export interface ControlPlane {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string
  /** What kubectl prints. Throws with what it complains of. */
  kubectl(...args: readonly string[]): Promise<string>
  /** The same with an object on stdin, for `-f -`. */
  kubectlWith(input: object, ...args: readonly string[]): Promise<string>
}

export interface OwnApiServer extends ControlPlane {
  /** As with `kill -9`. */
  kill(): void
  /** Starts it again on the same port; it is not ready yet when this returns. */
  restart(): void
}

/** The API server that all tests share, or undefined after the test was skipped with the reason. */
export function needApiServer(t: Test): ControlPlane | undefined {
  const { ROLLBOOK_TEST_KUBECONFIG: shared } = process.env
  const kubeconfig = shared ?? started(t)
  return kubeconfig === undefined ? undefined : controlPlaneAt(kubeconfig)
}

/** The same with controllers: Jobs make Pods, owners are collected, namespaces have a service account and end. */
export function needControlPlane(t: Test): ControlPlane | undefined {
  const plane = needApiServer(t)
  const beside = (name: string) => plane !== undefined && existsSync(join(dirname(plane.kubeconfig), name))
  // A cluster that somebody else has started has its controllers.
  if (!beside('etcd.pid') || beside('controllers.pid')) return plane
  return skipped(
    t,
    'no kube-controller-manager: add it to the folder of KUBEBUILDER_ASSETS, or install Go, which builds it',
  )
}

/** An API server that the test may kill, without controllers; undefined after the test was skipped with the reason. */
export function needOwnApiServer(t: Test): OwnApiServer | undefined {
  const kubeconfig = started(t, '--no-controllers')
  if (kubeconfig === undefined) return undefined
  const pidFile = join(dirname(kubeconfig), 'apiserver.pid')
  return {
    ...controlPlaneAt(kubeconfig),
    kill: () => void process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL'),
    restart: () => {
      const child = spawn(join(dirname(kubeconfig), 'start-apiserver'), { detached: true, stdio: 'ignore' })
      child.unref()
      writeFileSync(pidFile, String(child.pid))
    },
  }
}

/** A new namespace with a random name, deleted when the test ends. */
export async function namespaceFor(t: Test, plane: ControlPlane): Promise<string> {
  const name = `test-${randomBytes(5).toString('hex')}`
  await plane.kubectl('create', 'namespace', name)
  t.teardown(() => plane.kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found'))
  return name
}

/** The engine for the cluster of a kubeconfig, with the machine's clock; its connections end with the test. */
export function clusterAt(t: Test, kubeconfig: string, options: Partial<KubeClusterOptions> = {}): KubeCluster {
  const connection = kubeConnection({ files: [kubeconfig], plugins: false })
  t.teardown(() => connection.close())
  return kubeCluster({ connection, clock: machineClock(undefined), ...options })
}

/** Starts a control plane for this test alone. */
function started(t: Test, ...options: readonly string[]): string | undefined {
  const { ROLLBOOK_TEST_KUBE_MISSING: missing } = process.env
  if (missing) return skipped(t, missing)
  const state = mkdtempSync(join(tmpdir(), 'rollbook-kube-'))
  const up = spawnSync(join(scripts, 'up'), [...options, '--until', String(process.pid), state], { encoding: 'utf8' })
  if (up.status !== 0) rmSync(state, { recursive: true, force: true })
  if (up.status === 3) return skipped(t, up.stderr.trim().split('\n').at(-1) ?? '')
  if (up.status !== 0) throw new Error(`no control plane: ${up.error?.message ?? up.stderr}`)
  t.teardown(() => void spawnSync(join(scripts, 'down'), [state]))
  return up.stdout.trim().split('\n').at(-1)
}

function skipped(t: Test, why: string): undefined {
  skip(t, why)
}

function controlPlaneAt(kubeconfig: string): ControlPlane {
  const beside = join(dirname(kubeconfig), 'bin/kubectl')
  const program = existsSync(beside) ? beside : 'kubectl'
  const run = async (args: readonly string[], input: string) => {
    const running = promisify(execFile)(program, ['--kubeconfig', kubeconfig, ...args])
    running.child.stdin?.end(input)
    return (await running).stdout
  }
  return {
    kubeconfig,
    kubectl: (...args) => run(args, ''),
    kubectlWith: (input, ...args) => run(args, JSON.stringify(input)),
  }
}
