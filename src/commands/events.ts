// `rollbook events`: what happened to resources, oldest first.

import { follow } from '../cluster/follow.ts'
import { EVENTS } from '../cluster/types.ts'
import type { Command, Invocation } from './command.ts'
import { UsageError } from './command.ts'
import { type EventFilter, eventLine, eventList, eventsText, isWanted, shownEvent } from './event-list.ts'
import { note, printResult } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { ALL_NAMESPACES, RESOURCE_OPTIONS } from './resource-options.ts'
import { timeShower } from './when.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'events',
    summary: 'show what happened to resources, oldest first',
    usage: '[KIND NAME] [OPTIONS]',
    positionals: { min: 0, max: 2, suggests: KIND_WORDS },
    options: [
      ALL_NAMESPACES,
      {
        name: 'watch',
        short: 'w',
        type: 'boolean',
        isSetting: false,
        help: 'go on with what happens from now, a line each, until ended (JSON Lines with -o json)',
      },
      ...RESOURCE_OPTIONS,
    ],
    examples: ['rollbook events --local', 'rollbook events rbimport team-servers -n platform --watch'],
  },
  run: invocation => withResources(invocation, access => events(invocation, access)),
}

async function events(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { options, terminal } = invocation
  const filter = filterOf(invocation, access)
  if (options.flag('watch')) return await watchEvents(invocation, access, filter)
  const found = await eventList(access.cluster, filter)
  const showTime = timeShower(terminal, new Date())
  await printResult(invocation, { kind: 'Events', events: found }, () =>
    found.length > 0 ? eventsText(found, showTime) : '',
  )
  if (found.length === 0) note(invocation, 'no events found')
  return 0
}

function filterOf({ positionals, options }: Invocation, { namespace }: ResourceAccess): EventFilter {
  const where = options.flag('all-namespaces') ? {} : { namespace }
  if (positionals.length === 0) return where
  const { kind, name } = kindAndName(positionals)
  return { ...where, about: { kind: ownKind(kind).type.kind, name } }
}

async function watchEvents(invocation: Invocation, access: ResourceAccess, filter: EventFilter): Promise<number> {
  const { terminal, options } = invocation
  const output = options.text('output')
  if (output === 'yaml') throw new UsageError('--watch prints text or, with -o json, JSON Lines')
  const { namespace } = filter
  const selection = namespace === undefined ? {} : { namespace }
  for await (const { object, isGone } of follow(access.cluster, EVENTS, { ...selection, signal: terminal.signal })) {
    if (isGone || !isWanted(object, filter)) continue
    const event = shownEvent(object)
    terminal.stdout.write(`${output === 'json' ? JSON.stringify(event) : eventLine(event)}\n`)
  }
  return 0
}
