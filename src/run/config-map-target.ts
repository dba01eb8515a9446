// The target of a run in a ConfigMap. The worker has no rights in a cluster: it sees what was mounted or given, and answers
// with what the key shall hold; the controller, or the person who ran it, puts it there (kinds.md, `target.configMap`).
import { type Catalog, EMPTY_CATALOG } from '../entries/catalog.ts'
import type { Rendered, Room } from '../entries/render/rendered.ts'
import type { TargetForm } from '../entries/target-form.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { ConfigMapTargetRequest } from '../resources/request.ts'
import { type Access, digestRevision } from '../sources/source.ts'
import type { Report } from './report.ts'
import { type Target, targetShape } from './target.ts'

/** What the API server takes in all values of one ConfigMap together. */
const MOST_BYTES = 1024 * 1024

/** One key of a ConfigMap; the other keys are not ours, and take their part of the room. */
export class ConfigMapTarget implements Target {
  private readonly target: ConfigMapTargetRequest
  private readonly access: Access
  private readonly report: Report
  private values: ReadonlyMap<string, Buffer> = new Map()

  private constructor(target: ConfigMapTargetRequest, access: Access, report: Report) {
    this.target = target
    this.access = access
    this.report = report
  }

  static async open(target: ConfigMapTargetRequest, access: Access, report: Report): Promise<ConfigMapTarget> {
    const opened = new ConfigMapTarget(target, access, report)
    await opened.refresh()
    return opened
  }

  async refresh(): Promise<void> {
    this.values = (await this.access.configMaps.read(this.target.name)) ?? new Map()
  }

  get revision(): string | null {
    const bytes = this.report.exported ?? this.values.get(this.target.key)
    return bytes === undefined ? null : digestRevision(sha256Hex(bytes))
  }

  get room(): Room {
    let others = 0
    for (const [key, bytes] of this.values) if (key !== this.target.key) others += bytes.length
    return {
      bytes: Math.max(0, MOST_BYTES - others),
      limitedBy:
        others === 0 ? 'a ConfigMap holds' : `its other keys leave of the ${MOST_BYTES} that a ConfigMap holds`,
      hint: 'export to git, or filter more out',
    }
  }

  /** It came whole. */
  async fetchFiles(): Promise<void> {}

  /** A ConfigMap remembers no runs: the same run again says the same, and is then unchanged. */
  async findRun(): Promise<undefined> {}

  async catalog(form: TargetForm): Promise<Catalog> {
    const bytes = this.values.get(this.target.key)
    const { path } = targetShape(this.target)
    return bytes ? form.index([{ path, bytes }], this.access.limits, path) : EMPTY_CATALOG
  }

  async push({ writes }: Rendered): Promise<'accepted'> {
    this.access.signal.throwIfAborted()
    this.report.exported = Buffer.concat(writes.flatMap(({ content }) => [...(content ?? [])]))
    return 'accepted'
  }
}
