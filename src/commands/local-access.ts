// What a command without cluster may use of the world: this machine's git, its hosts, and Secrets from manifests or a folder.
import { resolve } from 'node:path'
import PQueue from 'p-queue'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { LOCAL_HOSTS } from '../lib/hosts.ts'
import type { Resource, Secret } from '../resources/kinds.ts'
import type { Access } from '../sources/source.ts'
import type { Invocation } from './command.ts'
import { manifestConfigMaps } from './config-map-stores.ts'
import { gitEngine } from './git-engine.ts'
import { systemHostGuard } from './host-settings.ts'
import { machineClock } from './machine.ts'
import { firstOf, manifestSecrets, secretDirectory } from './secret-stores.ts'

export interface LocalContext {
  /** Manifests, whose Secrets and ConfigMaps of the namespace answer. */
  readonly resources?: readonly Resource[]
  readonly namespace?: string
  readonly secretDir?: string | undefined
  /** `--now` */
  readonly now?: Date | undefined
}

export async function localAccess(
  invocation: Invocation,
  { resources = [], namespace = 'default', secretDir, now }: LocalContext,
): Promise<Omit<Access, 'scratch'>> {
  const { options, terminal } = invocation
  return {
    git: await gitEngine(invocation, { allowFile: true, allowHttp: true }),
    secrets: firstOf([
      ...(secretDir === undefined ? [] : [secretDirectory(resolve(terminal.cwd, secretDir))]),
      manifestSecrets(resources.filter(isSecret), namespace),
    ]),
    configMaps: manifestConfigMaps(resources, namespace),
    hosts: systemHostGuard(LOCAL_HOSTS),
    userConfig: options.flag('use-git-credentials'),
    limits: DEFAULT_LIMITS,
    transfers: new PQueue({ concurrency: 2 }),
    signal: terminal.signal,
    clock: machineClock(now),
  }
}

function isSecret(resource: Resource): resource is Secret {
  return resource.kind === 'Secret'
}
