// The environment of every git process: nothing from the machine but PATH and proxies, all settings by GIT_CONFIG_*,
// so that neither a user's configuration nor an argument list decides or reveals anything ("Git process baseline").
import type { Environment } from './process.ts'

/** A configuration key and its value. */
export type Setting = readonly [key: string, value: string]

type Ambient = Readonly<Record<string, string | undefined>>

/** libcurl reads these; a cluster behind a proxy depends on them. */
export const PROXIES = ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY']

/** The user's own git variables that choose how to authenticate; all others, such as GIT_DIR, belong to another repository. */
const USER_GIT = [
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_SSL_CAINFO',
]

/** Settings of every call. */
const SETTINGS: readonly Setting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsync', 'none'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'false'],
  ['core.askPass', ''],
  // Above this size git streams a blob instead of holding it, and looks for no deltas: memory stays flat.
  ['core.bigFileThreshold', '8m'],
  ['credential.interactive', 'false'],
  // Contents stay in the pack that fast-import writes, however few they are.
  ['fastimport.unpackLimit', '0'],
  ['fetch.negotiationAlgorithm', 'skipping'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['gc.auto', '0'],
  ['http.followRedirects', 'false'],
  ['http.sslVerify', 'true'],
  ['maintenance.auto', 'false'],
  ['pack.compression', '1'],
  ['protocol.version', '2'],
  ['push.gpgSign', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['submodule.recurse', 'false'],
  ['transfer.fsckObjects', 'true'],
]

/** An environment that depends on nothing of the user's. `home` is an empty directory. */
export function isolatedEnvironment(ambient: Ambient, home: string, tmp: string): Environment {
  return withSettings({ ...picked(ambient, ['PATH', ...PROXIES]), ...common(home, tmp), ...ISOLATION }, [
    ...SETTINGS,
    ['credential.helper', ''],
  ])
}

/** The user's own environment and git configuration, still without prompts, hooks and redirects (local mode only). */
export function userEnvironment(ambient: Ambient, tmp: string): Environment {
  const kept = Object.entries(ambient).filter(
    ([name]) =>
      (!name.startsWith('GIT_') || USER_GIT.includes(name)) && name !== 'DISPLAY' && name !== 'WAYLAND_DISPLAY',
  )
  const env = Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  return withSettings({ ...env, ...common(ambient['HOME'] ?? tmp, tmp), SSH_ASKPASS_REQUIRE: 'never' }, SETTINGS)
}

/** The environment with more settings behind those it has; the last of a key wins. */
export function withSettings(env: Environment, settings: readonly Setting[]): Environment {
  const first = Number(env['GIT_CONFIG_COUNT'] ?? '0')
  const more: Record<string, string> = { GIT_CONFIG_COUNT: String(first + settings.length) }
  settings.forEach(([key, value], index) => {
    more[`GIT_CONFIG_KEY_${first + index}`] = key
    more[`GIT_CONFIG_VALUE_${first + index}`] = value
  })
  return { ...env, ...more }
}

const ISOLATION: Environment = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
}

function common(home: string, tmp: string): Environment {
  return {
    HOME: home,
    TMPDIR: tmp,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Empty means that there is no program to ask.
    GIT_ASKPASS: '',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_ADVICE: '0',
  }
}

function picked(ambient: Ambient, names: readonly string[]): Environment {
  return Object.fromEntries(names.flatMap(name => (ambient[name] === undefined ? [] : [[name, ambient[name]]])))
}
