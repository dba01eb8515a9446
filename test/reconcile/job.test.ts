// The Job of a run: what a worker gets, and what it does not.
import t from 'tap'
import type { MCPRegistry } from '../../src/resources/generated/types.ts'
import { Reconciled } from '../helpers/reconciled.ts'

function made(changes = {}): Reconciled {
  const world = new Reconciled()
  world.object('Secret', 'git')
  world.add('MCPRegistryImportJob', 'one', changes)
  world.settle('one')
  return world
}

t.test('a worker without rights', async t => {
  const world = made({
    'spec.target.git.authSecret': { name: 'git' },
    'spec.runner': { resources: { limits: { memory: '1Gi' } }, serviceAccountName: 'runner', nodeSelector: { a: 'b' } },
  })
  const { job } = world.job
  const { spec } = job.spec.template
  t.match(job, {
    metadata: {
      name: /^[0-9a-f]{24}-1$/,
      ownerReferences: [{ kind: 'MCPRegistryImportJob', name: 'one', controller: true, blockOwnerDeletion: true }],
    },
    spec: { backoffLimit: 0, activeDeadlineSeconds: 720 },
  })
  t.notOk('ttlSecondsAfterFinished' in job.spec)
  t.match(spec, {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    activeDeadlineSeconds: 600,
    serviceAccountName: 'runner',
    nodeSelector: { a: 'b' },
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'worker',
        image: 'rollbook:test',
        resources: { limits: { memory: '1Gi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ mountPath: '/etc/rollbook/secrets/git', readOnly: true }, { mountPath: '/tmp' }],
      },
    ],
    volumes: [{ secret: { secretName: 'git' } }, { emptyDir: { sizeLimit: '4Gi' } }],
  })
  t.equal(spec.containers.length, 1)
  t.match(world.request(), {
    runId: world.status('one').activeRun?.id,
    attempt: 1,
    resource: { uid: 'uid-1', generation: 1 },
  })
})

t.test('G5 labels and annotations of the resource are not copied', async t => {
  const world = made({
    'metadata.labels': { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'argocd.argoproj.io/instance': 'x' },
    'metadata.annotations': { 'argocd.argoproj.io/tracking-id': 'x' },
  })
  t.notMatch(JSON.stringify([world.job.job.metadata, world.job.job.spec.template.metadata]), /fluxcd|argoproj/)
})

t.test('a request that is too large for an environment is a ConfigMap that goes with the Job', async t => {
  const names = Array.from({ length: 64 }, (_, index) => `${index}-${'x'.repeat(240)}`)
  const criteria = {
    names,
    tags: names.map(name => name.slice(0, 128)),
    categories: names.map(name => name.slice(0, 128)),
  }
  const world = new Reconciled()
  world.add('MCPRegistry', 'a', { 'spec.filter': { include: criteria, exclude: criteria } })
  for (const name of ['b', 'c']) {
    const before = name === 'b' ? 'a' : 'b'
    world.add('MCPRegistry', name, {
      'spec.filter': { include: criteria, exclude: criteria },
      'spec.source': { type: 'registry', registry: { registryRef: { name: before } } },
    })
  }
  for (const name of ['a', 'b']) {
    const artifact = { revision: 'sha256:1', digest: 'd' }
    world.put({ ...world.get<MCPRegistry>(name), status: { observedGeneration: 1, artifact } })
  }
  world.reconcile('c')
  const { job } = world.job
  const name = job.metadata.name
  t.match(job.spec.template.spec.containers[0]?.env[0], {
    name: 'ROLLBOOK_REQUEST_FILE',
    value: '/etc/rollbook/request/request.json',
  })
  const map = world.configMaps.get(name)
  t.match(map, { immutable: true, metadata: { ownerReferences: [{ name: 'c' }] } })
  t.match(JSON.parse(map?.data?.['request.json'] ?? ''), { runId: world.status('c').activeRun?.id })
  world.end({ result: { outcome: 'Unchanged', reason: 'NoChanges' } })
  world.settle('c')
  world.pass(3600)
  world.settle('c')
  t.notOk(world.configMaps.has(name))
  t.notOk(world.jobs.has(name))
})

t.test('the same plan twice is the same Job', async t => {
  const one = made()
  const two = made()
  t.equal(one.created[0], two.created[0])
  t.strictSame(one.job.job, two.job.job)
})
