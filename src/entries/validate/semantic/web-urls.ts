// Links that a user's browser follows: the website and the icons. Both must be https.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { isPlainHttpsUrl, parseGoUrl } from '../go-url.ts'
import { shown } from '../shown.ts'
import { listAt, objectIn, textAt } from './fields.ts'
import { type Place, report } from './report.ts'

interface LinkRules {
  readonly what: string
  readonly invalid: string
  readonly relative: string
  readonly scheme: string
}

const WEBSITE: LinkRules = {
  what: 'website URL',
  invalid: 'invalid-website-url',
  relative: 'website-url-must-be-absolute',
  scheme: 'website-url-invalid-scheme',
}
const ICON: LinkRules = {
  what: 'icon URL',
  invalid: 'icon-src-invalid-url',
  relative: 'icon-src-not-absolute',
  scheme: 'icon-src-invalid-scheme',
}

/** `invalid-website-url`, `website-url-must-be-absolute`, `website-url-invalid-scheme`. */
export function checkWebsite(document: JsonObject, findings: Finding[]): void {
  const url = textAt(document, 'websiteUrl')
  if (url !== undefined && url !== '') checkLink(url, WEBSITE, ['websiteUrl'], findings)
}

/** `icon-src-invalid-url`, `icon-src-not-absolute`, `icon-src-invalid-scheme`; an absent src counts as a relative URL. */
export function checkIcons(document: JsonObject, findings: Finding[]): void {
  for (const [index, item] of listAt(document, 'icons').entries()) {
    const icon = objectIn(item)
    const src = icon && textAt(icon, 'src')
    if (src !== undefined) checkLink(src, ICON, ['icons', index, 'src'], findings)
  }
}

/** A relative URL breaks two rules, as upstream counts it. */
function checkLink(url: string, rules: LinkRules, at: Place, findings: Finding[]): void {
  if (isPlainHttpsUrl(url)) return
  const parsed = parseGoUrl(url)
  if (parsed?.scheme === 'https') return
  const hint = 'use an absolute https:// URL'
  if (parsed === undefined) {
    report(findings, { code: rules.invalid, at, message: `the ${rules.what} ${shown(url)} is no valid URL`, hint })
    return
  }
  if (parsed.scheme === '') {
    report(findings, { code: rules.relative, at, message: `the ${rules.what} ${shown(url)} has no scheme`, hint })
  }
  report(findings, { code: rules.scheme, at, message: `the ${rules.what} ${shown(url)} does not use https`, hint })
}
