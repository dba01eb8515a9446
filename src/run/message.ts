// The message of a commit: subject from the template, the changed names, then the trailers (git-contract.md, "Commit").
import type { GitTargetRequest, RunRequest } from '../resources/request.ts'
import type { Counts, EntryOutcome } from '../resources/result.ts'
import { sourceAddress } from '../resources/source-address.ts'
import { percentEncoded, type RunTrailers, trailerUrl, writeTrailers } from './trailers.ts'

const LONGEST_SUBJECT = 200
const MOST_NAMES = 50
const SIGNS: Readonly<Record<string, string>> = { added: '+', updated: '~', removed: '-' }

export interface MessageInput {
  readonly request: RunRequest
  readonly sourceRevision: string
  readonly counts: Counts
  readonly outcome: 'Completed' | 'PartiallyCompleted'
  readonly digest: string
  readonly outcomes: Iterable<EntryOutcome>
}

export function commitMessage(input: MessageInput): string {
  return `${[subjectOf(input), namesOf(input.outcomes), writeTrailers(trailersOf(input))].filter(Boolean).join('\n\n')}\n`
}

/** What the trailers say of a run. */
export function trailersOf({ request, sourceRevision, counts, outcome, digest }: MessageInput): RunTrailers {
  const { resource, source } = request
  const { layout, format, path } = gitTargetOf(request)
  return {
    run: request.runId,
    attempt: request.attempt,
    resource: `${resource.kind}/${resource.namespace}/${resource.name} uid=${resource.uid} generation=${resource.generation}`,
    source: `${source.type} ${trailerUrl(sourceAddress(source))} ${trailerUrl(sourceRevision)}`,
    target: `${layout} ${format} ${path}`,
    counts,
    outcome,
    digest,
    request: request.requestHash,
  }
}

function subjectOf(input: MessageInput): string {
  const { request, counts } = input
  const template = gitTargetOf(request).commit.messageTemplate
  const text = template === undefined ? defaultSubject(input) : expand(template, input)
  const [first = '', ...rest] = text.split('\n')
  const subject = cut(first.trim() === '' ? `import: ${changesOf(counts)}` : first)
  return [subject, ...rest].map(withoutForgery).join('\n').trimEnd()
}

function defaultSubject({ request, counts }: MessageInput): string {
  return `import: ${changesOf(counts)} from ${oneLine(sourceAddress(request.source))}`
}

function changesOf({ added, updated, removed }: Counts): string {
  const parts = [`${added} added`, `${updated} updated`, `${removed} removed`]
  const told = parts.filter(part => !part.startsWith('0 '))
  return told.length === 0 ? 'envelope only' : told.join(', ')
}

/** The placeholders of kinds.md; admission refuses every other one. Values can't add lines. */
function expand(template: string, { request, sourceRevision, counts }: MessageInput): string {
  const values: Readonly<Record<string, string>> = {
    kind: request.resource.kind,
    namespace: request.resource.namespace,
    name: request.resource.name,
    added: String(counts.added),
    updated: String(counts.updated),
    removed: String(counts.removed),
    source: sourceAddress(request.source),
    revision: sourceRevision,
    run: request.runId,
  }
  return template.replace(/\{\{\s*([a-z]+)\s*\}\}/g, (whole, key: string) => oneLine(values[key] ?? whole))
}

function gitTargetOf({ target }: RunRequest): GitTargetRequest {
  if (target.type === 'git') return target
  throw new Error(`a run to a target of type ${target.type} makes no commit`)
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, percentEncoded)
}

function cut(line: string): string {
  const characters = [...line]
  return characters.length <= LONGEST_SUBJECT ? line : `${characters.slice(0, LONGEST_SUBJECT - 1).join('')}…`
}

/** A line of a template that looks like one of our trailers no longer does; git takes spaces before the colon too. */
function withoutForgery(line: string): string {
  return line
    .replace(/^(\s*Rollbook-[A-Za-z0-9-]*\s*):/i, '$1%3A')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, percentEncoded)
}

function namesOf(outcomes: Iterable<EntryOutcome>): string {
  const lines: string[] = []
  let more = 0
  for (const { name, version, outcome } of outcomes) {
    const sign = SIGNS[outcome]
    if (sign === undefined) continue
    if (lines.length < MOST_NAMES) lines.push(oneLine(`${sign} ${name ?? ''} ${version ?? ''}`).trimEnd())
    else more++
  }
  if (more > 0) lines.push(`and ${more} more`)
  return lines.join('\n')
}
