// The sentences with which the memory cluster refuses.
import { pathOfPointer, pointerOf } from '../../lib/issue.ts'
import type { Problem } from '../../resources/problem.ts'
import type { ObjectName, ObjectType } from '../cluster.ts'
import { ClusterError } from '../cluster-error.ts'

/** `MCPRegistry/team/catalog`. */
export function shownName(type: Pick<ObjectType, 'kind'>, name: ObjectName): string {
  return `${type.kind}/${name.namespace}/${name.name}`
}

export function notFound(type: ObjectType, name: ObjectName): ClusterError {
  return new ClusterError('NotFound', `${shownName(type, name)} does not exist`)
}

export function invalid(type: ObjectType, name: ObjectName, problems: readonly string[]): ClusterError {
  return new ClusterError('Invalid', `${shownName(type, name)} is invalid: ${problems.join('; ')}`)
}

export function conflict(type: ObjectType, name: ObjectName, why: string): ClusterError {
  return new ClusterError('Conflict', `${shownName(type, name)} ${why}`)
}

/** Errors only: warnings are for who writes manifests. */
export function sentencesOf(problems: readonly Problem[]): string[] {
  return problems
    .filter(problem => problem.severity === 'error')
    .map(({ path, message, hint }) => {
      const field = pathOfPointer(pointerOf(...path))
      return `${field === '' ? '' : `${field}: `}${message}${hint === undefined ? '' : ` (${hint})`}`
    })
}

export function alreadyExists(type: ObjectType, name: ObjectName): ClusterError {
  return new ClusterError('AlreadyExists', `${shownName(type, name)} already exists`)
}
