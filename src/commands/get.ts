// `rollbook get`: resources as a table with the columns of their CRD, or as they are.
import type { ClusterObject } from '../cluster/cluster.ts'
import { cellOf } from './columns.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { note, printResult } from './print.ts'
import { type ResourceAccess, withResources } from './resource-access.ts'
import { anyKind, KIND_WORDS, kindAndName, kindList, type ShownKind } from './resource-argument.ts'
import { ALL_NAMESPACES, RESOURCE_OPTIONS } from './resource-options.ts'
import { shownObject } from './shown-object.ts'
import { tableText } from './table.ts'
import { type ShowTime, timeShower } from './when.ts'

export const command: Command = {
  spec: {
    name: 'get',
    summary: 'show resources, or one of them',
    usage: 'KIND [NAME] [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_WORDS },
    options: [
      ALL_NAMESPACES,
      { name: 'wide', type: 'boolean', isSetting: false, help: 'more columns: source, revision, message' },
      ...RESOURCE_OPTIONS,
    ],
    examples: ['rollbook get rollbook --local', 'rollbook get rbimport team-servers -n platform -o yaml'],
  },
  run: invocation => withResources(invocation, access => get(invocation, access)),
}

/** Objects of one kind. */
interface Shown {
  readonly kind: ShownKind
  readonly items: readonly ClusterObject[]
}

async function get(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { options, positionals, terminal } = invocation
  const isEverywhere = options.flag('all-namespaces')
  const [first = ''] = positionals
  const showTime = timeShower(terminal, new Date())
  const isWide = options.flag('wide')
  if (positionals.length > 1 || first.includes('/')) {
    if (isEverywhere) throw new UsageError('a resource of that name may be in several namespaces: name one with -n')
    const { kind: word, name } = kindAndName(positionals)
    const kind = anyKind(word)
    const shown = shownObject(await foundResource(access, kind, name))
    const text = () => tableOf({ kind, items: [shown] }, { isEverywhere, isWide, isMixed: false, showTime })
    await printResult(invocation, shown, text)
    return 0
  }
  const kinds = kindList(first)
  const all: Shown[] = []
  for (const kind of kinds) {
    const { items } = await access.cluster.list(kind.type, isEverywhere ? {} : { namespace: access.namespace })
    all.push({ kind, items: items.map(shownObject) })
  }
  const there = all.filter(({ items }) => items.length > 0)
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: there.flatMap(({ items }) => items) }
  const style = { isEverywhere, isWide, isMixed: kinds.length > 1, showTime }
  await printResult(invocation, list, () => there.map(shown => tableOf(shown, style)).join('\n'))
  if (there.length === 0) {
    note(invocation, `no resources found in ${isEverywhere ? access.place : `namespace ${access.namespace}`}`)
  }
  return 0
}

interface Style {
  readonly isEverywhere: boolean
  readonly isWide: boolean
  /** Several kinds: each name says which. */
  readonly isMixed: boolean
  readonly showTime: ShowTime
}

function tableOf({ kind, items }: Shown, { isEverywhere, isWide, isMixed, showTime }: Style): string {
  const columns = kind.columns.filter(({ priority = 0 }) => isWide || priority === 0)
  const heads = [...(isEverywhere ? ['Namespace'] : []), 'Name', ...columns.map(({ name }) => name)]
  const rows = items.map(item => {
    const { namespace, name } = item.metadata
    const shownName = isMixed ? `${kind.singular}/${name}` : name
    return [...(isEverywhere ? [namespace] : []), shownName, ...columns.map(column => cellOf(column, item, showTime))]
  })
  return tableText(heads, rows)
}
