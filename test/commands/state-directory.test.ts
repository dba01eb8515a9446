// Places that --local names and that can be no state directory.
import { statSync } from 'node:fs'
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
    ['local --once --local=file/below', notMade],
  ]
  const checked = await program(['check', '--local=file'], { cwd })
  t.match(checked, { code: 10, stdout: /^FAILED state directory +file can't be used: it is no directory$/m })
  if (needProc(t)) {
    // The system makes no directory there, and has no place for a lock.
    wrong.push(['local --once --local=/proc/none', notMade], ['local --once --local=/proc/none/below', notMade])
    wrong.push(['local --once --local=/proc', /the state directory \/proc can't be used: E\w+: .* \[InputUnreadable\]/])
  }
  for (const [args, message] of wrong)
    t.match(await program(args.split(' '), { cwd }), { code: 10, stderr: message }, args)
  t.equal((await program(['local', '--once', '--local=a/b/c'], { cwd })).code, 0)
  t.equal((statSync(join(cwd, 'a/b/c')).mode & 0o777).toString(8), '700')
})
