// `rollbook history`: the finished runs that the status of a resource remembers.
import type { RunEntry } from '../resources/generated/types.ts'
import type { Command, Invocation } from './command.ts'
import { foundResource } from './found-resource.ts'
import { note, printResult } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { historyOf } from './run-result.ts'
import { tableText } from './table.ts'
import { durationText, type ShowTime, timeShower } from './when.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'history',
    summary: 'show the runs of a resource, newest first',
    usage: 'KIND NAME [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: RESOURCE_OPTIONS,
    examples: ['rollbook history rbimport team-servers --local', 'rollbook history rbreg company -n platform -o json'],
  },
  run: invocation => withResources(invocation, access => history(invocation, access)),
}

async function history(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { kind: word, name } = kindAndName(invocation.positionals)
  const resource = await foundResource(access, ownKind(word), name)
  const runs = historyOf(resource)
  const showTime = timeShower(invocation.terminal, new Date())
  await printResult(invocation, { kind: 'History', runs }, () => (runs.length > 0 ? historyText(runs, showTime) : ''))
  if (runs.length === 0) note(invocation, `${resource.kind} ${name} has finished no run yet`)
  return 0
}

/** One row a run. */
export function historyText(runs: readonly RunEntry[], showTime: ShowTime): string {
  const heads = ['Run', 'Outcome', 'Reason', 'Trigger', 'Started', 'Took', 'Total', 'Changed', 'Invalid', 'Revision']
  return tableText(
    heads,
    runs.map(run => {
      const { added = 0, updated = 0, removed = 0, total, invalid } = run.counts ?? {}
      return [
        run.id,
        run.count === undefined || run.count === 1 ? run.outcome : `${run.outcome} x${run.count}`,
        run.reason ?? '',
        run.trigger?.type ?? '',
        startedText(run, showTime),
        tookText(run),
        String(total ?? ''),
        run.counts ? `+${added} ~${updated} -${removed}` : '',
        String(invalid ?? ''),
        shortRevision(run.target?.revision),
      ]
    }),
  )
}

/** `main@0123456789ab`: enough for `git show`. */
export function shortRevision(revision: string | undefined): string {
  return (revision ?? '').replace(/(sha1|sha256):([0-9a-f]{12})[0-9a-f]+$/, '$2')
}

/** Of several runs in one row the first start is kept, beside the id of the latest (kinds.md, "Status"). */
function startedText({ startTime, count = 1 }: RunEntry, showTime: ShowTime): string {
  return count > 1 ? `${showTime(startTime)} (first)` : showTime(startTime)
}

function tookText({ startTime, completionTime, count = 1 }: RunEntry): string {
  // Several runs: from the start of the first to the end of the last, which says nothing.
  if (startTime === undefined || completionTime === undefined || count > 1) return ''
  return durationText(new Date(completionTime).getTime() - new Date(startTime).getTime())
}
