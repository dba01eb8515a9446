// The Secrets and ConfigMaps that a run needs, from its request: those of the resource, and those of the registry that it
// reads through. What is missing is found before a Job exists, with a reason of its own (design 4.6).
import type { Dependency } from '../resources/generated/types.ts'
import type { RunRequest, SecretRef } from '../resources/request.ts'
import type { ObservedDependency } from './observed.ts'
import type { Question } from './plan.ts'
import type { Told } from './told.ts'

export interface NeededObject {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  /** All of these keys. */
  readonly keys: readonly string[]
  /** And one of these, when there are any. */
  readonly oneOf: readonly string[]
  /** The ConfigMap that an export writes: it may be missing, but it must not be somebody else's. */
  readonly isTarget: boolean
}

/** Each object once. */
export function neededObjects({ source, target }: Pick<RunRequest, 'source' | 'target'>): NeededObject[] {
  const needed: NeededObject[] = []
  if (source.type === 'configmap') needed.push(configMap(source.name, { keys: [source.key] }))
  else if (source.authSecret) needed.push(authSecret(source.authSecret, addressOf(source)))
  if (source.type === 'git' && source.verify) needed.push(secret(source.verify.keysSecret.name, {}))
  if (target.type === 'configmap') needed.push(configMap(target.name, { isTarget: true }))
  if (target.type === 'git') {
    if (target.authSecret) needed.push(authSecret(target.authSecret, target.repository))
    const { signingSecret } = target.commit
    if (signingSecret) needed.push(secret(signingSecret.name, { oneOf: ['git.asc', 'identity'] }))
  }
  return merged(needed)
}

/** The question for them, unless it is answered. */
export function askFor(
  needed: readonly NeededObject[],
  answer: readonly ObservedDependency[] | undefined,
): Question | undefined {
  const isKnown = ({ kind, name }: NeededObject) => answer?.some(found => found.kind === kind && found.name === name)
  if (needed.every(isKnown)) return undefined
  return { type: 'dependencies', names: needed.map(({ kind, name }) => ({ kind, name })) }
}

/** Why a run can't start without somebody's help, or undefined. Names objects and keys, never a value (B2). */
export function missingDependency(
  needed: readonly NeededObject[],
  found: readonly ObservedDependency[],
  place: Place,
): Told | undefined {
  for (const object of needed) {
    const there = found.find(({ kind, name }) => kind === object.kind && name === object.name)
    const fault = there && faultOf(object, there, place)
    if (fault) return object.kind === 'Secret' && !place.isLocal ? withLooks(fault) : fault
  }
  return undefined
}

/** Secrets of a cluster are not watched: who has mended one must not wonder why nothing happens. */
function withLooks({ reason, message }: Told): Told {
  const looks = 'it is looked at again at growing intervals up to 5 minutes, and at once by rollbook trigger'
  return { reason, message: `${message}; ${looks}` }
}

export interface Place {
  readonly namespace: string
  /** Local mode: a Secret may be a folder, too. */
  readonly isLocal: boolean
}

/** What status remembers of them. */
export function seenDependencies(needed: readonly NeededObject[], found: readonly ObservedDependency[]): Dependency[] {
  return found
    .filter(({ kind, name }) => needed.some(object => object.kind === kind && object.name === name))
    .map(({ kind, name, resourceVersion }) => ({
      kind,
      name,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }))
}

/** The first object that is not as it was when the last run started: `Secret/catalog-git@4711`. */
export function changedDependency(
  before: readonly Dependency[],
  found: readonly ObservedDependency[],
): string | undefined {
  const changed = found.find(({ kind, name, resourceVersion }) => {
    const seen = before.find(dependency => dependency.kind === kind && dependency.name === name)
    return seen?.resourceVersion !== resourceVersion
  })
  return changed && `${changed.kind}/${changed.name}@${changed.resourceVersion ?? 'deleted'}`
}

function faultOf(object: NeededObject, found: ObservedDependency, place: Place): Told | undefined {
  const { kind, name, keys, oneOf, isTarget } = object
  if (found.forbidden) {
    const message = `${kind} ${name} may not be read: the controller lacks the right to get it`
    return { reason: 'DependencyForbidden', message }
  }
  if (found.resourceVersion === undefined) {
    return isTarget ? undefined : missing(object, place)
  }
  if (isTarget) return found.ours ? undefined : notOurs(name)
  const lacking = keys.filter(key => !found.keys.includes(key))
  const reason = kind === 'Secret' ? 'SecretInvalid' : 'ReferenceNotFound'
  if (lacking.length > 0) return { reason, message: `${kind} ${name} lacks the key ${lacking.join(' and ')}` }
  if (oneOf.length === 0 || oneOf.some(key => found.keys.includes(key))) return undefined
  return { reason, message: `${kind} ${name} has none of the keys ${oneOf.join(', ')}` }
}

function missing({ kind, name, keys, oneOf }: NeededObject, { namespace, isLocal }: Place): Told {
  const wanted = [
    ...(keys.length > 0 ? [`the ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(' and ')}`] : []),
    ...(oneOf.length > 0 ? [`one of the keys ${oneOf.join(', ')}`] : []),
  ]
  const content = wanted.length > 0 ? ` with ${wanted.join(' and ')}` : ''
  const folder = kind === 'Secret' && isLocal ? ', or name its folder with --secret-dir' : ''
  const message = `${kind} ${name} does not exist in namespace ${namespace}: create it${content}${folder}`
  return { reason: kind === 'Secret' ? 'SecretNotFound' : 'ReferenceNotFound', message }
}

function notOurs(name: string): Told {
  const message = `ConfigMap ${name} exists without the label app.kubernetes.io/managed-by: rollbook; choose another name, or set the label to hand it over`
  return { reason: 'TargetNotOurs', message }
}

function addressOf(source: Exclude<RunRequest['source'], { type: 'configmap' }>): string {
  return source.type === 'git' ? source.repository : source.url
}

/** Keys as git and web servers need them (kinds.md, authSecret); the worker looks at the values. */
function authSecret(ref: SecretRef, address: string): NeededObject {
  const named = [ref.usernameKey, ref.passwordKey, ref.tokenKey].filter(key => key !== undefined)
  if (address.startsWith('ssh:')) return secret(ref.name, { keys: [...named, 'identity', 'known_hosts'] })
  return secret(ref.name, named.length > 0 ? { keys: named } : { oneOf: ['bearerToken', 'password', 'ca.crt'] })
}

type Keys = Partial<Pick<NeededObject, 'keys' | 'oneOf' | 'isTarget'>>

function secret(name: string, { keys = [], oneOf = [] }: Keys): NeededObject {
  return { kind: 'Secret', name, keys, oneOf, isTarget: false }
}

function configMap(name: string, { keys = [], isTarget = false }: Keys): NeededObject {
  return { kind: 'ConfigMap', name, keys, oneOf: [], isTarget }
}

/** One Secret may serve source and target. */
function merged(needed: readonly NeededObject[]): NeededObject[] {
  const all = new Map<string, NeededObject>()
  for (const object of needed) {
    const id = `${object.kind}/${object.name}`
    const before = all.get(id)
    const keys = [...new Set([...(before?.keys ?? []), ...object.keys])]
    const oneOf = object.oneOf.length > 0 ? object.oneOf : (before?.oneOf ?? [])
    all.set(id, { ...object, keys, oneOf, isTarget: object.isTarget || before?.isTarget === true })
  }
  return [...all.values()]
}
