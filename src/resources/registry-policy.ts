// What the fields of an MCPRegistry that decide about entries mean for a run. Pure: the request of a sync is made with it.
import type { MCPRegistrySpec, SyncPolicy } from './generated/types.ts'
import type { MergeRequest, ValidationRequest } from './request.ts'

/** The named pairs of `syncPolicy.onUpdate` (kinds.md, "Blocks", merge). */
const MERGES = {
  create: { onConflict: 'Keep', prune: 'Never' },
  update: { onConflict: 'Replace', prune: 'Never' },
  recreate: { onConflict: 'Replace', prune: 'Missing' },
} as const satisfies Record<SyncPolicy['onUpdate'], Omit<MergeRequest, 'allowEmpty'>>

/** How a sync merges into the registry's storage. */
export function mergeOf(onUpdate: SyncPolicy['onUpdate'], { allowEmpty = false } = {}): MergeRequest {
  return { ...MERGES[onUpdate], allowEmpty }
}

/** The part of `validationPolicy` that a run decides by; undefined when it asks for nothing. */
export function validationRequest(spec: Pick<MCPRegistrySpec, 'validationPolicy'>): ValidationRequest | undefined {
  const { allowedTiers, blockedPatterns = [] } = spec.validationPolicy ?? {}
  if (allowedTiers === undefined && blockedPatterns.length === 0) return undefined
  return {
    ...(allowedTiers === undefined ? {} : { allowedTiers }),
    ...(blockedPatterns.length === 0 ? {} : { blockedPatterns }),
  }
}

/**
 * Fields that ask for something which nothing checks yet, such as `spec.validationPolicy.approvalRequired`: a registry that
 * has one says so with the reason `PolicyNotEnforced`, because a policy that is silently ignored is worse than none.
 */
export function policyNotEnforced(spec: Pick<MCPRegistrySpec, 'validationPolicy' | 'promotionCriteria'>): string[] {
  const { validationPolicy, promotionCriteria } = spec
  const asked: readonly (readonly [field: string, isAsked: boolean])[] = [
    ['validationPolicy.approvalRequired', validationPolicy?.approvalRequired === true],
    ['validationPolicy.securityScanRequired', validationPolicy?.securityScanRequired === true],
    ['promotionCriteria.successfulDeployments', (promotionCriteria?.successfulDeployments ?? 0) > 0],
    ['promotionCriteria.approvedBy', (promotionCriteria?.approvedBy ?? []).length > 0],
    ['promotionCriteria.testValidationPassed', promotionCriteria?.testValidationPassed === true],
  ]
  return asked.filter(([, isAsked]) => isAsked).map(([field]) => `spec.${field}`)
}
