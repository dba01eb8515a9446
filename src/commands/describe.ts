// `rollbook describe`: all about one resource on one page: what it wants, how it stands, what it did, what happened.
import type { Condition } from '../resources/generated/types.ts'
import { activeRunOf, type RollbookResource } from '../resources/kinds.ts'
import type { Paint } from './color.ts'
import { cellOf } from './columns.ts'
import type { Command, Invocation } from './command.ts'
import { eventList, eventsText, type ShownEvent } from './event-list.ts'
import { foundResource } from './found-resource.ts'
import { historyText } from './history.ts'
import { printedIssue } from './issue-text.ts'
import { printResult, yamlText } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, type OwnKind, ownKind } from './resource-argument.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { historyOf } from './run-result.ts'
import { shownObject } from './shown-object.ts'
import { fieldsText, indented, tableText } from './table.ts'
import { type ShowTime, timeShower } from './when.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'describe',
    summary: 'tell all about one resource',
    usage: 'KIND NAME [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: RESOURCE_OPTIONS,
    examples: ['rollbook describe rbimport team-servers --local', 'rollbook describe rbreg company -n platform'],
  },
  run: invocation => withResources(invocation, access => describe(invocation, access)),
}

async function describe(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { kind: word, name } = kindAndName(invocation.positionals)
  const kind = ownKind(word)
  const resource = shownObject(await foundResource(access, kind, name))
  const about = { kind: resource.kind, name }
  const events = await eventList(access.cluster, { namespace: access.namespace, about })
  const spec = await yamlText(resource.spec)
  const showTime = timeShower(invocation.terminal, new Date())
  await printResult(invocation, { kind: 'Description', resource, events }, paint =>
    textOf({ kind, resource, events, spec, showTime, paint }),
  )
  return 0
}

interface Described {
  readonly kind: OwnKind
  readonly resource: RollbookResource
  readonly events: readonly ShownEvent[]
  /** As YAML. */
  readonly spec: string
  readonly showTime: ShowTime
  readonly paint: Paint
}

function textOf({ kind, resource, events, spec, showTime, paint }: Described): string {
  const { metadata, status } = resource
  const history = historyOf(resource)
  const blocks: readonly (readonly [title: string, text: string])[] = [
    ['Spec', spec],
    ['Conditions', conditionsText(status?.conditions ?? [], showTime, paint)],
    ['Active run', activeText(resource, showTime)],
    ['Issues of the last run', (status?.lastRun?.issues ?? []).map(issue => `${printedIssue(issue)}\n`).join('')],
    ['History', history.length > 0 ? historyText(history, showTime) : ''],
    ['Events', events.length > 0 ? eventsText(events, showTime) : ''],
  ]
  const head = fieldsText([
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Kind', resource.kind],
    ['Labels', mapText(metadata.labels)],
    ['Annotations', mapText(metadata.annotations)],
    ['Created', showTime(metadata.creationTimestamp)],
    ...kind.columns
      .filter(({ name }) => name !== 'Age')
      .map(column => cell(column.name, cellOf(column, resource, showTime))),
  ])
  return (
    head +
    blocks
      .filter(([, text]) => text !== '')
      .map(([title, text]) => `${title}:\n${indented(text)}`)
      .join('')
  )
}

function cell(label: string, text: string): readonly [string, string | undefined] {
  return [label, text === '' ? undefined : text]
}

function conditionsText(conditions: readonly Condition[], showTime: ShowTime, paint: Paint): string {
  if (conditions.length === 0) return ''
  const table = tableText(
    ['Type', 'Status', 'Reason', 'Since', 'Message'],
    conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
      type,
      status,
      reason,
      showTime(lastTransitionTime),
      message.replaceAll(/\s+/g, ' '),
    ]),
  )
  const stalled = conditions.some(({ type, status }) => type === 'Stalled' && status === 'True')
  return stalled ? table.replace(/^Stalled.*$/m, line => paint('bad', line)) : table
}

function activeText(resource: RollbookResource, showTime: ShowTime): string {
  const run = activeRunOf(resource)
  if (!run) return ''
  return fieldsText([
    ['Run', run.id],
    ['Attempt', String(run.attempt)],
    ['Job', run.jobName],
    ['Trigger', run.trigger.type],
    ['Requested by', run.trigger.requestedBy],
    ['Started', showTime(run.startTime)],
    ['Next attempt', run.retryTime === undefined ? undefined : showTime(run.retryTime)],
    ['Last failure', run.lastFailure?.reason],
  ])
}

function mapText(map: Readonly<Record<string, string>> | undefined): string | undefined {
  const entries = Object.entries(map ?? {})
  return entries.length === 0 ? undefined : entries.map(([key, value]) => `${key}=${value}`).join(', ')
}
