// Every error as one sentence and an exit code: what is wrong, where, and what to do (cli.md, "Rules for every command").
import { constants } from 'node:os'
import { ClusterError, type ClusterErrorReason } from '../cluster/cluster-error.ts'
import type { LogFields } from '../controller/controller-log.ts'
import { EXIT_CODE, Failure } from '../lib/failure.ts'
import type { Paint } from './color.ts'
import { UsageError } from './command.ts'
import { Ended } from './ended.ts'
import { printableLines } from './printable.ts'

const USAGE_ERROR = 2
/** Exit code of what should not happen. */
export const DEFECT = 70

export interface Explained {
  readonly text: string
  readonly exitCode: number
}

export interface ExplainOptions {
  /** The command that was called; undefined when there is none of that name. */
  readonly command: string | undefined
  /** Tell where a defect happened. */
  readonly debug: boolean
  readonly paint: Paint
}

/** What to print on stderr for an error, and the code to exit with. */
export function explain(error: unknown, { command, debug, paint }: ExplainOptions): Explained {
  const lines = (exitCode: number, problem: string, ...more: string[]): Explained => ({
    text: `${[`${paint('bad', 'rollbook:')} ${printableLines(problem)}`, ...more.map(printableLines)].join('\n')}\n`,
    exitCode,
  })
  if (error instanceof UsageError) {
    const help =
      command === undefined ? 'rollbook --help lists the commands' : `rollbook ${command} --help tells how it is used`
    return lines(USAGE_ERROR, error.message, help)
  }
  if (error instanceof Failure || error instanceof ClusterError) {
    const hint = hintOf(error)
    return lines(codeOf(error), `${error.message} [${error.reason}]`, ...(hint === undefined ? [] : [hint]))
  }
  const defect = error instanceof Error ? error : new Error(String(error))
  return lines(
    DEFECT,
    `a defect of rollbook: ${defect.message}`,
    debug ? `${defect.stack}` : '--log-level debug shows where',
  )
}

function hintOf(error: Failure | ClusterError): string | undefined {
  return error instanceof Failure ? error.hint : HINTS[error.reason]
}

function codeOf(error: Failure | ClusterError): number {
  if (error instanceof Ended) return 128 + constants.signals[error.signal]
  return EXIT_CODE[error instanceof Failure ? error.class : classOf(error)]
}

/** What to do about an answer of the cluster that does not say so itself. */
const HINTS: Partial<Record<ClusterErrorReason, string>> = {
  Forbidden: 'rollbook check tells which rights are missing',
  Unauthorized: 'log in to the cluster again, or choose another --context',
  Unavailable: 'rollbook check tells what can be reached',
}

/** Which of the cluster's answers may be another one later. */
function classOf({ reason }: ClusterError): 'definite' | 'transient' {
  return reason === 'Unavailable' || reason === 'TooManyRequests' || reason === 'Expired' ? 'transient' : 'definite'
}

/** The same for a log of JSON lines. */
export function explainedFields(error: unknown): {
  readonly exitCode: number
  readonly message: string
  readonly fields: LogFields
} {
  if (error instanceof Failure || error instanceof ClusterError) {
    const { reason, message } = error
    return { exitCode: codeOf(error), message, fields: { reason, hint: hintOf(error) } }
  }
  const defect = error instanceof Error ? error : new Error(String(error))
  return { exitCode: DEFECT, message: `a defect of rollbook: ${defect.message}`, fields: { stack: defect.stack } }
}

/** A failure as data: what `-o json` and `-o yaml` print when there is no other result. */
export function failureResult(error: Failure | ClusterError): object {
  const { reason, message } = error
  const failureClass = error instanceof Failure ? error.class : classOf(error)
  const hint = hintOf(error)
  const exitCode = codeOf(error)
  return { kind: 'Failure', reason, class: failureClass, exitCode, message, ...(hint === undefined ? {} : { hint }) }
}
