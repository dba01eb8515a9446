// Options: where a value comes from, what is refused, and what help says of them.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { SETTINGS } from '../../src/commands/all-settings.ts'
import { GLOBAL_OPTIONS, globalOptions } from '../../src/commands/command.ts'
import { commandHelp } from '../../src/commands/help.ts'
import { COMMANDS } from '../../src/commands/program.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'

interface Config {
  readonly kind: string
  readonly settings: readonly { readonly name: string; readonly value: string | null; readonly origin: string }[]
}

async function settingOf(
  name: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string },
) {
  const { data } = await programJson<Config>(['config', ...args], options)
  t.equal(data.kind, 'Config')
  const { value, origin } = data.settings.find(setting => setting.name === name) ?? {}
  return { value, origin }
}

t.test('flag, then environment, then config file, then default', async t => {
  const cwd = await temporaryDirectory(t)
  const file = join(cwd, 'rollbook.yaml')
  const env = { ROLLBOOK_PROFILE: 'generic' }

  t.strictSame(await settingOf('profile', [], { cwd }), { value: 'generic', origin: 'default' })
  await writeFile(file, 'profile: official\nstrict: true\n')
  t.strictSame(await settingOf('profile', [], { cwd }), { value: 'official', origin: `config ${file}` })
  t.strictSame(await settingOf('profile', [], { cwd, env }), {
    value: 'generic',
    origin: 'environment ROLLBOOK_PROFILE',
  })
  t.strictSame(await settingOf('profile', ['--profile', 'official'], { cwd, env }), {
    value: 'official',
    origin: 'flag',
  })
  t.strictSame(await settingOf('strict', [], { cwd }), { value: 'true', origin: `config ${file}` })
  t.strictSame(await settingOf('mode', [], { cwd, env: { ROLLBOOK_MODE: '' } }), { value: null, origin: 'unset' })

  await writeFile(join(cwd, 'other.yaml'), 'checks: [semantic, publish]\n')
  const other = { value: 'semantic,publish', origin: `config ${join(cwd, 'other.yaml')}` }
  t.strictSame(await settingOf('checks', ['--config', 'other.yaml'], { cwd }), other, 'a list is one value with commas')
  t.strictSame(await settingOf('checks', [], { cwd, env: { ROLLBOOK_CONFIG: 'other.yaml' } }), other)
})

t.test('a setting of the environment reaches the command, what names one call only does not', async t => {
  const cwd = await temporaryDirectory(t)
  await writeFile(join(cwd, 'entry.json'), '{}')
  const asked = await program(['validate', 'entry.json'], { cwd, env: { ROLLBOOK_OUTPUT: 'json' } })
  t.equal(JSON.parse(asked.stdout).kind, 'ValidationResult')
  const { code, stderr } = await program(['run'], { cwd, env: { ROLLBOOK_FILENAME: 'x.yaml', ROLLBOOK_RUN_ID: 'x' } })
  t.equal(code, 2)
  t.match(stderr, 'name the manifests with -f')
})

