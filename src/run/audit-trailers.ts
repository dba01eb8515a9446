// What is wrong with the trailers of one commit: by themselves, and beside the run on record. Pure.
import { COUNT_KEYS } from '../resources/result.ts'
import type { RunFact } from './audit-facts.ts'
import { type RunTrailers, trailerUrl } from './trailers.ts'

/** Names of trailers that are not as a run writes them. */
export function lackingTrailers(trailers: RunTrailers): string[] {
  const { resource, target, digest, request, outcome } = trailers
  const checks: readonly [string, boolean][] = [
    ['Resource', /^\S+\/\S+\/\S+ uid=\S+ generation=\d+$/.test(resource)],
    ['Target', /^(File|Directory|Namespace) (upstream|toolhive) ./.test(target)],
    ['Outcome', outcome === 'Completed' || outcome === 'PartiallyCompleted'],
    ['Digest', /^[0-9a-f]{64}$/.test(digest)],
    ['Request', /^[0-9a-f]{64}$/.test(request)],
  ]
  return checks.filter(([, isThere]) => !isThere).map(([name]) => `Rollbook-${name}`)
}

/** What the trailers say otherwise than the record. Of a run that could not tell its end only the resource is sure. */
export function differences(trailers: RunTrailers, run: RunFact): string[] {
  const [resource = ''] = trailers.resource.split(' ')
  const differs: [string, boolean][] = [['resource', resource !== run.resource]]
  if (run.requestHash !== undefined) differs.push(['request', trailers.request !== run.requestHash])
  if (run.made === 'commit') {
    differs.push(
      ['outcome', trailers.outcome !== run.outcome],
      ['counts', COUNT_KEYS.some(key => trailers.counts[key] !== run.counts[key])],
      ['digest', run.digest !== null && trailers.digest !== run.digest],
      ['source', run.sourceRevision !== null && !trailers.source.endsWith(` ${trailerUrl(run.sourceRevision)}`)],
    )
  }
  return differs.filter(([, isOther]) => isOther).map(([name]) => name)
}
