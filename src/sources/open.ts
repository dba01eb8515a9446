// Which source a request means, opened.
import type { RunRequest } from '../resources/request.ts'
import { openConfigMapSource } from './configmap.ts'
import { openGitSource } from './git.ts'
import { openRegistrySource } from './registry.ts'
import type { Access, OpenSource } from './source.ts'
import { openUrlSource } from './url.ts'

export function openSource(
  { source, format }: Pick<RunRequest, 'source' | 'format'>,
  access: Access,
): Promise<OpenSource> {
  switch (source.type) {
    case 'git':
      return openGitSource(source, format, access)
    case 'url':
      return openUrlSource(source, format, access)
    case 'configmap':
      return openConfigMapSource(source, format, access)
    case 'registry':
      return openRegistrySource(source, format, access)
    default:
      return source satisfies never
  }
}
