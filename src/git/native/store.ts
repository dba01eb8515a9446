// Bare repositories in the scratch directory: one for trees and blobs, one for history, so that the depth of the one
// does not disturb the other. Written by hand: three files are faster than a process.
import { mkdir, writeFile } from 'node:fs/promises'
import { Failure, type Reason } from '../../lib/failure.ts'
import { redacted } from '../remote-context.ts'
import { type Setting, withSettings } from './environment.ts'
import type { Environment, GitCall, GitExit } from './process.ts'
import { bytesIn, runGit } from './process.ts'
import { redirectFailure } from './redirect.ts'
import type { GitSession } from './session.ts'

const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--no-show-forced-updates',
]

/** One bare repository. */
export interface Store {
  readonly session: GitSession
  readonly directory: string
  /** Bytes that fetches may bring. */
  readonly quota: number
}

/** Makes an empty bare repository. */
export async function createStore(session: GitSession, name: string, quota: number): Promise<Store> {
  const directory = `${session.directory}/${name}`
  await Promise.all(
    ['objects/pack', 'refs/heads'].map(path => mkdir(`${directory}/${path}`, { recursive: true, mode: 0o700 })),
  )
  await writeFile(`${directory}/HEAD`, 'ref: refs/heads/none\n')
  // The promisor settings are not here but with each fetch: so no other call ever fetches what it misses.
  await writeFile(
    `${directory}/config`,
    `[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote "origin"]\n\turl = ${quotedValue(session.url.href)}\n`,
  )
  return { session, directory, quota }
}

/** A call inside the store that reaches no remote. */
export function localCall(store: Store, args: readonly string[]): GitCall {
  return callIn(store, args, store.session.local)
}

/** A call inside the store with credentials. */
export function networkCall(store: Store, args: readonly string[], settings: readonly Setting[] = []): GitCall {
  return callIn(store, args, withSettings(store.session.network, settings))
}

/**
 * `git fetch` from the remote: a partial one by `filter`, where the server can. What to fetch comes by stdin, so that a
 * hundred thousand object ids fit. The exit is the caller's to judge, redirects and the quota excepted.
 */
export async function fetchInto(
  store: Store,
  refspecs: Iterable<string>,
  options: {
    readonly filter: string
    readonly args?: readonly string[]
    readonly settings?: readonly Setting[]
    readonly exceeded: Reason
  },
): Promise<GitExit> {
  const settings: Setting[] = [
    ['remote.origin.promisor', 'true'],
    ['remote.origin.partialclonefilter', options.filter],
    ...(options.settings ?? []),
  ]
  const { url } = store.session
  const objects = `${store.directory}/objects/pack`
  const sentence = `fetching from ${url.href} brought more than ${store.quota} bytes`
  const exceeded = () => redacted(store.session, new Failure(options.exceeded, 'definite', sentence))
  const done = await runGit({
    ...networkCall(store, [...FETCH, ...(options.args ?? []), '--stdin', '--end-of-options', 'origin'], settings),
    input: [`${[...refspecs].join('\n')}\n`],
    quota: { directory: objects, bytes: store.quota, exceeded },
  })
  // The watch on the quota looks now and then; a short fetch may have slipped through.
  if ((await bytesIn(objects)) > store.quota) throw exceeded()
  const redirect = done.code === 0 ? undefined : await redirectFailure(store.session, done)
  if (redirect !== undefined) throw redirect
  return done
}

function callIn(store: Store, args: readonly string[], env: Environment): GitCall {
  const { signal } = store.session
  return { args, env: { ...env, GIT_DIR: store.directory }, cwd: store.directory, signal }
}

/** A value in git's configuration syntax. */
function quotedValue(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
