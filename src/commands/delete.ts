// `rollbook delete`: deletes resources, and waits until they are gone: their controller ends their runs first.
import { createInterface } from 'node:readline/promises'
import { EXIT_CODE } from '../lib/failure.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { MANIFESTS } from './manifest-options.ts'
import { readManifests } from './manifests.ts'
import { note, printResult, say } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { ANY_KIND_WORDS, anyKind, kindAndName, type ShownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS, TIMEOUT } from './resource-options.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { waitForController } from './waiting.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'delete',
    summary: 'delete resources; what they wrote to git stays',
    usage: 'KIND NAME | -f FILE|DIR... [OPTIONS]',
    positionals: { min: 0, max: 2, suggests: ANY_KIND_WORDS },
    options: [
      MANIFESTS,
      { name: 'yes', short: 'y', type: 'boolean', isSetting: false, help: "don't ask on a terminal" },
      { name: 'no-wait', type: 'boolean', isSetting: false, help: "don't wait until they are gone" },
      TIMEOUT,
      ...RESOURCE_OPTIONS,
      ...RUNNING_OPTIONS,
    ],
    examples: ['rollbook delete rbimport team-servers --local', 'rollbook delete -f manifests/ -n platform'],
  },
  run: invocation =>
    withResources(invocation, access => remove(invocation, access), { runs: !invocation.options.flag('no-wait') }),
}

interface Doomed {
  readonly kind: ShownKind
  readonly name: string
  readonly namespace: string
}

async function remove(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const doomed = await doomedBy(invocation, access)
  if (doomed.length > 0 && !(await isAgreed(invocation, doomed))) {
    note(invocation, 'nothing was deleted')
    return 0
  }
  const deleted: Doomed[] = []
  for (const each of doomed) {
    if (await access.cluster.delete(each.kind.type, each)) deleted.push(each)
  }
  const missing = doomed.filter(each => !deleted.includes(each))
  if (!invocation.options.flag('no-wait')) for (const each of deleted) await waitUntilGone(invocation, access, each)
  const resources = deleted.map(({ kind, namespace, name }) => ({ kind: kind.type.kind, namespace, name }))
  await printResult(invocation, { kind: 'Deleted', resources }, () =>
    deleted.map(({ kind, name }) => `${kind.singular}/${name} deleted\n`).join(''),
  )
  for (const { kind, name, namespace } of missing)
    say(invocation, `${kind.singular}/${name} is not there in namespace ${namespace}`)
  return missing.length === 0 ? 0 : EXIT_CODE.definite
}

/** Of manifests the last first: who refers before what is referred to. Throws NotFound for a name. */
async function doomedBy({ options, positionals, terminal }: Invocation, access: ResourceAccess): Promise<Doomed[]> {
  const paths = options.list(MANIFESTS.name)
  const { namespace } = access
  if (paths.length === 0) {
    const { kind: word, name } = kindAndName(positionals)
    const kind = anyKind(word)
    await foundResource(access, kind, name)
    return [{ kind, name, namespace }]
  }
  if (positionals.length > 0) throw new UsageError('give KIND NAME or -f, not both')
  const loaded = await readManifests(paths, terminal)
  const named = loaded.map(({ resource, manifest }) => {
    const { metadata } = manifest as { readonly metadata?: { readonly namespace?: string | null } }
    const where = metadata?.namespace ?? namespace
    return { kind: anyKind(resource.kind), name: resource.metadata.name, namespace: where }
  })
  return named.reverse()
}

/** Asks only where somebody can answer. */
async function isAgreed({ terminal, options }: Invocation, doomed: readonly Doomed[]): Promise<boolean> {
  const { stdin, stdout, stderr } = terminal
  const isAsked = stdout.isTTY === true && 'isTTY' in stdin && stdin.isTTY === true
  if (!isAsked || options.flag('yes')) return true
  const names = doomed.map(({ kind, namespace, name }) => `${kind.singular} ${namespace}/${name}`).join(', ')
  const asking = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await asking.question(`Delete ${names}? [y/N] `, { signal: terminal.signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asking.close()
  }
}

async function waitUntilGone(invocation: Invocation, access: ResourceAccess, doomed: Doomed): Promise<void> {
  const { kind, name, namespace } = doomed
  const first = await access.cluster.get(kind.type, { namespace, name })
  if (!first) return
  await waitForController(
    invocation,
    { ...access, namespace },
    {
      kind,
      name,
      what: `${kind.singular}/${name} to be gone`,
      // Another one of the name is somebody's new one.
      see: current => (current?.metadata.uid === first.metadata.uid ? undefined : true),
    },
  )
}
