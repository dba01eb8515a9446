// docs/limits.md says what the code does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DEFAULT_LIMITS } from '../../src/entries/limits.ts'
import { projectRoot } from '../helpers/needs.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, bytes: 1, levels: 1, MiB: 1024 ** 2, GiB: 1024 ** 3 }

t.test('the limits of the page are those of the code', async t => {
  const text = readFileSync(join(projectRoot, 'docs/limits.md'), 'utf8')
  const limits = new Map(
    [...text.matchAll(/^\| (.+?) +\| ([\d,]+)(?: (\w+))? +\|/gm)].map(([, what = '', figure = '', unit = '']) => [
      what,
      Number(figure.replaceAll(',', '')) * (UNITS[unit] ?? Number.NaN),
    ]),
  )
  const limit = (start: string) => [...limits].find(([what]) => what.startsWith(start))?.[1]

  t.strictSame(
    {
      fileBytes: limit('one file'),
      totalBytes: limit('all files'),
      files: limit('files of a source'),
      entryBytes: limit('one entry'),
      entries: limit('entries of a source'),
      envelopeBytes: limit('what stands around'),
      yamlBytes: limit('a YAML document'),
      depth: limit('nesting'),
      renderedBytes: limit('a file that a run writes'),
    },
    DEFAULT_LIMITS,
  )
})
