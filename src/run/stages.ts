// From documents to accepted entries: through the registries between source and run, then through the run's own filter
// and policy. Each policy decides about the entries that are invalid by it.
import { acceptedDocuments } from '../entries/accepted-documents.ts'
import type { SourceDocument } from '../entries/document.ts'
import { type Accepted, prepare } from '../entries/prepare.ts'
import type { RunRequest } from '../resources/request.ts'
import { refuseInvalid } from './conclude.ts'
import type { Report } from './report.ts'

/** Throws EntriesInvalid, SourceInvalid where a registry's policy does not let the run go on; the run's own is not asked yet. */
export async function prepareStages(
  documents: AsyncIterable<SourceDocument>,
  request: RunRequest,
  report: Report,
): Promise<Accepted> {
  let earlier: Accepted | undefined
  const through = async ({ policy, filter, validation }: Pick<RunRequest, 'policy' | 'filter' | 'validation'>) => {
    const from = earlier ? acceptedDocuments(earlier) : documents
    const prepared = await prepare(from, { judge: policy, filter, validation }, report)
    return earlier ? joined(earlier, prepared) : prepared
  }
  for (const stage of request.stages ?? []) {
    earlier = await through(stage)
    refuseInvalid(report, earlier.entries.length, { policy: stage.policy, merge: request.merge })
    report.settleInvalid()
    if (earlier.entries.length === 0) return earlier
  }
  return await through(request)
}

/** What one stage let pass, with what the stages before know of the source. */
function joined(before: Accepted, after: Accepted): Accepted {
  return {
    ...after,
    envelopes: before.envelopes,
    // What a stage lets pass has a name.
    nameless: before.nameless,
    invalidIdentities: new Set([...before.invalidIdentities, ...after.invalidIdentities]),
  }
}
