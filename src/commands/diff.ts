// `rollbook diff`: what became of each entry between two documents, folders or revisions.
import type { Diff } from '../entries/diff.ts'
import { compareSides, readSide, type Side } from '../entries/diff-documents.ts'
import { DEFAULT_LIMITS } from '../entries/limits.ts'
import { amount } from '../lib/amount.ts'
import { EXIT_CODE } from '../lib/failure.ts'
import { FORMAT, GIT_ENGINE, NAMESPACE, USE_GIT_CREDENTIALS } from './all-settings.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { formatOption } from './data-options.ts'
import { diffText } from './diff-text.ts'
import { inputDocuments } from './input.ts'
import { printedIssue } from './issue-text.ts'
import { printResult, say } from './print.ts'
import { progressOf } from './progress.ts'

export const command: Command = {
  spec: {
    name: 'diff',
    summary: 'tell which entries and fields differ between two documents or revisions',
    usage: 'A B [OPTIONS]',
    positionals: { min: 2, max: 2 },
    options: [
      {
        name: 'exit-code',
        type: 'boolean',
        isSetting: false,
        help: 'exit 1 when something differs',
      },
      FORMAT,
      NAMESPACE,
      USE_GIT_CREDENTIALS,
      GIT_ENGINE,
    ],
    examples: [
      'rollbook diff old.json new.json',
      'rollbook diff ./catalog.git@v1.0:registry.json ./catalog.git@main:registry.json --exit-code -o json',
    ],
  },
  run,
}

async function run(invocation: Invocation): Promise<number> {
  const { options, positionals } = invocation
  const [a = '', b = ''] = positionals
  if (a === '-' && b === '-') throw new UsageError('only one of the two can be read from stdin')
  const progress = progressOf(invocation)
  const read = async (path: string): Promise<Side> => {
    progress.tell(`reading ${path}`)
    const input = { limits: DEFAULT_LIMITS, format: formatOption(options.text('format')) }
    return await readSide(inputDocuments([path], invocation, input))
  }
  const from = await read(a).finally(() => progress.end())
  const to = await read(b).finally(() => progress.end())
  const { diff, issues } = compareSides(from, to, { namespace: options.text('namespace') ?? '' })
  if (issues.length > 0) {
    // A difference that leaves entries out would be taken for the whole.
    for (const issue of issues) say(invocation, printedIssue(issue))
    say(invocation, `entries can't be compared for ${amount(issues.length, 'problem')}, so no difference is told`)
    return EXIT_CODE.definite
  }
  await printResult(invocation, diff, paint => diffText(diff, paint))
  return options.flag('exit-code') && differs(diff) ? 1 : 0
}

function differs({ counts }: Diff): boolean {
  return counts.added + counts.removed + counts.updated > 0
}
