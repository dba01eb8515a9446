// Which target a request means, opened.
import type { TargetRequest } from '../resources/request.ts'
import type { Access } from '../sources/source.ts'
import { ConfigMapTarget } from './config-map-target.ts'
import { GitTarget } from './git-target.ts'
import type { Report } from './report.ts'
import type { Target } from './target.ts'

/** Undefined when nothing is written at all. What a ConfigMap shall hold goes into the report. */
export async function openTarget(target: TargetRequest, access: Access, report: Report): Promise<Target | undefined> {
  switch (target.type) {
    case 'git':
      return await GitTarget.open(target, access)
    case 'configmap':
      return await ConfigMapTarget.open(target, access, report)
    case 'none':
      return undefined
    default:
      return target satisfies never
  }
}
