// Addresses of objects in the Kubernetes API.

import type { ObjectType } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'

export interface Place {
  /** Absent: all namespaces, or a kind that has none. */
  readonly namespace?: string | undefined
  /** Absent: the collection. */
  readonly name?: string
  readonly subresource?: 'status' | 'log'
}

/** `/apis/batch/v1/namespaces/team/jobs/import/status`. Throws Invalid for names that would lead to another path. */
export function pathOf({ apiVersion, plural }: Pick<ObjectType, 'apiVersion' | 'plural'>, place: Place): string {
  const { namespace, name, subresource } = place
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const words = [
    ...(namespace === undefined ? [] : ['namespaces', segment(namespace, 'namespace')]),
    plural,
    ...(name === undefined ? [] : [segment(name, 'name')]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
  return `${base}/${words.join('/')}`
}

function segment(word: string, what: string): string {
  if (word === '' || word === '.' || word === '..' || /[/%]/.test(word)) {
    throw new ClusterError('Invalid', `"${word}" is not a ${what} of an object`)
  }
  return encodeURIComponent(word)
}
