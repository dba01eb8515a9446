// Which source a request means, opened.
import type { RunRequest } from '../resources/request.ts'
import { openGitSource } from './git.ts'
import type { Access, OpenSource } from './source.ts'

export function openSource(
  { source, format }: Pick<RunRequest, 'source' | 'format'>,
  access: Access,
): Promise<OpenSource> {
  return openGitSource(source, format, access)
}
