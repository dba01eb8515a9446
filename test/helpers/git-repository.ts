// Bare repositories for tests, made by the git program in an environment of its own, and a person who commits to them.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'

/** What a file is made of: text, bytes, null to delete it, or an entry that is not a plain file. */
export type FileContent =
  | string
  | Uint8Array
  | null
  | { readonly symlink: string }
  | { readonly submodule: string }
  | { readonly executable: string }
export type Files = Readonly<Record<string, FileContent>>

export interface TestRepository {
  readonly directory: string
  readonly url: string
  readonly branch: string
  /** Commit of a branch (default the repository's), undefined when it does not exist. */
  head(branch?: string): Promise<string | undefined>
  /** Commits files on top of a branch; returns the commit. */
  commit(files: Files, message?: string, options?: CommitOptions): Promise<string>
  /** A file at the head of a branch, or at any revision. */
  read(path: string, revision?: string): Promise<string>
  /** Whole messages, newest first. */
  log(revision?: string): Promise<string[]>
  /** Paths at a revision. */
  paths(revision?: string): Promise<string[]>
  /** Runs git inside the repository. */
  git(args: readonly string[], input?: string | Uint8Array): Promise<string>
  /** Writes an executable hook. */
  hook(name: string, script: string): Promise<void>
}

export interface CommitOptions {
  readonly branch?: string
  /** Committer and author date. */
  readonly date?: Date
}

export interface RepositoryOptions {
  readonly branch?: string
  readonly objectFormat?: 'sha1' | 'sha256'
  /** Configuration of the repository, such as `uploadpack.allowFilter`. */
  readonly config?: Readonly<Record<string, string>>
}

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rollbook-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
  return directory
}

/** An environment in which git reads nothing of this machine. */
export function hermeticEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Tester',
    GIT_AUTHOR_EMAIL: 'tester@example.com',
    GIT_COMMITTER_NAME: 'Tester',
    GIT_COMMITTER_EMAIL: 'tester@example.com',
  }
}

/** A bare repository with one commit of the files, or empty when there are none. Partial clones are served, as hosts do. */
export async function bareRepository(
  t: Test,
  files: Files = {},
  options: RepositoryOptions = {},
): Promise<TestRepository> {
  const branch = options.branch ?? 'main'
  const home = await temporaryDirectory(t)
  const directory = join(home, 'repository.git')
  const env = hermeticEnvironment(home)
  const git = async (args: readonly string[], input: string | Uint8Array = '', more: Record<string, string> = {}) =>
    (await run(args, { cwd: directory, env: { ...env, GIT_DIR: directory, ...more }, input })).trimEnd()

  await Promise.all(['objects/pack', 'refs/heads'].map(path => mkdir(join(directory, path), { recursive: true })))
  await writeFile(join(directory, 'HEAD'), `ref: refs/heads/${branch}\n`)
  const config = {
    'uploadpack.allowFilter': 'true',
    'http.receivepack': 'true',
    'gc.auto': '0',
    'receive.autogc': 'false',
    'maintenance.auto': 'false',
    'core.fsync': 'none',
    ...options.config,
  }
  // By hand: an init would be a process for each of the many repositories.
  const format = options.objectFormat ?? 'sha1'
  const extensions =
    format === 'sha1' ? { version: 0, text: '' } : { version: 1, text: `[extensions]\n\tobjectFormat = ${format}\n` }
  const core = `[core]\n\trepositoryformatversion = ${extensions.version}\n\tbare = true\n${extensions.text}`
  await writeFile(join(directory, 'config'), core + Object.entries(config).map(configText).join(''))

  const head = async (name = branch) => {
    const loose = await readFile(join(directory, 'refs/heads', name), 'utf8').catch(() => undefined)
    if (loose !== undefined) return loose.trim()
    const found = await git(['for-each-ref', '--format=%(objectname)', `refs/heads/${name}`])
    return found === '' ? undefined : found
  }
  const repository: TestRepository = {
    directory,
    url: pathToFileURL(directory).href,
    branch,
    head,
    git,
    async commit(changes, message = 'change', { branch: name = branch, date } = {}) {
      const parent = await head(name)
      await git(
        ['fast-import', '--quiet', '--depth=0'],
        commitStream(`refs/heads/${name}`, { changes, message, parent, date }),
      )
      return (await head(name)) ?? ''
    },
    read: (path, revision = branch) => git(['show', `${revision}:${path}`]),
    async log(revision = branch) {
      const text = await git(['log', '-z', '--format=%B', revision])
      return text.split('\0').filter(message => message !== '')
    },
    async paths(revision = branch) {
      const text = await git(['ls-tree', '-r', '-z', '--name-only', revision])
      return text.split('\0').filter(path => path !== '')
    },
    async hook(name, script) {
      await mkdir(join(directory, 'hooks'), { recursive: true })
      await writeFile(join(directory, 'hooks', name), script, { mode: 0o755 })
    },
  }
  if (Object.keys(files).length > 0) await repository.commit(files, 'first')
  return repository
}

/** Runs git and returns its output; throws with its error text when it fails. */
export function run(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly input?: string | Uint8Array
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      args,
      { cwd: options.cwd, env: options.env, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`git ${args.join(' ')}: ${stderr}`))
      },
    )
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

interface StreamedCommit {
  readonly changes: Files
  readonly message: string
  readonly parent: string | undefined
  readonly date: Date | undefined
}

/** One commit as git-fast-import(1) reads it. */
function commitStream(ref: string, { changes, message, parent, date }: StreamedCommit): Buffer {
  const seconds = Math.floor((date ?? new Date()).getTime() / 1000)
  const out: (string | Uint8Array)[] = [`commit ${ref}\ncommitter Tester <tester@example.com> ${seconds} +0000\n`]
  out.push(`data ${Buffer.byteLength(message)}\n${message}\n`)
  if (parent !== undefined) out.push(`from ${parent}\n`)
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) out.push(`D ${path}\n`)
    else if (typeof content === 'object' && 'submodule' in content) out.push(`M 160000 ${content.submodule} ${path}\n`)
    else {
      const [mode, data] = modeOf(content)
      out.push(`M ${mode} inline ${path}\ndata ${Buffer.byteLength(data)}\n`, data, '\n')
    }
  }
  return Buffer.concat(out.map(part => Buffer.from(part)))
}

function modeOf(content: string | Uint8Array | { readonly symlink: string } | { readonly executable: string }) {
  if (typeof content === 'string' || content instanceof Uint8Array) return ['100644', content] as const
  return 'symlink' in content ? (['120000', content.symlink] as const) : (['100755', content.executable] as const)
}

function configText([key, value]: readonly [string, string]): string {
  const [section, name] = key.split('.')
  return `[${section}]\n\t${name} = ${value}\n`
}
