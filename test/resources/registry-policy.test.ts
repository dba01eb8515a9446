// What the fields of a registry that decide about entries mean for its runs.
import t from 'tap'
import type { MCPRegistryImportJob } from '../../src/resources/generated/types.ts'
import { importRequest } from '../../src/resources/import-request.ts'
import { loadManifests } from '../../src/resources/load.ts'
import { mergeOf, policyNotEnforced, validationRequest } from '../../src/resources/registry-policy.ts'
import { checkRequest } from '../../src/resources/request-check.ts'
import { policyRequest } from '../../src/resources/request-parts.ts'
import { importManifest } from '../helpers/entries.ts'

t.test('onUpdate names pairs of merge fields', async t => {
  t.strictSame(mergeOf('create'), { onConflict: 'Keep', prune: 'Never', allowEmpty: false })
  t.strictSame(mergeOf('update'), { onConflict: 'Replace', prune: 'Never', allowEmpty: false })
  t.strictSame(mergeOf('recreate', { allowEmpty: true }), { onConflict: 'Replace', prune: 'Missing', allowEmpty: true })
})

t.test('the validation policy of a run', async t => {
  t.equal(validationRequest({}), undefined)
  t.equal(validationRequest({ validationPolicy: { blockedPatterns: [], approvalRequired: true } }), undefined)
  const validationPolicy = { allowedTiers: ['Official'], blockedPatterns: ['*-alpha'] }
  t.strictSame(validationRequest({ validationPolicy }), validationPolicy)
})

t.test('what nothing enforces yet is named', async t => {
  t.strictSame(policyNotEnforced({}), [])
  t.strictSame(
    policyNotEnforced({
      validationPolicy: { allowedTiers: ['Official'], blockedPatterns: ['x'], approvalRequired: false },
      promotionCriteria: { successfulDeployments: 0, approvedBy: [], testValidationPassed: false },
    }),
    [],
  )
  t.strictSame(
    policyNotEnforced({
      validationPolicy: { approvalRequired: true, securityScanRequired: true },
      promotionCriteria: { successfulDeployments: 3, approvedBy: ['team'], testValidationPassed: true },
    }),
    [
      'spec.validationPolicy.approvalRequired',
      'spec.validationPolicy.securityScanRequired',
      'spec.promotionCriteria.successfulDeployments',
      'spec.promotionCriteria.approvedBy',
      'spec.promotionCriteria.testValidationPassed',
    ],
  )
})

t.test('the policy of a request', async t => {
  const plain = policyRequest(undefined)
  t.strictSame(plain.checks, ['schema', 'semantic'])
  const full = {
    ...plain,
    profile: 'official',
    rewrite: [{ field: 'image', from: 'a.example', to: 'b.example' }],
  } as const
  const settings = { officialBaseUrls: { npm: 'https://npm.registry.example' } }
  t.match(policyRequest({ ...full, requireDigest: true }, settings), {
    ...{ checks: ['schema', 'semantic', 'publish'], requireDigest: true, rewrite: full.rewrite },
    officialBaseUrls: settings.officialBaseUrls,
  })
  t.strictSame(policyRequest({ ...plain, rewrite: [], requireDigest: false }), plain, 'a default is not written down')
  t.strictSame(policyRequest({ ...full, checks: ['publish'] }).checks, ['publish'], 'no tier twice')
})

t.test('a request with every policy passes the check of the worker, and its hash covers the policy', async t => {
  const run = {
    ...{ runId: 'x', attempt: 1, startTime: '2026-01-01T00:00:00Z', searchWholeHistory: false },
    ...{ uid: 'local', generation: 0 },
  }
  const requestOf = (policy: object, settings = {}) => {
    const spec = { policy }
    const text = importManifest({ source: 'https://git.example/a.git', target: 'https://git.example/b.git', spec })
    const { resources, issues } = loadManifests([{ path: 'import.yaml', text }])
    t.strictSame(issues, [])
    return importRequest(resources[0]?.resource as MCPRegistryImportJob, run, settings)
  }
  const rewrite = [{ field: 'image', from: 'ghcr.io', to: 'mirror.example' }]
  const officialBaseUrls = { npm: 'https://npm.registry.example' }
  const full = requestOf({ rewrite, requireDigest: true, profile: 'official' }, { officialBaseUrls })
  const sent = JSON.parse(
    JSON.stringify({ ...full, validation: { allowedTiers: ['Official'], blockedPatterns: ['x'] } }),
  )
  t.strictSame(checkRequest(sent), sent)
  const hashes = [requestOf({}), requestOf({ rewrite }), requestOf({ requireDigest: true }), full].map(
    r => r.requestHash,
  )
  t.equal(new Set(hashes).size, 4)
  t.equal(requestOf({ requireDigest: false }).requestHash, hashes[0])
  const wrong = { ...sent, policy: { ...sent.policy, rewrite: [{ field: 'x' }] } }
  t.throws(() => checkRequest(wrong), /policy.rewrite\[0\]/)
})
