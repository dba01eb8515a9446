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

/** True when there is an OpenSSH client; otherwise the test was skipped with the reason. */
export function needSsh(t: Test): boolean {
  if (spawnSync('ssh', ['-V']).error === undefined) return true
  skip(t, 'no ssh program on this machine: install an OpenSSH client')
  return false
}

function skip(t: Test, why: string): void {
  process.stderr.write(`SKIPPED ${t.name}: ${why}\n`)
  t.pass(`SKIPPED: ${why}`, { skip: why })
}
