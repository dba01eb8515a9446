// Where the rules of clusters are tried, and the objects they are tried on. A real server works while we look: what it does
// by itself is waited for, never slept for.
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Cluster, ClusterObject, ObjectType, Selection, WatchEvent } from '../../src/cluster/cluster.ts'
import { ClusterError, type ClusterErrorReason } from '../../src/cluster/cluster-error.ts'
import { CONFIG_MAPS, typeOf } from '../../src/cluster/types.ts'
import type { MCPRegistry } from '../../src/resources/generated/types.ts'
import type { ConfigMap } from '../../src/resources/kinds.ts'
import type { ObjectMeta } from '../../src/resources/object-meta.ts'

export interface Site {
  readonly cluster: Cluster
  /** New and of this test alone. */
  readonly namespace: string
}

export type MakeSite = (t: Test) => Promise<Site>

export const REGISTRIES: ObjectType<MCPRegistry> = typeOf('MCPRegistry')

const LONGEST_MS = 60_000

/** Metadata besides the name. */
export type Extra = Partial<ObjectMeta>

/** The least that is accepted. */
export function registry({ namespace }: Site, name: string, extra: Extra = {}): MCPRegistry {
  const source = { type: 'url', url: { url: 'https://registry.example.com/v0' } }
  // Defaults are the cluster's to fill in.
  return {
    apiVersion: 'toolhive.stacklok.io/v1alpha1',
    kind: 'MCPRegistry',
    metadata: { ...extra, name, namespace },
    spec: { source },
  } as unknown as MCPRegistry
}

export function configMap(
  { namespace }: Site,
  name: string,
  { data = {}, ...extra }: Extra & { readonly data?: Readonly<Record<string, string>> } = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...extra, name, namespace }, data }
}

/** Creates a ConfigMap and gives its owner reference. */
export async function owner(site: Site, name: string, blocks = false) {
  const { metadata } = await site.cluster.create(CONFIG_MAPS, configMap(site, name))
  return ownerReference({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, blocks)
}

export function ownerReference({ apiVersion, kind, metadata }: ClusterObject, blocks = false) {
  const { name, uid = '' } = metadata
  return { apiVersion, kind, name, uid, ...(blocks ? { blockOwnerDeletion: true } : {}) }
}

/** Asserts that the call ends with this reason; gives the message. */
export async function refused(
  t: Test,
  call: Promise<unknown>,
  reason: ClusterErrorReason,
  name = `is ${reason}`,
): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  t.ok(error instanceof ClusterError, `${name}: throws a ClusterError`)
  if (!(error instanceof ClusterError)) return String(error)
  t.equal(error.reason, reason, `${name}: ${error.message}`)
  return error.message
}

/** Waits until the condition holds. */
export async function eventually(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const end = performance.now() + LONGEST_MS
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await pause(5)
  }
}

/** Waits until the object is not there any more. */
export async function gone({ cluster, namespace }: Site, type: ObjectType, name: string): Promise<void> {
  await eventually(async () => (await cluster.get(type, { namespace, name })) === undefined, `the end of ${name}`)
}

export interface Watched<T extends ClusterObject> extends Pick<Selection, 'name' | 'labelSelector'> {
  readonly type: ObjectType<T>
  readonly from: string
}

/** `ADDED one`, `DELETED two`: every event so far of a watch that ends with the test. */
export function watched<T extends ClusterObject>(t: Test, site: Site, { type, from, ...selection }: Watched<T>) {
  const controller = new AbortController()
  const events: Exclude<WatchEvent<T>, { readonly type: 'BOOKMARK' }>[] = []
  const options = { ...selection, namespace: site.namespace, resourceVersion: from, signal: controller.signal }
  const done = (async () => {
    for await (const event of site.cluster.watch(type, options)) {
      if (event.type !== 'BOOKMARK') events.push(event)
    }
  })()
  t.teardown(async () => {
    controller.abort()
    await done
  })
  return {
    events,
    shown: () => events.map(({ type: kind, object }) => `${kind} ${object.metadata.name}`),
    /** Waits for so many events. */
    count: (wanted: number) => eventually(() => events.length >= wanted, `${wanted} events`),
    /** Ends the watch. */
    stop: async () => {
      controller.abort()
      await done
    },
  }
}
