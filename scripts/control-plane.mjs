// One Kubernetes control plane for all test files of a run: told to them by environment, gone when the run is.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Variables that test/helpers/control-plane.ts reads: an administrator's kubeconfig, or why there is none. */
const KUBECONFIG = 'ROLLBOOK_TEST_KUBECONFIG'
const MISSING = 'ROLLBOOK_TEST_KUBE_MISSING'

const scripts = fileURLToPath(new URL('kube', import.meta.url))

/**
 * What to add to the environment of tests that need a cluster, and how to end it. Programs that are nowhere and can't be
 * built are a reason to skip; whatever else goes wrong throws. A cluster that the caller's environment names is used.
 */
export function startControlPlane() {
  const given = process.env[KUBECONFIG]
  if (given) return { env: { [KUBECONFIG]: given }, stop: () => {} }
  const state = mkdtempSync(join(tmpdir(), 'rollbook-kube-'))
  const stop = () => spawnSync(`${scripts}/down`, [state], { stdio: 'inherit' })
  const up = spawnSync(`${scripts}/up`, ['--until', String(process.pid), state], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (up.status === 0) return { env: { [KUBECONFIG]: up.stdout.trim().split('\n').at(-1) }, stop }
  rmSync(state, { recursive: true, force: true })
  const why = up.stderr.trim().split('\n').at(-1) ?? ''
  if (up.status === 3) return { env: { [MISSING]: why }, stop: () => {} }
  throw new Error(`no control plane for the tests: ${up.error?.message ?? up.stderr}`)
}
