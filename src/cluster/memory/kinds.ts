// The kinds that the memory cluster knows, with what sets them apart.
import { RuleChecker } from '../../resources/cel.ts'
import { definitionOf, kindNames } from '../../resources/kinds.ts'
import type { KindName, Schema } from '../../resources/schema.ts'
import type { ObjectType } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import { CONFIG_MAPS, EVENTS, JOBS, PODS, SECRETS, typeOf } from '../types.ts'

export interface KindRules {
  readonly type: ObjectType
  /** How its lists merge; for kinds of ours all that their CRD says. */
  readonly schema: Schema
  /** What objects are checked by; undefined for kinds that are not ours. */
  readonly crd: CrdChecks | undefined
  /** The status is written by itself only. */
  readonly hasStatus: boolean
  /** metadata.generation counts the changes of everything but metadata and status. */
  readonly hasGeneration: boolean
}

/** The schema of a CRD in the parts that are written apart. Metadata is any: it has rules of its own. */
export interface CrdChecks {
  readonly whole: Schema
  /** Its status is any. */
  readonly spec: Schema
  readonly status: Schema
  readonly rules: RuleChecker
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
  const rules = new RuleChecker()
  const core = { schema: CORE, crd: undefined }
  const workload = { ...core, hasStatus: true, hasGeneration: true }
  const plain = { ...core, hasStatus: false, hasGeneration: false }
  const all: readonly KindRules[] = [
    ...kindNames.map(name => kindOfOurs(name, rules)),
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

function kindOfOurs(name: KindName, rules: RuleChecker): KindRules {
  const { schema } = definitionOf(name)
  const { properties = {} } = schema
  const whole = { ...schema, properties: { ...properties, metadata: {} } }
  const spec = { ...schema, properties: { ...properties, metadata: {}, status: {} } }
  const status: Schema = { type: 'object', properties: { status: properties['status'] ?? {} } }
  return {
    type: typeOf(name),
    schema: { ...schema, properties: { ...properties, metadata: METADATA } },
    crd: { whole, spec, status, rules },
    hasStatus: true,
    hasGeneration: true,
  }
}
