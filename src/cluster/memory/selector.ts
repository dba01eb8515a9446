// What a list or a watch selects: a namespace, a name and labels.
import { own } from '../../lib/json.ts'
import type { Selection } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import type { StoredObject } from './objects.ts'

/** A test for the objects that are selected. Throws Invalid for a selector that is not understood. */
export function selects({ namespace, name, labelSelector }: Selection): (object: StoredObject) => boolean {
  const wanted = (labelSelector ?? '').split(',').filter(part => part.trim() !== '')
  const requirements = wanted.map(requirementOf)
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    requirements.every(({ key, value }) => {
      const label = own(metadata.labels ?? {}, key)
      return value === undefined ? label !== undefined : label === value
    })
}

function requirementOf(text: string): { readonly key: string; readonly value: string | undefined } {
  const found = /^([\w./-]+)(?:==?([\w.-]*))?$/.exec(text.trim())
  if (!found) throw new ClusterError('Invalid', `the label selector "${text}" must be key or key=value`)
  const [, key = '', value] = found
  return { key, value }
}
