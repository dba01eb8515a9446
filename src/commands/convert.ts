// `rollbook convert`: documents in one format to one document in the other, deterministic, without state.
import { EMPTY_CATALOG } from '../entries/catalog.ts'
import { counted } from '../entries/counted.ts'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { merge } from '../entries/merge.ts'
import { type Outcomes, prepare } from '../entries/prepare.ts'
import { roomInGit } from '../entries/render/rendered.ts'
import { targetForm } from '../entries/target-form.ts'
import { amount } from '../lib/amount.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import type { Issue } from '../lib/issue.ts'
import type { PolicyRequest } from '../resources/request.ts'
import { FORMAT, GIT_ENGINE, LONG_DESCRIPTION, NAMESPACE, ON_INVALID, USE_GIT_CREDENTIALS } from './all-settings.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { formatOption } from './data-options.ts'
import { writeOutput } from './files.ts'
import { inputDocuments } from './input.ts'
import { printedIssue } from './issue-text.ts'
import { note, say, yamlText } from './print.ts'
import { progressOf } from './progress.ts'

export const command: Command = {
  spec: {
    name: 'convert',
    summary: 'convert documents between the upstream and the ToolHive format',
    usage: '[PATH] --to upstream|toolhive [OPTIONS]',
    positionals: { min: 0, max: 1 },
    printsContent: true,
    options: [
      {
        name: 'to',
        type: 'string',
        value: 'FORMAT',
        values: ['upstream', 'toolhive'],
        isSetting: false,
        help: 'format to write',
      },
      FORMAT,
      NAMESPACE,
      LONG_DESCRIPTION,
      ON_INVALID,
      USE_GIT_CREDENTIALS,
      GIT_ENGINE,
      { name: 'out', type: 'string', value: 'FILE', isSetting: false, help: 'write there instead of to stdout' },
    ],
    examples: [
      'rollbook convert registry.json --to toolhive',
      'rollbook convert - --to upstream --namespace com.example --out catalog.json < registry.json',
    ],
  },
  run,
}

/** No run dates anything here: conversion is a function of its input. */
const NO_RUN = { startTime: undefined, merge: { onConflict: 'Replace', prune: 'Never', allowEmpty: true } } as const

async function run(invocation: Invocation): Promise<number> {
  const { options, positionals } = invocation
  const format = formatOption(options.text('to'))
  if (!format) throw new UsageError('name the format to write with --to upstream or --to toolhive')
  const policy = policyOf(invocation)
  const problems: Issue[] = []
  let refused = 0
  let leftOut = 0
  const outcomes: Outcomes = {
    entry: ({ outcome, reason, issues, name, version }) => {
      problems.push(...issues)
      leftOut++
      if (outcome === 'invalid' && issues.some(({ severity }) => severity === 'error')) refused++
      if (reason === 'OlderVersion') note(invocation, `${name} ${version}: an older version of this server, left out`)
    },
    document: issues => {
      problems.push(...issues)
      if (!issues.some(({ severity }) => severity === 'error')) return
      leftOut++
      refused++
    },
  }
  const documents = inputDocuments([positionals[0] ?? '-'], invocation, {
    limits: DEFAULT_LIMITS,
    format: formatOption(options.text('format')),
  })
  const progress = progressOf(invocation)
  const read = counted(documents, n => progress.tell(`converting: ${amount(n, 'entry', 'entries')} read`))
  const form = targetForm({ format, layout: 'File' })
  const accepted = form.project(
    await prepare(read, { judge: policy, filter: { versions: 'all' } }, outcomes),
    policy,
    outcomes,
  )
  progress.end()
  for (const issue of problems) tell(invocation, issue)
  for (const { issues } of accepted.entries) for (const issue of issues) tell(invocation, issue)
  if (refused > 0 && options.text('on-invalid') === 'fail') {
    const have = `${amount(refused, 'entry has', 'entries have')} problems`
    say(invocation, `${have}, so nothing was written; --on-invalid skip leaves them out`)
    return EXIT_CODE.definite
  }

  const decisions = merge(accepted.entries, EMPTY_CATALOG.entries, { ...NO_RUN.merge, keep: new Set() })
  const rendered = form.render({
    path: options.text('out') ?? '-',
    catalog: EMPTY_CATALOG,
    accepted,
    decisions,
    room: roomInGit(DEFAULT_LIMITS),
    ...NO_RUN,
    always: true,
  })
  await write(invocation, rendered?.writes[0]?.content ?? [])
  const written = accepted.entries.length
  if (written === 0 && refused > 0) {
    say(invocation, `the catalog is empty: ${amount(leftOut, 'entry', 'entries')} left out, none written`)
  } else if (leftOut > 0) {
    note(invocation, `${amount(written, 'entry', 'entries')} written, ${leftOut} left out`)
  }
  return 0
}

function tell(invocation: Invocation, issue: Issue): void {
  if (issue.severity === 'error') say(invocation, printedIssue(issue))
  else note(invocation, printedIssue(issue))
}

const LONG_DESCRIPTIONS: ReadonlyMap<string, PolicyRequest['longDescription']> = new Map([
  ['skip', 'Skip'],
  ['truncate', 'Truncate'],
])

function policyOf({ options }: Invocation): PolicyRequest {
  return {
    onInvalid: 'Skip',
    checks: ['schema', 'semantic'],
    profile: 'generic',
    namespace: options.text('namespace') ?? '',
    longDescription: LONG_DESCRIPTIONS.get(options.text('long-description') ?? '') ?? 'Fail',
    strictToolHive: false,
  }
}

/** The bytes as layout File has them; as YAML where that is asked for. */
async function write({ options, terminal }: Invocation, content: Iterable<Uint8Array>): Promise<void> {
  const isYaml = options.text('output') === 'yaml'
  const pieces = isYaml ? [await yamlText(JSON.parse(Buffer.concat([...content]).toString('utf8')))] : content
  const out = options.text('out')
  if (out !== undefined) return await writeOutput(out, terminal.cwd, pieces)
  for (const piece of pieces) terminal.stdout.write(piece)
}
