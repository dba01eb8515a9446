// `npm start`: the whole product once, without a cluster: a manifest is applied, controllers run Jobs on two real git
// repositories, and history and audit tell of them. The scratch folder stays for a look around.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const example = join(root, 'examples/git-import')
const scratch = mkdtempSync(join(tmpdir(), 'rollbook-quickstart-'))
const source = join(scratch, 'team-servers.git')
const target = join(scratch, 'catalog.git')
const manifest = join(scratch, 'import.yaml')
const state = join(scratch, '.rollbook')

title('Two bare git repositories: a team with MCP servers, a company with a catalog')
for (const repository of [source, target])
  git(scratch, 'init', '--quiet', '--bare', '--initial-branch=main', repository)
const first = readFileSync(join(example, 'source/servers.json'), 'utf8')
commitToSource(first, 'three servers of the team')
writeFileSync(manifest, manifestHere())
say(`source   ${source}\ntarget   ${target}\n\nThe commands below run in ${scratch}.`)

title('The manifest: where entries come from, where they go')
say(readFileSync(manifest, 'utf8').trim())

title('It is applied, and everything that is due is done: valid entries are committed, the bad one is skipped')
rollbook('local', '--once', '-f', 'import.yaml')

title('What was committed: who, from where, at which revision (git show --stat)')
say(git(target, 'show', '--stat', '--format=%an <%ae>%n%n%B', 'main'))

title('The team releases one server anew; a run on request adds that version, and keeps the old one as stale')
commitToSource(first.replace('"version": "0.9.1"', '"version": "1.0.0"'), 'tickets 1.0.0')
rollbook('trigger', 'rbimport', 'team-servers', '-n', 'platform', '--wait', '--local')
say(
  git(target, 'show', '--format=', '--unified=0', '--word-diff=none', 'main', '--', 'catalog/registry.json')
    .split('\n')
    .map(shortened)
    .join('\n'),
)

title('The status of the resource remembers its runs')
rollbook('history', 'rbimport', 'team-servers', '-n', 'platform', '--local')

title('The audit proves runs, commits and digests against each other')
rollbook('audit', 'rbimport', 'team-servers', '-n', 'platform', '--local')

title('What to try next, from the folder of the project')
say(
  [
    `All about the job:  npx rollbook describe rbimport team-servers -n platform --local=${state}`,
    `Its last report:    npx rollbook logs rbimport team-servers -n platform --local=${state}`,
    `Stay, and run:      npx rollbook local --local=${state}`,
    `The catalog:        git -C ${target} show main:catalog/registry.json`,
    `Start over:         rm -r ${scratch}`,
  ].join('\n'),
)

function manifestHere(): string {
  return readFileSync(join(example, 'import.yaml'), 'utf8')
    .replace('https://git.example.com/team/mcp-servers.git', pathToFileURL(source).href)
    .replace('https://git.example.com/platform/catalog.git', pathToFileURL(target).href)
}

function commitToSource(servers: string, message: string): void {
  const work = mkdtempSync(join(scratch, 'work-'))
  git(work, 'clone', '--quiet', source, '.')
  mkdirSync(dirname(join(work, 'servers.json')), { recursive: true })
  writeFileSync(join(work, 'servers.json'), servers)
  git(work, 'add', '--all')
  git(work, 'commit', '--quiet', '--message', message)
  git(work, 'push', '--quiet', 'origin', 'HEAD:main')
}

function rollbook(...args: string[]): void {
  say(`$ rollbook ${args.join(' ')}\n`)
  const done = spawnSync(process.execPath, [join(root, 'dist/bundle/dist/src/cli.js'), ...args], {
    cwd: scratch,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (done.status !== 0) {
    process.exitCode = 1
    throw new Error(`rollbook ended with ${done.status}`)
  }
}

/** Git without this person's configuration, so that the demonstration runs the same everywhere. */
function git(directory: string, ...args: string[]): string {
  const who = { NAME: 'Team', EMAIL: 'team@example.com' }
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
  }
  return execFileSync('git', ['-C', directory, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

function title(text: string): void {
  process.stdout.write(`\n== ${text}\n\n`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function shortened(line: string): string {
  return line.length > 160 ? `${line.slice(0, 157)}...` : line
}
