// One package after the other: identifier, version, arguments, transport.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { checkArguments } from './arguments.ts'
import { listAt, objectIn, textAt } from './fields.ts'
import { type Place, report } from './report.ts'
import { checkPackageTransport } from './transport.ts'
import { checkVersion } from './version.ts'

/** Every rule below `packages`. */
export function checkPackages(document: JsonObject, findings: Finding[]): void {
  for (const [index, item] of listAt(document, 'packages').entries()) {
    const pkg = objectIn(item)
    if (pkg === undefined) continue
    const place: Place = ['packages', index]
    checkIdentifier(pkg, place, findings)
    checkVersion(pkg, place, findings)
    checkArguments(pkg, place, findings)
    checkPackageTransport(pkg, place, findings)
  }
}

/** `package-name-has-spaces`: only U+0020 counts. */
function checkIdentifier(pkg: JsonObject, place: Place, findings: Finding[]): void {
  const identifier = textAt(pkg, 'identifier')
  if (!identifier?.includes(' ')) return
  report(findings, {
    code: 'package-name-has-spaces',
    at: [...place, 'identifier'],
    message: `the package identifier ${shown(identifier)} contains a space`,
    hint: 'write the identifier exactly as its registry spells it',
  })
}
