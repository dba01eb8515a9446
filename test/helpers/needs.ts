// The one way a test says that it can't run here, and why. It prints the reason loudly, so that a skip is never silent.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The project's root folder. */
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

const sharedData = `${projectRoot}/../shared/data`

/** Path of a file of the real-data folder beside the project, or undefined after the test was skipped with the reason. */
export function needSharedData(t: Test, file: string): string | undefined {
  const path = `${sharedData}/${file}`
  if (existsSync(path)) return path
  skip(t, `real data is not beside the project: ../shared/data/${file}`)
  return undefined
}

/** The environment for a Go of at least the minor version, or undefined after the test was skipped with the reason. */
export function needGo(t: Test, minor: number): NodeJS.ProcessEnv | undefined {
  // No toolchain and no module is ever downloaded.
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off' }
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { env, encoding: 'utf8' })
  const found = /^go1\.(\d+)/.exec(stdout ?? '')
  if (found && Number(found[1]) >= minor) return env
  skip(t, `needs go 1.${minor} or newer on PATH, found ${(stdout ?? '').trim() || 'none'}`)
  return undefined
}

/** True when there is an OpenSSH client; otherwise the test was skipped with the reason. */
export function needSsh(t: Test): boolean {
  if (spawnSync('ssh', ['-V']).error === undefined) return true
  skip(t, 'no ssh program on this machine: install an OpenSSH client')
  return false
}

/** True when there is `ssh-keygen`, which also checks SSH signatures for git; otherwise the test was skipped with the reason. */
export function needSshKeygen(t: Test): boolean {
  if (spawnSync('ssh-keygen', ['-?']).error === undefined) return true
  skip(t, 'no ssh-keygen on this machine: install an OpenSSH client')
  return false
}

/** True when there is GnuPG; otherwise the test was skipped with the reason. */
export function needGpg(t: Test): boolean {
  if (spawnSync('gpg', ['--version']).error === undefined) return true
  skip(t, 'no gpg on this machine: install GnuPG')
  return false
}

/** True where running processes can be found and looked into; otherwise the test was skipped with the reason. */
export function needProc(t: Test): boolean {
  if (existsSync('/proc/self/environ')) return true
  skip(t, 'needs /proc, to find all processes of a run')
  return false
}

/** Tells loudly that a test can not run here. */
export function skip(t: Test, why: string): void {
  process.stderr.write(`SKIPPED ${t.name}: ${why}\n`)
  t.pass(`SKIPPED: ${why}`, { skip: why })
}
