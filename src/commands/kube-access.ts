import { Failure } from '../lib/failure.ts'
import type { Invocation } from './command.ts'
import type { ResourceAccess } from './resource-access.ts'

export async function withKubeCluster<R>(_i: Invocation, _w: (access: ResourceAccess) => Promise<R>): Promise<R> {
  throw new Failure('GitMissing', 'definite', 'not yet')
}
