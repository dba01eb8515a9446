// The rules of the CRDs in a real API server: what is refused offline is refused here, with the same message where it is ours.
import t, { type Test } from 'tap'
import { ClusterError } from '../../src/cluster/cluster-error.ts'
import { kubeConnection } from '../../src/cluster/kube/connection.ts'
import { pathOf } from '../../src/cluster/kube/paths.ts'
import { Transport } from '../../src/cluster/kube/transport.ts'
import { typeOf } from '../../src/cluster/types.ts'
import { machineClock } from '../../src/commands/machine.ts'
import { crds } from '../../src/resources/generated/crds.ts'
import { loadManifests } from '../../src/resources/load.ts'
import type { KindName } from '../../src/resources/schema.ts'
import { type Changes, manifestRules, type Refused } from '../contracts/refused-manifests.ts'
import { namespaceFor, needApiServer } from '../helpers/control-plane.ts'
import { manifestOf, resourceOf } from '../helpers/manifests.ts'

const plane = needApiServer(t)

if (plane) {
  const connection = kubeConnection({ files: [plane.kubeconfig], plugins: false })
  t.teardown(() => connection.close())
  const transport = new Transport({ connection, clock: machineClock(undefined) })
  const namespace = await namespaceFor(t, plane)
  const ours = rulesOf(crds)

  for (const [name, ask] of Object.entries(manifestRules)) {
    t.test(name, async t => {
      const questions: (() => Promise<unknown>)[] = []
      ask({
        refuse: (name, row) => questions.push(() => refuse(t, name, row)),
        accept: (set, kind) => questions.push(() => accept(t, set, kind)),
      })
      for (const question of questions) await question()
    })
  }

  async function refuse(
    t: Test,
    name: string,
    { kind = 'MCPRegistryImportJob', set, message }: Refused,
  ): Promise<unknown> {
    const answer = await verdict(kind, set)
    if (answer === undefined) return t.fail(`${name}: ${JSON.stringify(set)} is taken`)
    const { issues } = loadManifests([{ path: 'job.yaml', text: manifestOf(kind, set) }])
    const said = issues.filter(issue => message.test(issue.message) && ours.has(issue.message))
    if (said.length === 0) return t.pass(name)
    return t.ok(
      said.some(issue => answer.includes(issue.message)),
      `${name}: ${answer} says ${said[0]?.message}`,
    )
  }

  async function accept(t: Test, set: Changes, kind: KindName = 'MCPRegistryImportJob'): Promise<unknown> {
    return t.equal(await verdict(kind, set), undefined, JSON.stringify(set))
  }

  /** Why the server does not take the manifest, or undefined. */
  async function verdict(kind: KindName, set: Changes): Promise<string | undefined> {
    const type = typeOf(kind)
    try {
      await transport.send({
        verb: 'create',
        resource: type.plural,
        method: 'POST',
        path: pathOf(type, { namespace }),
        query: { dryRun: 'All', fieldValidation: 'Strict' },
        body: resourceOf(kind, set),
      })
      return undefined
    } catch (error) {
      if (error instanceof ClusterError && error.reason === 'Invalid') return error.message
      throw error
    }
  }
}

/** All messages that the CRDs themselves give. */
function rulesOf(node: unknown, found = new Set<string>()): Set<string> {
  if (typeof node !== 'object' || node === null) return found
  if ('rule' in node && 'message' in node) found.add(String(node.message))
  for (const inner of Object.values(node)) rulesOf(inner, found)
  return found
}
