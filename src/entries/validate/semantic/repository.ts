// The source repository of a server: a project on GitHub or GitLab, and a folder in it.
import type { Finding } from '../../../lib/issue.ts'
import { type JsonObject, own } from '../../../lib/json.ts'
import { shown } from '../shown.ts'
import { objectIn, textAt } from './fields.ts'
import { report } from './report.ts'

const PROJECT_URL = new Map([
  ['github', /^https?:\/\/(?:www\.)?github\.com\/[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+\/?$/],
  ['gitlab', /^https?:\/\/(?:www\.)?gitlab\.com\/[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+\/?$/],
])
const OUTSIDE_FOLDER = /[^a-zA-Z0-9\-_./]/
const BAD_SEGMENT = /(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * `invalid-repository-url` and `invalid-subfolder-path`. A repository with neither url nor source is passed over: the official
 * registry serves hundreds of records with `repository: {}` (its issue #1546), which only the schema tier calls invalid.
 */
export function checkRepository(document: JsonObject, findings: Finding[]): void {
  const repository = objectIn(own(document, 'repository'))
  if (repository === undefined) return
  const url = textAt(repository, 'url')
  const source = textAt(repository, 'source')
  if ((url ?? '') === '' && (source ?? '') === '') return

  if (url !== undefined && source !== undefined && !PROJECT_URL.get(source)?.test(url)) {
    report(findings, {
      code: 'invalid-repository-url',
      at: ['repository', 'url'],
      message: `the repository URL ${shown(url)} is no project of the source ${shown(source)}`,
      hint: 'use source github or gitlab with a URL such as https://github.com/owner/repository',
    })
  }
  const subfolder = textAt(repository, 'subfolder') ?? ''
  if (subfolder !== '' && (OUTSIDE_FOLDER.test(subfolder) || BAD_SEGMENT.test(subfolder))) {
    report(findings, {
      code: 'invalid-subfolder-path',
      at: ['repository', 'subfolder'],
      message: `the subfolder ${shown(subfolder)} is no plain relative path`,
      hint: 'use letters, digits and -_. between single slashes, without a slash at either end and without "." or ".." alone',
    })
  }
}