t.test('a config file that would be ignored is refused, with every problem', async t => {
  const cwd = await temporaryDirectory(t)
  const cases = {
    'profil: official\nsecret_dir: x\nrun-id: x\nmode: {a: 1}\nchecks: null\n': [
      /"profil" is not a setting \(did you mean profile\?\)/,
      /"secret_dir" is not a setting \(did you mean secret-dir\?\)/,
      /"run-id" is not a setting/,
      /mode must be/,
      /checks must be/,
    ],
    'a: [': [/is not YAML/],
    '- profile': [/must be a map/],
    'profile: wrong\noutput: jsn': [
      /--profile takes generic, official, not "wrong" \(config/,
      /--output takes text, json, yaml, not "jsn"/,
    ],
    '': [],
    '# nothing\n': [],
  }
  for (const [text, problems] of Object.entries(cases)) {
    await writeFile(join(cwd, 'rollbook.yaml'), text)
    const { code, stderr } = await program(['validate', '-'], { cwd, input: '{"name":"x"}' })
    t.equal(code, problems.length === 0 ? 10 : 2, JSON.stringify(text))
    for (const problem of problems) t.match(stderr, problem)
  }
  const missing = await program(['version', '--config', 'none.yaml'], { cwd })
  t.match(missing, { code: 2, stderr: /none\.yaml can't be read/ })
})

t.test('wrong usage exits 2 and says what would be right', async t => {
  const cases: [string[], RegExp][] = [
    [['nothing'], /there is no command "nothing"\nrollbook --help lists the commands/],
    [['valdate'], /there is no command "valdate" \(did you mean validate\?\)\n/],
    [['validate'], /an argument is missing: rollbook validate PATH\.\.\. \[OPTIONS\]\nrollbook validate --help tells/],
    [['convert', 'a', 'b', '--to', 'upstream'], /unexpected argument b/],
    [['convert', 'a'], /--to upstream or --to toolhive/],
    [['validate', 'x', '--colour'], /Unknown option '--colour'\n/],
    [['validate', 'x', '--cheks', 'schema'], /Unknown option '--cheks' \(did you mean --checks\?\)/],
    [['validate', 'x', '-o', 'xml', '--profile', 'x'], /--profile takes .*\n--output takes /],
    [['completion', 'tcsh'], /rollbook completion takes bash, zsh, fish, not "tcsh"/],
    [['validate', 'x', '-o', 'xml'], /--output takes text, json, yaml, not "xml" \(flag\)/],
    [['validate', 'x', '--checks', 'schema,sematic'], /--checks takes .* not "sematic"/],
    [['validate', 'x', '--checks', ''], /--checks takes/],
    [['run', '-f', 'x', '--mode'], /--mode/],
    [['run', '-f', 'x.yaml', '--now', 'soon'], /does not exist|RFC 3339/],
    [['worker', '-o', 'json'], /Unknown option '-o'/],
    [['get', 'rbimport', '-w'], /Unknown option '-w': rollbook events --watch shows what happens\n/],
    [['apply', '-f', 'x', '--dry-run=client'], /Unknown option '--dry-run': rollbook run --mode plan/],
    [['delete', 'rbimport', '--all'], /Unknown option '--all': rollbook get KIND -o name lists/],
    [['delete', 'rbimport', '-l', 'a=b'], /Unknown option '-l': rollbook get KIND -l SELECTOR -o name lists/],
    [['delete', 'rbimport', 'a', 'b'], /unexpected argument b: it takes one resource at a time\n/],
    [['wait', 'rbimport', 'a', '--for=delete'], /--for takes .*: rollbook delete waits until it is gone\n/],
    [['get', 'rbimport', '-o', 'jsonpath={.a}'], /--output takes .* not "jsonpath=.*: -o json prints all of it/],
    [['convert', 'a', '--to', '-q'], /--to needs a value; one that begins with a dash is written --to=-\.\.\.\n/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await program(args)
    t.equal(stdout, '', args.join(' '))
    t.match(stderr, message)
    t.ok(code === 2 || code === 10, `exit ${code}`)
    if (!args.includes('--now')) t.equal(code, 2)
  }
})

t.test('help: purpose, usage, every option with its default, two examples', async t => {
  const all = await program(['--help'])
  t.equal(all.code, 0)
  t.equal((await program([])).stdout, all.stdout)
  for (const { name, summary, load } of COMMANDS) {
    t.match(all.stdout, summary)
    const { spec } = (await load()).command
    t.equal(spec.name, name)
    t.equal(spec.summary, summary)
    const { code, stdout } = await program([name, '--help'])
    t.equal(code, 0)
    t.equal(stdout, commandHelp(spec))
    t.match(stdout, `rollbook ${name} - ${summary}\n\nUsage: rollbook ${name}`)
    for (const option of [...spec.options, ...globalOptions(spec)]) {
      const line =
        stdout.split('\n').find(text => /^ {2}/.test(text) && /--[a-z-]+/.exec(text)?.[0] === `--${option.name}`) ?? ''
      t.match(line, option.help, `${name} --${option.name}`)
      if (option.default !== undefined) t.match(line, `default ${option.default}`)
      for (const value of option.values ?? []) t.match(line, value)
    }
    t.ok(spec.examples.length >= 2, `${name} has two examples`)
    for (const example of spec.examples) t.match(example, `rollbook ${name}`)
  }
})

t.test('every option of cli.md exists, and every setting is one that `rollbook config` prints', async t => {
  const RESOURCES = ['local', 'context', 'namespace']
  const documented: Record<string, readonly string[]> = {
    // `--out` comes with the ConfigMap targets of export jobs.
    run: [
      'filename',
      'name',
      'mode',
      'run-id',
      'strict',
      'report',
      'now',
      'secret-dir',
      'use-git-credentials',
      'git-engine',
    ],
    validate: ['format', 'checks', 'profile', 'allow-schema'],
    convert: ['to', 'namespace', 'out', 'on-invalid'],
    diff: ['exit-code'],
    audit: ['filename', 'repository', 'branch', 'path', 'runs'],
    completion: [],
    worker: ['git-engine'],
    local: ['filename', 'once', 'local', 'secret-dir', 'use-git-credentials'],
    apply: ['filename', ...RESOURCES],
    delete: ['filename', ...RESOURCES],
    get: ['all-namespaces', ...RESOURCES],
    describe: RESOURCES,
    history: RESOURCES,
    events: RESOURCES,
    logs: ['run', 'follow', ...RESOURCES],
    trigger: ['wait', ...RESOURCES],
    suspend: RESOURCES,
    resume: RESOURCES,
    cancel: RESOURCES,
    wait: ['for', 'timeout', ...RESOURCES],
    check: ['local', 'context'],
    controller: ['watch-namespaces', 'concurrency', 'max-concurrent-runs', 'image', 'leader-elect', 'listen'],
    config: [],
    version: [],
  }
  t.strictSame(COMMANDS.map(({ name }) => name).sort(), Object.keys(documented).sort())
  t.strictSame(GLOBAL_OPTIONS.map(({ name }) => name).sort(), [
    'config',
    'help',
    'log-level',
    'no-color',
    'output',
    'quiet',
  ])
  t.equal(GLOBAL_OPTIONS.find(({ name }) => name === 'output')?.short, 'o')
  for (const { name, load } of COMMANDS) {
    const { options } = (await load()).command.spec
    for (const wanted of documented[name] ?? [])
      t.ok(
        options.some(option => option.name === wanted),
        `${name} --${wanted}`,
      )
    for (const option of options) {
      if (option.isSetting === false) continue
      const setting = SETTINGS.find(known => known.name === option.name)
      t.strictSame(
        { ...setting, default: option.default },
        { ...option, default: option.default },
        `${name} --${option.name}`,
      )
    }
  }
})
