// `rollbook events`: what happened to resources, oldest first.

import type { Command, Invocation } from './command.ts'
import { UsageError } from './command.ts'
import { type EventFilter, eventLine, eventList, eventsText } from './event-list.ts'
import { eventStream } from './event-stream.ts'
import { note, printResult } from './print.ts'
import type { ResourceAccess, WatchAccess } from './resource-access.ts'
import { KIND_WORDS, kindAndName, ownKind } from './resource-argument.ts'
import { ALL_NAMESPACES, RESOURCE_OPTIONS } from './resource-options.ts'
import { timeShower } from './when.ts'
import { withResources, withWatchedResources } from './with-resources.ts'

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
        help: 'after those that are there go on with what happens, a line each, until ended (JSON Lines with -o json)',
      },
      ...RESOURCE_OPTIONS,
    ],
    examples: ['rollbook events --local', 'rollbook events rbimport team-servers -n platform --watch'],
  },
  run: invocation =>
    invocation.options.flag('watch')
      ? withWatchedResources(invocation, access => watchEvents(invocation, access))
      : withResources(invocation, access => events(invocation, access)),
}

async function events(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { terminal } = invocation
  const filter = filterOf(invocation, access)
  const found = await eventList(access.cluster, filter)
  const showTime = timeShower(terminal, new Date())
  await printResult(invocation, { kind: 'Events', events: found }, () =>
    found.length > 0 ? eventsText(found, showTime) : '',
  )
  if (found.length === 0) note(invocation, 'no events found')
  return 0
}

function filterOf({ positionals, options }: Invocation, { namespace }: WatchAccess): EventFilter {
  const where = options.flag('all-namespaces') ? {} : { namespace }
  if (positionals.length === 0) return where
  const { kind, name } = kindAndName(positionals)
  return { ...where, about: { kind: ownKind(kind).type.kind, name } }
}

async function watchEvents(invocation: Invocation, access: WatchAccess): Promise<number> {
  const { terminal, options } = invocation
  const output = options.text('output')
  if (output === 'yaml') throw new UsageError('--watch prints text or, with -o json, JSON Lines')
  const filter = filterOf(invocation, access)
  for await (const event of eventStream(access.cluster, { filter, signal: terminal.signal }))
    terminal.stdout.write(`${output === 'json' ? JSON.stringify(event) : eventLine(event)}\n`)
  return 0
}
