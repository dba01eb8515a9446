// `rollbook get`: resources as a table with the columns of their CRD, or as they are.
import type { ClusterObject } from '../cluster/cluster.ts'
import { cellOf } from './columns.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { foundResource } from './found-resource.ts'
import { note, printResult } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { anyKind, KIND_LIST_WORDS, kindAndName, kindList, type ShownKind } from './resource-argument.ts'
import { ALL_NAMESPACES, RESOURCE_OPTIONS } from './resource-options.ts'
import { shownObject } from './shown-object.ts'
import { tableText } from './table.ts'
import { type ShowTime, timeShower } from './when.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'get',
    summary: 'show resources, or one of them',
    usage: 'KIND [NAME] [OPTIONS]',
    positionals: { min: 1, max: 2, suggests: KIND_LIST_WORDS },
    options: [
      ALL_NAMESPACES,
      {
        name: 'selector',
        short: 'l',
        type: 'string',
        value: 'SELECTOR',
        isSetting: false,
        help: "by labels, as kubectl writes them: team=a,tier!=test or 'tier in (dev, test)'",
      },
      { name: 'wide', type: 'boolean', isSetting: false, help: 'more columns: source, revision, message (-o wide)' },
      ...RESOURCE_OPTIONS,
    ],
    outputs: ['wide', 'name'],
    examples: [
      'rollbook get rollbook --local',
      'rollbook get rbimport team-servers -n platform -o yaml',
      'rollbook get rbimport -l team=a -o name',
    ],
  },
  run: invocation => withResources(invocation, access => get(invocation, access)),
}

/** Objects of one kind. */
interface Shown {
  readonly kind: ShownKind
  readonly items: readonly ClusterObject[]
}

async function get(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { positionals } = invocation
  const [first = ''] = positionals
  return positionals.length > 1 || first.includes('/')
    ? await getOne(invocation, access)
    : await getAll(invocation, access, first)
}

async function getOne(invocation: Invocation, access: ResourceAccess): Promise<number> {
  const { options, positionals } = invocation
  if (options.flag('all-namespaces'))
    throw new UsageError('a resource of that name may be in several namespaces: name one with -n')
  if (options.text('selector') !== undefined) throw new UsageError('a name and --selector exclude each other')
  const { kind: word, name } = kindAndName(positionals)
  const kind = anyKind(word)
  const shown = shownObject(await foundResource(access, kind, name))
  await printResult(invocation, shown, () => textOf(invocation, [{ kind, items: [shown] }], { isMixed: false }))
  return 0
}

async function getAll(invocation: Invocation, access: ResourceAccess, words: string): Promise<number> {
  const { options } = invocation
  const isEverywhere = options.flag('all-namespaces')
  const labelSelector = options.text('selector')
  const kinds = kindList(words)
  const selection = {
    ...(isEverywhere ? {} : { namespace: access.namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  }
  const all: Shown[] = []
  for (const kind of kinds) {
    const { items } = await access.cluster.list(kind.type, selection)
    all.push({ kind, items: items.map(shownObject) })
  }
  const there = all.filter(({ items }) => items.length > 0)
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: there.flatMap(({ items }) => items) }
  await printResult(invocation, list, () => textOf(invocation, there, { isMixed: kinds.length > 1 }))
  if (there.length === 0) {
    const which = labelSelector === undefined ? '' : ' with these labels'
    note(invocation, `no resources${which} found in ${isEverywhere ? access.place : `namespace ${access.namespace}`}`)
  }
  return 0
}

/** Tables, or the names alone. */
function textOf({ options, terminal }: Invocation, shown: readonly Shown[], mixed: Pick<Style, 'isMixed'>): string {
  const form = options.text('output')
  if (form === 'name') return shown.map(namesOf).join('')
  const style = {
    isEverywhere: options.flag('all-namespaces'),
    isWide: options.flag('wide') || form === 'wide',
    showTime: timeShower(terminal, new Date()),
    ...mixed,
  }
  return shown.map(each => tableOf(each, style)).join('\n')
}

/** `mcpregistry.toolhive.stacklok.io/team`: as kubectl names it, and as both take it. */
function namesOf({ kind: { type, singular }, items }: Shown): string {
  const [group, version] = type.apiVersion.split('/')
  const word = version === undefined ? singular : `${singular}.${group}`
  return items.map(({ metadata }) => `${word}/${metadata.name}\n`).join('')
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
