// What a list or a watch selects: a namespace, a name and labels.
import { own } from '../../lib/json.ts'
import type { Selection } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'
import type { StoredObject } from './objects.ts'

/** A test for the objects that are selected. Throws Invalid for a selector that is not understood. */
export function selects({ namespace, name, labelSelector }: Selection): (object: StoredObject) => boolean {
  const requirements = requirementsOf(labelSelector ?? '')
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    requirements.every(({ key, isMet }) => {
      const label = own(metadata.labels ?? {}, key)
      return isMet(typeof label === 'string' ? label : undefined)
    })
}

interface Requirement {
  readonly key: string
  readonly isMet: (label: string | undefined) => boolean
}

/** Joined by commas; those within parentheses stand between values. */
function requirementsOf(selector: string): Requirement[] {
  return selector
    .split(/,(?![^()]*\))/)
    .filter(part => part.trim() !== '')
    .map(requirementOf)
}

const FORM = /^(!?)\s*([\w./-]+)\s*(?:(!?==?)\s*([\w.-]*)|\s(in|notin)\s*\(([\w.,\s-]*)\))?$/

function requirementOf(text: string): Requirement {
  const [whole, not, key = '', sign, value = '', word, list = ''] = FORM.exec(text.trim()) ?? []
  const isPlain = sign === undefined && word === undefined
  if (whole === undefined || sign === '!==' || sign === '!' || (not !== '' && !isPlain)) throw notUnderstood(text)
  if (isPlain) return { key, isMet: label => (label === undefined) === (not !== '') }
  const values = word === undefined ? [value] : list.split(',').map(each => each.trim())
  const isWanted = sign === '!=' || word === 'notin' ? isNoneOf(values) : isOneOf(values)
  return { key, isMet: isWanted }
}

function isOneOf(values: readonly string[]) {
  return (label: string | undefined) => label !== undefined && values.includes(label)
}

/** Also where the label is not there, as everywhere in Kubernetes. */
function isNoneOf(values: readonly string[]) {
  return (label: string | undefined) => label === undefined || !values.includes(label)
}

function notUnderstood(text: string): ClusterError {
  const message = `the label selector ${JSON.stringify(text.trim())} is not understood: write key, !key, key=value, key!=value, or key in (a, b), key notin (a, b), joined by commas`
  return new ClusterError('Invalid', message)
}
