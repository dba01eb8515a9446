// The kinds of objects that Rollbook speaks to a cluster about.
import type { EventRecord } from '../resources/event.ts'
import { API_VERSION, type ConfigMap, definitionOf, type RollbookResource, type Secret } from '../resources/kinds.ts'
import type { KindName } from '../resources/schema.ts'
import type { Job, Pod } from '../resources/workload.ts'
import type { ObjectType } from './cluster.ts'

export const JOBS: ObjectType<Job> = { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' }
export const PODS: ObjectType<Pod> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
export const SECRETS: ObjectType<Secret> = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }
export const CONFIG_MAPS: ObjectType<ConfigMap> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' }
export const EVENTS: ObjectType<EventRecord> = { apiVersion: 'v1', kind: 'Event', plural: 'events' }

/** The type of one of our kinds. */
export function typeOf<R extends RollbookResource>(kind: R['kind'] & KindName): ObjectType<R> {
  return { apiVersion: API_VERSION, kind, plural: definitionOf(kind).plural }
}
