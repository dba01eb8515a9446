// Places that --local names and that can be no state directory.
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { importManifest } from '../helpers/entries.ts'
import { program } from '../helpers/in-process.ts'
import { localPlace } from '../helpers/local-place.ts'
import { needProc } from '../helpers/needs.ts'

t.test('--local at a place that can be no state directory: one sentence, exit 10', async t => {
  const place = await localPlace(t)
  const { cwd } = place
  await place.write('file', '')
  await place.write(
    'import.yaml',
    importManifest({ name: 'nightly', source: 'https://a.example/b', target: 'https://a.example/c' }),
  )
  const noDirectory = /the state directory \S+file can't be used: it is no directory \[InputUnreadable\]\n/
  const notMade = /the state directory \S+ can't be made: E\w+: [a-z ]+ \[OutputNotWritable\]\n/
  const wrong: [string, RegExp][] = [
    ['local --once --local=file', noDirectory],
    ['apply -f import.yaml --local=file', noDirectory],
    ['get rbimport --local=file', noDirectory],
    ['events --local=file', noDirectory],
    ['local --once -f import.yaml --local=file/below', notMade],
  ]
  const checked = await program(['check', '--local=file'], { cwd })
  t.match(checked, { code: 10, stdout: /^FAILED state directory +file can't be used: it is no directory$/m })
  if (needProc(t)) {
    // The system makes no directory there, and has no place for a lock.
    wrong.push(
      ['apply -f import.yaml --local=/proc/none', notMade],
      ['apply -f import.yaml --local=/proc/none/below', notMade],
    )
    wrong.push([
      'apply -f import.yaml --local=/proc',
      /the state directory \/proc can't be used: E\w+: .* \[InputUnreadable\]/,
    ])
  }
  for (const [args, message] of wrong)
    t.match(await program(args.split(' '), { cwd }), { code: 10, stderr: message }, args)
  t.equal((await program(['apply', '-f', 'import.yaml', '--local=a/b/c'], { cwd })).code, 0)
  t.equal((statSync(join(cwd, 'a/b/c')).mode & 0o777).toString(8), '700')
})

t.test('a damaged state: every command, and check, says what is wrong and what to do', async t => {
  const place = await localPlace(t)
  const { cwd } = place
  const state = join(cwd, '.rollbook/state')
  const refused = async (message: RegExp) => {
    for (const args of ['get rollbook', 'local --once'])
      t.match(await place.run(args), { code: 10, stderr: message }, args)
    const { code, stdout } = await place.run('check')
    t.equal(code, 10)
    t.match(/^FAILED state directory +(.*)$/m.exec(stdout)?.[1]?.replace('; ', ' [InputUnreadable]\n'), message)
  }
  t.match((await place.run('check')).stdout, /^ok +state directory +\.rollbook is not there/m)
  await place.write('map.yaml', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }))
  await place.run('local --once -f map.yaml')
  mkdirSync(join(cwd, '.rollbook/logs'), { recursive: true })
  t.match(
    (await place.run('check')).stdout,
    /^ok +state directory +\.rollbook can be read and written, and no process runs it$/m,
  )
  await writeFile(state, 'nonsense')
  await refused(/the state file \S+ is damaged: .*\[InputUnreadable\]\nbring it back/)
  rmSync(state)
  await refused(/the file state of the state directory \S+ is missing \[InputUnreadable\]\nbring it back/)
  mkdirSync(state)
  await refused(/the state file \S+ is damaged: it is a directory \[InputUnreadable\]\nbring it back/)
})

t.test(
  'local without manifests: a place that is not there is not made, and an empty state has nothing to run',
  async t => {
    const place = await localPlace(t)
    t.match(await place.run('local --once --local=typo'), {
      code: 10,
      stderr: /there is no state directory \S+typo \[PathNotFound\]\nrollbook local -f FILE makes one/,
    })
    t.notOk(existsSync(join(place.cwd, 'typo')))
    await place.write('map.yaml', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }))
    await place.run('apply -f map.yaml')
    t.match(await place.run('local --once'), {
      code: 0,
      stdout: '',
      stderr: 'nothing to run: the state directory .rollbook has no registry and no job; -f FILE gives it some\n',
    })
  },
)
