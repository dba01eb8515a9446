// Why a run that is due can't start, apart from objects that are missing: found in the spec, the references and the settings
// of the install, before any Job exists and without asking anybody.
import { Failure, ofSide, type Side } from '../lib/failure.ts'
import { type HostGuard, hostGuard } from '../lib/hosts.ts'
import { checkRepositoryUrl } from '../lib/repository-url.ts'
import type { RunRequest, SourceRequest, TargetRequest } from '../resources/request.ts'
import { runRequest } from '../resources/run-request.ts'
import { sharedTarget } from './claims.ts'
import { scheduleFault } from './schedule.ts'
import { durationFaults, type Subject } from './subject.ts'
import type { Told } from './told.ts'

export interface Blocker {
  readonly told: Told
  /** False where waiting is all there is to do. */
  readonly isStalled: boolean
}

/** The request of a run, but for what makes it this run; or what keeps it from being made. */
export function draftRequest(subject: Subject): RunRequest | Blocker {
  const { resource, seen, uid, generation, now } = subject
  const { hosts, officialBaseUrls } = seen.install
  const faults = [...durationFaults(resource), 'schedule' in resource.spec ? scheduleFault(resource.spec) : undefined]
  const told = faults.filter(fault => fault !== undefined)
  if (told.length > 0) return stalled({ reason: 'ManifestInvalid', message: told.join('; ') })
  const identity = {
    runId: 'draft',
    attempt: 1,
    startTime: now.toISOString(),
    searchWholeHistory: false,
    uid,
    generation,
    hosts,
  }
  const context = { registries: seen.registries, ...(officialBaseUrls ? { officialBaseUrls } : {}) }
  try {
    return runRequest(resource, identity, context)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return blockedBy(error)
  }
}

export function isBlocker(value: RunRequest | Blocker): value is Blocker {
  return 'told' in value
}

/** Denied hosts, and a target that is another's. */
export function blockerOf({ resource, seen }: Subject, request: RunRequest): Blocker | undefined {
  const denied = deniedHosts(request, seen.install.hosts)
  if (denied) return denied
  const shared = sharedTarget(resource, seen.others, seen.claims)
  return shared && stalled(shared)
}

interface Address {
  readonly url: string
  readonly credentials: boolean
}

/** What is wrong with the addresses of source and target, all of it; the first fault gives the reason. Looks no name up. */
function deniedHosts({ source, target }: RunRequest, hosts: Parameters<typeof hostGuard>[0]): Blocker | undefined {
  const guard = hostGuard(hosts, () => Promise.reject(new Error('a plan resolves no names')))
  const faults = [
    ...faultsOf('source', () => sourceAddresses(source), guard),
    ...faultsOf('target', () => targetAddresses(target), guard),
  ]
  const [first] = faults
  if (!first) return undefined
  const message = faults.map(({ told }) => told.message).join('; ')
  return { told: { reason: first.told.reason, message }, isStalled: faults.some(({ isStalled }) => isStalled) }
}

function faultsOf(side: Side, addresses: () => readonly Address[], guard: HostGuard): Blocker[] {
  try {
    for (const { url, credentials } of addresses()) {
      if (!URL.canParse(url)) throw new Failure('UrlInvalid', 'definite', 'the address is no URL')
      guard.checkUrl(new URL(url), { credentials })
    }
    return []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [blockedBy(ofSide(side, error))]
  }
}

function sourceAddresses(source: SourceRequest): Address[] {
  switch (source.type) {
    case 'git':
      return [repository(source.repository, source.authSecret !== undefined)]
    case 'url':
    case 'registry':
      return [{ url: source.url, credentials: source.authSecret !== undefined }]
    case 'configmap':
      return []
    default:
      return source satisfies never
  }
}

function targetAddresses(target: TargetRequest): Address[] {
  return target.type === 'git' ? [repository(target.repository, target.authSecret !== undefined)] : []
}

function repository(url: string, credentials: boolean): Address {
  const fault = checkRepositoryUrl(url)
  if (fault !== undefined) throw new Failure('UrlInvalid', 'definite', fault)
  return { url, credentials }
}

function blockedBy({ reason, message, hint, class: failureClass }: Failure): Blocker {
  const told = { reason, message: hint === undefined ? message : `${message}; ${hint}` }
  return { told, isStalled: failureClass === 'definite' }
}

function stalled(told: Told): Blocker {
  return { told, isStalled: true }
}
