// What a run that a test executes in its own process may use: this machine's git, no Secrets, no ConfigMaps.
import PQueue from 'p-queue'
import { systemHostGuard } from '../../src/commands/host-settings.ts'
import { DEFAULT_LIMITS } from '../../src/entries/limits.ts'
import { nativeEngine } from '../../src/git/native/engine.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { LOCAL_HOSTS } from '../../src/lib/hosts.ts'
import type { RunEnvironment } from '../../src/run/execute.ts'

/** `temporary` is the folder for scratch folders. */
export function runEnvironment(temporary: string, clock: Clock): RunEnvironment {
  return {
    git: nativeEngine({ allowFile: true, allowHttp: false, ambient: { PATH: process.env['PATH'] } }),
    secrets: { read: async () => undefined },
    configMaps: { read: async () => undefined },
    hosts: systemHostGuard(LOCAL_HOSTS),
    userConfig: false,
    limits: DEFAULT_LIMITS,
    transfers: new PQueue({ concurrency: 2 }),
    signal: new AbortController().signal,
    clock,
    temporary,
    endsEarlyBy: 10_000,
  }
}
