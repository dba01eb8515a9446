// docs/reasons.md against the code: every reason and code has its row, and every row means something that the code can say.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { EXIT_CODE, type FailureClass, REASONS } from '../../src/lib/failure.ts'
import {
  ATTEMPT_REASONS,
  CONDITION_REASONS,
  EVENT_REASONS,
  STATE_REASONS,
} from '../../src/resources/condition-reasons.ts'
import { SUCCESS_REASONS } from '../../src/resources/result.ts'
import { projectRoot } from '../helpers/needs.ts'

const sources = new Map(
  readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.includes('generated/'))
    .map(name => [name, readFileSync(join(projectRoot, 'src', name), 'utf8')]),
)
const page = readFileSync(join(projectRoot, 'docs/reasons.md'), 'utf8')

/** Rows of the table below a heading, the cells by their column. */
function table(heading: string): Record<string, string>[] {
  const section = page.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? ''
  const [head = [], , ...rows] = section
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
  return rows.map(cells => Object.fromEntries(head.map((name, index) => [name, cells[index] ?? ''])))
}

/** The words in backticks of a cell. */
function words(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word ?? '')
}

function found(pattern: RegExp, where: (file: string) => boolean): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>()
  for (const [file, text] of sources) {
    if (!where(file)) continue
    for (const [, name = '', more = ''] of text.matchAll(pattern)) all.set(name, (all.get(name) ?? new Set()).add(more))
  }
  return all
}

t.test('every reason of a run that ended well', async t => {
  const rows = table('Runs that ended well')
  t.strictSame(
    rows.flatMap(({ reason }) => words(reason)),
    [...SUCCESS_REASONS].sort(),
  )
  for (const row of rows) {
    t.match(row, { class: 'success', 'exit code': '0', meaning: /\w/, 'what to do': /\w/ })
    const [reason = ''] = words(row['reason'])
    t.ok(
      [...sources].some(([file, text]) => file.startsWith('run/') && text.includes(`'${reason}'`)),
      `${reason} is said`,
    )
  }
})

t.test('every reason of a run that failed, with the classes that the code throws it with', async t => {
  const rows = table('Runs that failed')
  t.strictSame(
    rows.flatMap(({ reason }) => words(reason)),
    [...REASONS].sort(),
  )
  const thrown = found(/\bnew Failure\(\s*'(\w+)',\s*'(\w+)'/g, () => true)
  for (const type of ['definite', 'transient']) {
    const rules = found(new RegExp(`\\b${type}\\(\\s*'(\\w+)'`, 'g'), file => file.endsWith('classify.ts'))
    for (const reason of rules.keys()) thrown.set(reason, (thrown.get(reason) ?? new Set()).add(type))
  }
  // Ended is a Failure of its own.
  thrown.set('Cancelled', new Set(['cancelled']))
  for (const row of rows) {
    const [reason = ''] = words(row['reason'])
    const classes = [...(thrown.get(reason) ?? [])].sort()
    t.ok(classes.length > 0, `${reason} is thrown`)
    t.equal(row['class'], classes.join(', '), `class of ${reason}`)
    t.equal(row['exit code'], classes.map(name => EXIT_CODE[name as FailureClass]).join(', '), `exit code of ${reason}`)
    t.match(row, { meaning: /\w/, 'what to do': /\w/ })
  }
})

t.test('the classes and their exit codes', async t => {
  const rows = table('What a run can end with')
  t.strictSame(rows, [])
  for (const [name, code] of Object.entries(EXIT_CODE)) t.match(page, new RegExp(`^\\| ${name} +\\| ${code} +\\|`, 'm'))
})

const IN_A_CLUSTER = {
  'Attempts in a cluster': ATTEMPT_REASONS,
  'States in a cluster': STATE_REASONS,
  Events: EVENT_REASONS,
}

for (const [heading, reasons] of Object.entries(IN_A_CLUSTER)) {
  t.test(`every reason of ${heading.toLowerCase()}`, async t => {
    const rows = table(heading)
    t.strictSame(
      rows.flatMap(({ reason }) => words(reason)),
      [...reasons].sort(),
    )
    const planners = [...sources].filter(([file]) => file.startsWith('reconcile/')).map(([, text]) => text)
    for (const word of reasons)
      t.ok(
        planners.some(text => text.includes(`'${word}'`)),
        `${word} is said`,
      )
    for (const row of rows) t.match(row, { meaning: /\w/ })
  })
}

t.test('the CRDs name every reason of a condition', async t => {
  for (const file of readdirSync(join(projectRoot, 'crds'))) {
    const crd = parse(readFileSync(join(projectRoot, 'crds', file), 'utf8'))
    const { status } = crd.spec.versions[0].schema.openAPIV3Schema.properties
    const { description } = status.properties.conditions.items.properties.reason
    const [, list = ''] = /explains: (.*)\.$/.exec(description) ?? []
    t.strictSame(list.split(', '), CONDITION_REASONS, file)
  }
})

t.test('every reason of an entry', async t => {
  const rows = table('What became of an entry')
  const criteria = /const WORDS[^{]*\{([^}]*)\}/.exec(sources.get('entries/filter.ts') ?? '')?.[1] ?? ''
  const filters = [...criteria.matchAll(/'(\w+)'/g)].flatMap(([, word]) => [
    `${word}Excluded`,
    `${word}NotIncluded`,
    `No${word}`,
  ])
  t.equal(filters.length, 21)
  const said = found(/outcome: '(?:filtered|conflict)',\s*reason: '(\w+)'/g, () => true)
  const validation = found(/(?:\? |undefined : )'([A-Z][A-Za-z]+)'/g, file => file === 'entries/filter.ts')
  t.equal(validation.size, 2)
  const all = [...filters, ...said.keys(), ...validation.keys()]
  t.strictSame(rows.flatMap(({ reason }) => words(reason)).sort(), all.sort())
  for (const row of rows) t.match(row, { outcome: /^(filtered|conflict)$/, meaning: /\w/, 'what to do': /\w/ })
})

t.test('every code of an issue', async t => {
  const rows = table('Codes of issues')
  const isData = (file: string) => /^(entries|sources)\//.test(file) || file.startsWith('lib/yaml-')
  const said = [
    found(/\bcode: '([A-Z]\w+)'/g, isData),
    found(/[fF]inding\('([A-Z]\w+)'/g, isData),
    found(/fileIssue\([\w.]+, '([A-Z]\w+)'/g, isData),
    found(/new JsonRefused\([^']*'([A-Z]\w+)'\)/g, isData),
  ].flatMap(map => [...map.keys()])
  const wanted = new Set([...said, 'StrictToolHive', 'KeyRefused'])
  // The reader of an entry says EntryTooLarge for it.
  wanted.delete('TooLarge')
  t.strictSame(rows.flatMap(({ code }) => words(code)).sort(), [...wanted].sort())
  for (const row of rows) t.match(row, { severity: /^(error|warning|info)/, meaning: /\w/, 'what to do': /\w/ })
})
