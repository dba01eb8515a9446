// `rollbook validate`: every entry of the given documents judged, with all problems at once.

import { counted } from '../entries/counted.ts'
import type { RawEntry } from '../entries/document.ts'
import { writtenEntry } from '../entries/entry.ts'
import { Identities, isIdentified } from '../entries/identities.ts'
import { type JudgePolicy, judge } from '../entries/judge.ts'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { amount } from '../lib/amount.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import type { Issue, Severity } from '../lib/issue.ts'
import type { CheckName } from '../resources/request.ts'
import {
  ALLOW_SCHEMA,
  CHECKS,
  FORMAT,
  GIT_ENGINE,
  NAMESPACE,
  OFFICIAL_BASE_URLS,
  PROFILE,
  USE_GIT_CREDENTIALS,
} from './all-settings.ts'
import type { Paint } from './color.ts'
import type { Command, Invocation } from './command.ts'
import { UsageError } from './command.ts'
import { baseUrlsOption, formatOption } from './data-options.ts'
import { inputDocuments } from './input.ts'
import { printedIssue } from './issue-text.ts'
import { printResult } from './print.ts'
import { progressOf } from './progress.ts'

interface ValidatedEntry {
  readonly name: string | null
  readonly version: string | null
  /** Place in the document: `/data/servers/3`. */
  readonly pointer: string
  readonly schemaVersion: string | null
  readonly valid: boolean
  readonly issues: readonly Issue[]
}

interface ValidatedDocument {
  readonly path: string
  readonly format: string | null
  readonly entries: readonly ValidatedEntry[]
  /** About the document as a whole. */
  readonly issues: readonly Issue[]
}

interface ValidationResult {
  readonly kind: 'ValidationResult'
  readonly valid: boolean
  readonly counts: { readonly entries: number; readonly valid: number; readonly invalid: number }
  readonly documents: readonly ValidatedDocument[]
}

export const command: Command = {
  spec: {
    name: 'validate',
    summary: 'check documents against the schemas and rules of their format',
    usage: 'PATH... [OPTIONS]',
    positionals: { min: 1, max: Number.POSITIVE_INFINITY },
    options: [FORMAT, CHECKS, PROFILE, OFFICIAL_BASE_URLS, ALLOW_SCHEMA, NAMESPACE, USE_GIT_CREDENTIALS, GIT_ENGINE],
    examples: [
      'rollbook validate registry.json',
      'curl -s https://registry.example.com/v0.1/servers | rollbook validate - -o json',
    ],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, positionals } = invocation
  const policy = policyOf(invocation)
  const documents: ValidatedDocument[] = []
  const identities = new Identities()
  const input = { limits: DEFAULT_LIMITS, format: formatOption(options.text('format')) }
  const progress = progressOf(invocation)
  const read = counted(inputDocuments(positionals, invocation, input), n =>
    progress.tell(`validating: ${amount(n, 'entry', 'entries')}`),
  )
  for await (const document of read) {
    const entries: ValidatedEntry[] = []
    for (const raw of document.entries()) {
      const judged = judge(raw, document.path, policy)
      const { name, version, schemaVersion } = judged
      const fingerprint = laterFingerprint(raw.again, document.path, policy)
      const repetition = isIdentified(judged)
        ? identities.add(judged, { fingerprint, place: judged.place() })
        : undefined
      const isRepeated = repetition?.kind === 'different'
      entries.push({
        name: name ?? null,
        version: version ?? null,
        pointer: raw.pointer,
        schemaVersion: schemaVersion ?? null,
        valid: judged.document !== undefined && !isRepeated,
        issues: isRepeated ? [...judged.issues, repetition.issue] : judged.issues,
      })
    }
    documents.push({ path: document.path, format: document.format ?? null, entries, issues: document.issues })
  }
  progress.end()
  const result = resultOf(documents)
  await printResult(invocation, result, paint => textOf(result, paint))
  return result.valid ? 0 : EXIT_CODE.definite
}

/** A function of its own, so that what waits for a second entry of the same identity holds no value of the first. */
function laterFingerprint(again: () => RawEntry, path: string, policy: JudgePolicy): () => string {
  return () => writtenEntry(judge(again(), path, policy).document ?? {}).fingerprint
}

/** The tiers asked for; the official profile adds the publish tier. */
function policyOf({ options }: Invocation): JudgePolicy {
  const checks = new Set((options.text('checks') ?? '').split(',') as CheckName[])
  if (options.text('profile') === 'official') checks.add('publish')
  if (checks.size === 0) throw new UsageError('--checks names no tier')
  return {
    checks: [...checks],
    namespace: options.text('namespace') ?? '',
    longDescription: 'Fail',
    officialBaseUrls: baseUrlsOption(options.text('official-base-urls')),
    allowSchema: options.text('allow-schema') === 'current' ? 'current' : 'all',
  }
}

function resultOf(documents: readonly ValidatedDocument[]): ValidationResult {
  let entries = 0
  let valid = 0
  for (const document of documents) {
    entries += document.entries.length
    for (const entry of document.entries) if (entry.valid) valid++
  }
  const readable = documents.every(({ issues }) => !issues.some(({ severity }) => severity === 'error'))
  return {
    kind: 'ValidationResult',
    valid: readable && valid === entries,
    counts: { entries, valid, invalid: entries - valid },
    documents,
  }
}

function textOf({ counts, documents, valid }: ValidationResult, paint: Paint): string {
  const lines: string[] = []
  for (const { issues, entries } of documents) {
    lines.push(...issues.map(printedIssue))
    for (const entry of entries) lines.push(...entry.issues.map(printedIssue))
  }
  const found = foundIn(documents)
  const inDocuments = `in ${amount(documents.length, 'document')}`
  if (valid) {
    const verdict = `${paint('good', 'valid')}: ${amount(counts.entries, 'entry', 'entries')} ${inDocuments}`
    lines.push(found === '' ? verdict : `${verdict}, with ${found}`)
  } else {
    const of = amount(counts.entries, 'entry', 'entries')
    const be = counts.invalid === 1 ? 'is' : 'are'
    const what = counts.entries === 0 ? 'no entry can be read' : `${counts.invalid} of ${of} ${be} not valid`
    lines.push(`${paint('bad', what)}: ${found} ${inDocuments}`)
  }
  return `${lines.join('\n')}\n`
}

/** `14 errors, 60 warnings`: at the end, where many warnings do not bury the errors. */
function foundIn(documents: readonly ValidatedDocument[]): string {
  const counts: Record<Severity, number> = { error: 0, warning: 0, info: 0 }
  for (const { issues, entries } of documents) {
    for (const { severity } of issues) counts[severity]++
    for (const entry of entries) for (const { severity } of entry.issues) counts[severity]++
  }
  const { error, warning, info } = counts
  return [
    ...(error > 0 ? [amount(error, 'error')] : []),
    ...(warning > 0 ? [amount(warning, 'warning')] : []),
    ...(info > 0 ? [amount(info, 'note')] : []),
  ].join(', ')
}
