// The display title of a server.
import type { Finding } from '../../../lib/issue.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { textAt } from './fields.ts'
import { report } from './report.ts'
import { trimSpace } from './space.ts'

/** `title-whitespace-only`. */
export function checkTitle(document: JsonObject, findings: Finding[]): void {
  const title = textAt(document, 'title')
  if (title === undefined || title === '' || trimSpace(title) !== '') return
  report(findings, {
    code: 'title-whitespace-only',
    at: ['title'],
    message: `the title ${shown(title)} is only white space`,
    hint: 'write a title or leave the field out',
  })
}
