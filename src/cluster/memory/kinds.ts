// The kinds that the memory cluster knows, with what sets them apart.
import { definitionOf, kindNames } from '../../resources/kinds.ts'
import type { KindName, Schema } from '../../resources/schema.ts'
import type { ObjectType } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import { CONFIG_MAPS, EVENTS, JOBS, PODS, SECRETS, typeOf } from '../types.ts'

export interface KindRules {
  readonly type: ObjectType
  /** How its lists merge; for kinds of ours all that their CRD says. */
  readonly schema: Schema
  /** Set for kinds of ours. */
  readonly ours: KindName | undefined
  /** The status is written by itself only. */
  readonly hasStatus: boolean
  /** metadata.generation counts the changes of everything but metadata and status. */
  readonly hasGeneration: boolean
}

export interface Kinds {
  find(type: Pick<ObjectType, 'apiVersion' | 'kind'>): KindRules | undefined
  /** Throws NotFound for a kind that the cluster does not know. */
  get(type: Pick<ObjectType, 'apiVersion' | 'kind'>): KindRules
}

const TEXTS: Schema = { type: 'object', additionalProperties: { type: 'string' } }

const METADATA: Schema = {
  type: 'object',
  properties: {
    name: {},
    namespace: {},
    labels: TEXTS,
    annotations: TEXTS,
    finalizers: { type: 'array', 'x-kubernetes-list-type': 'set' },
    ownerReferences: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['uid'] },
  },
}

/** Enough of Jobs, Pods and the like for their conditions to merge by type. */
const CORE: Schema = {
  type: 'object',
  properties: {
    metadata: METADATA,
    status: {
      properties: {
        conditions: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
      },
    },
  },
}

/** Every kind of `types.ts`. */
export function knownKinds(): Kinds {
  const core = { schema: CORE, ours: undefined }
  const workload = { ...core, hasStatus: true, hasGeneration: true }
  const plain = { ...core, hasStatus: false, hasGeneration: false }
  const all: readonly KindRules[] = [
    ...kindNames.map(kindOfOurs),
    { ...workload, type: JOBS },
    { ...workload, type: PODS },
    { ...plain, type: SECRETS },
    { ...plain, type: CONFIG_MAPS },
    { ...plain, type: EVENTS },
  ]
  const byName = new Map(all.map(rules => [`${rules.type.apiVersion}/${rules.type.kind}`, rules]))
  const find: Kinds['find'] = ({ apiVersion, kind }) => byName.get(`${apiVersion}/${kind}`)
  return {
    find,
    get: type => {
      const found = find(type)
      if (!found) throw new ClusterError('NotFound', `this cluster has no kind ${type.kind} of ${type.apiVersion}`)
      return found
    },
  }
}

function kindOfOurs(ours: KindName): KindRules {
  const { schema } = definitionOf(ours)
  const whole = { ...schema, properties: { ...schema.properties, metadata: METADATA } }
  return { type: typeOf(ours), schema: whole, ours, hasStatus: true, hasGeneration: true }
}
