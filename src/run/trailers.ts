// The trailers of our commits: the record from which audit and recovery read a run (git-contract.md, "Commit").
import { COUNT_KEYS, type Counts, NO_COUNTS } from '../resources/result.ts'

/** A run as its commit's trailers tell it. */
export interface RunTrailers {
  readonly run: string
  readonly attempt: number
  /** `<kind>/<namespace>/<name> uid=<uid> generation=<n>` */
  readonly resource: string
  /** `<type> <url or namespace/name/key> <revision>` */
  readonly source: string
  /** `<layout> <format> <path>` */
  readonly target: string
  readonly counts: Counts
  readonly outcome: string
  /** 64 hex digits. */
  readonly digest: string
  /** 64 hex digits. */
  readonly request: string
}

/** The line by which a run's commit is found. */
export function runTrailer(runId: string): string {
  return `Rollbook-Run: ${runId}`
}

/** The trailer block, one line each, without a final line break. */
export function writeTrailers(run: RunTrailers): string {
  const counts = COUNT_KEYS.map(key => `${key}=${run.counts[key]}`).join(' ')
  return [
    runTrailer(run.run),
    `Rollbook-Attempt: ${run.attempt}`,
    `Rollbook-Resource: ${trailerText(run.resource)}`,
    `Rollbook-Source: ${trailerText(run.source)}`,
    `Rollbook-Target: ${trailerText(run.target)}`,
    `Rollbook-Counts: ${counts}`,
    `Rollbook-Outcome: ${run.outcome}`,
    `Rollbook-Digest: sha256:${run.digest}`,
    `Rollbook-Request: sha256:${run.request}`,
  ].join('\n')
}

/** Reads the trailer block of a message: undefined when it is not a commit of ours. */
export function readTrailers(message: string): RunTrailers | undefined {
  return readBlock(message.trimEnd().split(/\n\n+/).at(-1) ?? '')
}

/** Trailer blocks before the last paragraph, indented or not: what a squash leaves of the commits that it joined. */
export function readSquashedTrailers(message: string): RunTrailers[] {
  const paragraphs = message.trimEnd().split(/\n\s*\n/)
  const blocks = paragraphs.slice(0, -1).map(paragraph => readBlock(paragraph.replace(/^[ \t]+/gm, '')))
  return blocks.filter(block => block !== undefined)
}

function readBlock(block: string): RunTrailers | undefined {
  const values = new Map<string, string>()
  for (const line of block.split('\n')) {
    const match = /^Rollbook-([A-Za-z]+): (.*)$/.exec(line)
    if (match?.[1] !== undefined && !values.has(match[1])) values.set(match[1], match[2] ?? '')
  }
  const text = (key: string) => values.get(key) ?? ''
  if (!values.has('Run')) return undefined
  return {
    run: text('Run'),
    attempt: Number(text('Attempt')),
    resource: text('Resource'),
    source: text('Source'),
    target: text('Target'),
    counts: readCounts(text('Counts')),
    outcome: text('Outcome'),
    digest: text('Digest').replace(/^sha256:/, ''),
    request: text('Request').replace(/^sha256:/, ''),
  }
}

/** The parts of `<layout> <format> <path>`. */
export function trailerTarget({ target }: RunTrailers): { layout: string; format: string; path: string } {
  const [layout = '', format = '', ...path] = target.split(' ')
  return { layout, format, path: path.join(' ') }
}

/** A url for a trailer: without spaces, so that the fields of the line stay apart. */
export function trailerUrl(url: string): string {
  return url.replaceAll(' ', '%20')
}

/** Control characters percent-encoded: no value can start a line of its own. */
function trailerText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, percentEncoded)
}

/** A character as its UTF-8 bytes in percent form. */
export function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function readCounts(text: string): Counts {
  const counts: { -readonly [K in keyof Counts]: number } = { ...NO_COUNTS }
  for (const key of COUNT_KEYS) counts[key] = Number(new RegExp(`(?:^| )${key}=(\\d+)(?: |$)`).exec(text)?.[1] ?? 0)
  return counts
}
