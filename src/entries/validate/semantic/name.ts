// The name of a server: `<reverse-DNS namespace>/<name>`.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { textAt } from './fields.ts'
import { report } from './report.ts'

const SERVER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]\/[a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9]$/
const NAMESPACE = /^[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]$/

/** `invalid-server-name` (official registry, internal/validators/validators.go). */
export function checkName(document: JsonObject, findings: Finding[]): void {
  const name = textAt(document, 'name')
  if (name === undefined || SERVER_NAME.test(name)) return
  const [message, hint] = problemOf(name)
  report(findings, { code: 'invalid-server-name', at: ['name'], message, hint })
}

/** What is wrong, and what to do: upstream's order, with its "empty part" told apart by side. */
function problemOf(name: string): readonly [message: string, hint: string] {
  const example = 'use a name such as io.github.owner/server'
  if (name === '') return ['the server name is missing or empty', example]

  const slash = name.indexOf('/')
  if (slash < 0) return [`the server name ${shown(name)} has no namespace`, example]
  if (slash !== name.lastIndexOf('/')) return [`the server name ${shown(name)} has more than one slash`, example]
  if (slash === 0) return [`the server name ${shown(name)} has an empty namespace`, example]
  if (slash === name.length - 1) return [`the server name ${shown(name)} is empty after the slash`, example]

  const namespace = name.slice(0, slash)
  return NAMESPACE.test(namespace)
    ? [
        `the part ${shown(name.slice(slash + 1))} of the server name is not allowed after the slash`,
        'use at least two letters, digits, dots, underscores or hyphens, with a letter or digit at both ends',
      ]
    : [
        `the namespace ${shown(namespace)} of the server name is not allowed`,
        'use at least two letters, digits, dots or hyphens, with a letter or digit at both ends',
      ]
}
