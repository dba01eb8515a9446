// How caches, queues and lists name an object of one kind.
import type { ObjectName } from './cluster.ts'

/** `team/catalog`. */
export function keyOf(name: ObjectName): string {
  return `${name.namespace}/${name.name}`
}
