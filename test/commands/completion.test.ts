// `rollbook completion`: the scripts, sourced by the real shells where they are installed.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { COMMANDS } from '../../src/commands/program.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program } from '../helpers/in-process.ts'

const run = promisify(execFile)
const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' }

async function scriptFile(t: Test, shell: string): Promise<string> {
  const { code, stdout, stderr } = await program(['completion', shell])
  t.equal(code, 0, stderr)
  const file = join(await temporaryDirectory(t), `rollbook.${shell}`)
  await writeFile(file, stdout)
  return file
}

async function isInstalled(shell: string): Promise<boolean> {
  return await run(shell, ['-c', 'exit 0'], { env }).then(
    () => true,
    () => false,
  )
}

/** What bash offers where the words end: the function is called as readline calls it. */
async function offered(file: string, ...words: string[]): Promise<string[]> {
  const call = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rollbook; printf "%s\\n" "\${COMPREPLY[@]}"`
  const { stdout, stderr } = await run('bash', ['--norc', '-uc', call, file, ...words], { env })
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').filter(line => line !== '')
}

t.test('bash completes commands, options, values, and files where files are meant', async t => {
  const file = await scriptFile(t, 'bash')
  const names = COMMANDS.map(({ name }) => name)

  t.strictSame(await offered(file, 'rollbook', ''), [...names, '--help', '--version'])
  t.strictSame(await offered(file, 'rollbook', 'va'), ['validate'])
  t.strictSame(await offered(file, 'rollbook', 'run', '--mode', ''), ['apply', 'plan'])
  t.strictSame(await offered(file, 'rollbook', 'run', '--mode', '=', 'p'), ['plan'])
  t.strictSame(await offered(file, 'rollbook', 'run', '--mode', '='), ['apply', 'plan'])
  t.strictSame(await offered(file, 'rollbook', 'audit', '-o', ''), ['text', 'json', 'yaml'])
  t.strictSame(await offered(file, 'rollbook', 'completion', ''), ['bash', 'zsh', 'fish'])
  t.strictSame(await offered(file, 'rollbook', 'diff', 'a.json', '--e'), ['--exit-code'])
  t.strictSame(await offered(file, 'rollbook', 'validate', ''), [], 'left to readline: files')
  const { stdout } = await run('bash', ['--norc', '-c', 'source "$0"; complete -p rollbook', file], { env })
  t.match(stdout, '-o default -F _rollbook rollbook')
})

t.test('bash offers exactly the options of every command', async t => {
  const file = await scriptFile(t, 'bash')
  for (const { name, load } of COMMANDS) {
    const { command } = await load()
    const shown = await offered(file, 'rollbook', name, '--')
    const help = (await program([name, '--help'])).stdout
    t.strictSame(
      [...shown].sort(),
      [...new Set(help.match(/^ {2}(?:-\w, | {4})--[a-z-]+/gm))].map(o => o.slice(6)).sort(),
      name,
    )
    for (const option of command.spec.options) t.ok(shown.includes(`--${option.name}`))
  }
})

for (const [shell, args] of [
  ['zsh', ['-f', '-c', 'autoload -U compinit && compinit -D -u && source "$0" && print $_comps[rollbook]']],
  ['fish', ['--no-config', '-c', 'source $argv[1]; complete -C "rollbook completion "']],
] as const) {
  const skip = (await isInstalled(shell)) ? false : `${shell} is not installed`
  t.test(`${shell} sources its script`, { skip }, async t => {
    const { stdout, stderr } = await run(shell, [...args, await scriptFile(t, shell)], { env })
    t.equal(stderr, '')
    t.match(stdout, shell === 'zsh' ? '_rollbook' : /bash[\s\S]*fish[\s\S]*zsh/)
  })
}

t.test('zsh and fish scripts name every command, every option and every value', async t => {
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await program(['completion', shell])
    for (const { name, summary, load } of COMMANDS) {
      t.ok(stdout.includes(summary), `${shell} ${name}`)
      const { command } = await load()
      for (const { name: option, values = [] } of command.spec.options) {
        t.ok(stdout.includes(shell === 'zsh' ? `--${option}[` : `-l ${option} `), `${shell} ${name} --${option}`)
        t.ok(stdout.includes(values.join(' ')))
      }
    }
  }
})

t.test('another shell is wrong usage', async t => {
  t.match(await program(['completion', 'tcsh']), { code: 2, stdout: '', stderr: /bash, zsh, fish, not "tcsh"/ })
  t.match(await program(['completion']), { code: 2, stderr: /an argument is missing/ })
})
