// The semantic tier: what the official registry checks beyond its JSON Schema, by the same names and with the same verdicts
// (internal/validators of modelcontextprotocol/registry v1.7.0). The schema tier has run or will run beside it.
import type { Finding } from '../../lib/issue.ts'
import type { JsonObject } from '../../lib/json.ts'
import { checkName } from './semantic/name.ts'
import { checkPackages } from './semantic/packages.ts'
import { checkRepository } from './semantic/repository.ts'
import { checkTitle } from './semantic/title.ts'
import { checkRemotes } from './semantic/transport.ts'
import { checkVersion } from './semantic/version.ts'
import { checkIcons, checkWebsite } from './semantic/web-urls.ts'

/**
 * Every semantic rule that the document breaks, in upstream's order. Never throws, whatever the document holds.
 *
 * Upstream judges its Go struct after decoding, so this reads the same: an absent name is an empty one, and unknown keys do not
 * exist. The snake_case keys of 2025-07-09 (`registry_type`, `website_url`, `package_arguments`...) are unknown to the struct, so
 * these rules don't see them; convert such a document first to have them judged. Go would also accept keys in other letter case
 * (`Name`): we don't, because every consumer of the JSON reads exact keys.
 */
export function semanticFindings(document: JsonObject): Finding[] {
  const findings: Finding[] = []
  checkName(document, findings)
  checkVersion(document, [], findings)
  checkRepository(document, findings)
  checkWebsite(document, findings)
  checkTitle(document, findings)
  checkIcons(document, findings)
  checkPackages(document, findings)
  checkRemotes(document, findings)
  return findings
}
