// `rollbook trigger`: asks for a run now, and with --wait tells how it ended.
import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { ClusterError } from '../cluster/cluster-error.ts'
import { EXIT_CODE, Failure } from '../lib/failure.ts'
import type { Condition, RunEntry } from '../resources/generated/types.ts'
import { activeRunOf, type RollbookResource } from '../resources/kinds.ts'
import { RUN_REQUESTED_AT, RUN_REQUESTED_BY } from '../resources/names.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { note, printResult } from './print.ts'
import { printRecorded, printWaited } from './print-recorded.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, type OwnKind, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS, TIMEOUT } from './resource-options.ts'
import { findRun } from './run-result.ts'
import { RUNNING_OPTIONS } from './running-options.ts'
import { conditionOf, isSettled } from './verdict.ts'
import { waitForController } from './waiting.ts'
import { heldUp, showerOf } from './waits.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'trigger',
    summary: 'ask for a run of a resource now',
    usage: 'KIND NAME [--wait] [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: [
      { name: 'wait', type: 'boolean', isSetting: false, help: 'wait until the run has ended, and print its result' },
      TIMEOUT,
      ...RESOURCE_OPTIONS,
      ...RUNNING_OPTIONS,
    ],
    examples: ['rollbook trigger rbimport team-servers --wait --local', 'rollbook trigger rbreg company -n platform'],
  },
  run: invocation =>
    withResources(invocation, access => trigger(invocation, access), { runs: invocation.options.flag('wait') }),
}

async function trigger(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { options, positionals } = invocation
  const { kind: word, name } = kindAndName(positionals)
  const kind = ownKind(word)
  if (options.text(TIMEOUT.name) !== undefined && !options.flag('wait'))
    throw new UsageError('--timeout belongs to --wait')
  if (kind.type.kind === 'MCPRegistrySyncJob')
    throw new UsageError(
      'a sync job runs once for each version of its spec: trigger its registry, or change or recreate the sync job',
    )
  const resource = await foundResource(access, kind, name)
  refuseSuspended(resource)
  const token = await requestRun(access, kind, name)
  if (options.flag('wait')) {
    const earlier = requestOf(resource)
    return await waitForRequest(invocation, access, { kind, name, token, earlier })
  }
  const { namespace } = access
  const requested = { kind: 'RunRequest', token, resource: { kind: resource.kind, namespace, name } }
  await printResult(invocation, requested, () => `${kind.singular}/${name} triggered\n`)
  if (access.isStill) note(invocation, `no process runs ${access.place}: rollbook local does, or --wait`)
  return 0
}

/** Its token. */
async function requestRun({ cluster, namespace }: ResourceAccess, kind: OwnKind, name: string): Promise<string> {
  const token = `${new Date().toISOString()}/${randomBytes(4).toString('hex')}`
  const annotations = { [RUN_REQUESTED_AT]: token, [RUN_REQUESTED_BY]: requester() }
  await cluster.patch(kind.type, { namespace, name }, { metadata: { annotations } })
  return token
}

interface Requested {
  readonly kind: OwnKind
  readonly name: string
  readonly token: string
  /** The token that stood there before this request. */
  readonly earlier: string | undefined
}

/** The run, or why there is none. */
type Seen =
  | { readonly resource: RollbookResource; readonly entry: RunEntry }
  | { readonly resource: RollbookResource; readonly condition: Condition }

async function waitForRequest(
  invocation: Invocation,
  access: ResourceAccess,
  { kind, name, token: own, earlier }: Requested,
): Promise<number> {
  let token = own
  const seen = await waitForController<RollbookResource, Seen>(invocation, access, {
    kind,
    name,
    what: `the run of ${kind.singular}/${name}`,
    next: resource => heldUp(resource, showerOf(invocation)),
    see: resource => {
      if (!resource) throw new ClusterError('NotFound', `${kind.singular}/${name} was deleted before its run ended`)
      if (isReplaced(resource, token, earlier)) token = requestOf(resource) ?? token
      const entry = findRun(resource, ({ trigger: cause }) => cause?.token === token)
      if (entry) return { resource, entry }
      if (resource.status?.lastHandledRunRequest === token) refuseSuspended(resource)
      return undefined
    },
    giveUp: resource => {
      const condition = resource && stalledBy(resource, token)
      return condition && { resource, condition }
    },
  })
  if (token !== own) note(invocation, 'somebody else asked too, before this request was taken up: one run is for both')
  if ('entry' in seen) return await printRecorded(invocation, access, seen)
  await printWaited(invocation, access, seen)
  note(invocation, 'the request stays, and is run when that is mended')
  return EXIT_CODE.definite
}

function requestOf({ metadata }: RollbookResource): string | undefined {
  return metadata.annotations?.[RUN_REQUESTED_AT]
}

/** A later request stands where this one was, which nothing took up: it will be in no run. */
function isReplaced(resource: RollbookResource, token: string, earlier: string | undefined): boolean {
  const now = requestOf(resource)
  // A cache of the API server may still show what stood there before.
  if (now === undefined || now === token || now === earlier) return false
  return resource.status?.lastHandledRunRequest !== token && activeRunOf(resource)?.trigger.token !== token
}

function refuseSuspended(resource: RollbookResource): void {
  if (!('suspend' in resource.spec) || resource.spec.suspend !== true) return
  const { kind, metadata } = resource
  throw new Failure('Suspended', 'definite', `${kind} ${metadata.name} is suspended: a request is noted and not run`, {
    hint: `rollbook resume ${kind.toLowerCase()} ${metadata.name} -n ${metadata.namespace}`,
  })
}

/**
 * Why the request can't be run: the spec, a reference or a setting forbids it. It waits, and so would who asked. What an
 * earlier run left is no answer: then Reconciling has other words.
 */
function stalledBy(resource: RollbookResource, token: string): Condition | undefined {
  if (resource.status?.lastHandledRunRequest === token || !isSettled(resource)) return undefined
  const stalled = conditionOf(resource, 'Stalled')
  const { reason, message } = conditionOf(resource, 'Reconciling') ?? {}
  return stalled?.status === 'True' && stalled.reason === reason && stalled.message === message ? stalled : undefined
}

/** A claim, no proof: the audit log of the API server has that (kinds.md, "Control"). */
function requester(): string {
  return `${userInfo().username}@${hostname()}`
}
