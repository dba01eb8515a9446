// `rollbook apply`: brings resources to what manifests say.
import { type AppliedResource, applyManifests } from './apply-manifests.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { MANIFESTS } from './manifest-options.ts'
import { readManifests } from './manifests.ts'
import { note, printResult } from './print.ts'
import type { ResourceAccess } from './resource-access.ts'
import { RESOURCE_OPTIONS } from './resource-options.ts'
import { shownObject } from './shown-object.ts'
import { withResources } from './with-resources.ts'

export const command: Command = {
  spec: {
    name: 'apply',
    summary: 'create resources, or bring them to what manifests say',
    usage: '-f FILE|DIR... [OPTIONS]',
    positionals: { min: 0, max: 0 },
    options: [
      MANIFESTS,
      {
        name: 'force-conflicts',
        type: 'boolean',
        isSetting: false,
        help: 'take over fields that somebody else has written otherwise, such as a suspension',
      },
      ...RESOURCE_OPTIONS,
    ],
    examples: ['rollbook apply -f manifests/ -n platform', 'rollbook apply -f import.yaml --local'],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation
  const paths = options.list(MANIFESTS.name)
  if (paths.length === 0) throw new UsageError('name the manifests with -f FILE or -f DIR')
  const loaded = await readManifests(paths, terminal)
  const work = async (access: ResourceAccess) => {
    const applied: AppliedResource[] = []
    const isText = options.text('output') === 'text'
    const force = options.flag('force-conflicts')
    for await (const each of applyManifests(access, loaded, { onlyNamespace: options.text('namespace'), force })) {
      applied.push(each)
      if (isText) terminal.stdout.write(appliedLine(each))
    }
    if (!isText) await printApplied(invocation, applied)
    const isNews = applied.some(({ how }) => how !== 'unchanged')
    if (access.isStill && isNews) note(invocation, `no process runs ${access.place}: rollbook local does`)
    return 0
  }
  return await withResources(invocation, work, { creates: true })
}

/** `mcpregistryimportjob/team-servers created` */
export function appliedLine({ kind, object, how }: AppliedResource): string {
  return `${kind.singular}/${object.metadata.name} ${how}\n`
}

async function printApplied(invocation: Invocation, applied: readonly AppliedResource[]): Promise<void> {
  const items = applied.map(({ object }) => shownObject(object))
  const [first, ...more] = items
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items }
  await printResult(invocation, first && more.length === 0 ? first : list, () => '')
}
