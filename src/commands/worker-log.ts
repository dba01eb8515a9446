// What a worker prints, from which the controller takes the report and the export (design section 4.9).
import { exportBlock } from '../resources/export-block.ts'
import type { ExecutedRun } from '../run/execute.ts'
import { cutLines, reportLines } from './report-lines.ts'

/** A kubelet rotates logs at 10 MiB; the export block needs its part. */
const MOST_REPORT_BYTES = 2 * 1024 * 1024

/** One JSON line an outcome that is not unchanged, what a ConfigMap shall hold, of a plan its difference, then the result. */
export function* workerLog({ report, result }: ExecutedRun): Iterable<string> {
  yield* cutLines(reportLines(report.outcomes(), { skipUnchanged: true }), MOST_REPORT_BYTES)
  if (report.exported) yield* exportBlock(report.exported)
  if (report.plan) yield `${JSON.stringify(report.plan)}\n`
  yield `${JSON.stringify(result)}\n`
}
