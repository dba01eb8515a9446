import type { YamlAliases } from '../../lib/yaml-nodes.ts'
import type { YamlTree } from '../../lib/yaml-text.ts'
import type { Limits } from '../limits.ts'

/** A tree of which entries are read. */
export interface YamlReading {
  readonly tree: YamlTree
  readonly aliases: YamlAliases
  readonly limits: Limits
}
