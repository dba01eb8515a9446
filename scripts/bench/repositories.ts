// The repositories of the benchmarks, and plain git doing what a run does with the same bytes: the floor of a run.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Measured, measured, type Run } from './measured.ts'

export interface Repository {
  readonly directory: string
  readonly url: string
}

/** Places and an environment in which git reads nothing of this machine. */
export class Workshop {
  readonly run: Run
  private readonly scratch: string

  constructor(scratch: string) {
    this.scratch = scratch
    const person = { NAME: 'Bench', EMAIL: 'bench@example.com' }
    const who = Object.entries(person).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ])
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: scratch,
      TMPDIR: scratch,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      // Housekeeping in the background would be measured with what follows it.
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'gc.auto',
      GIT_CONFIG_VALUE_0: '0',
      GIT_CONFIG_KEY_1: 'maintenance.auto',
      GIT_CONFIG_VALUE_1: 'false',
      ...Object.fromEntries(who),
    }
    this.run = { cwd: scratch, env }
  }

  folder(): string {
    return mkdtempSync(join(this.scratch, 'bench-'))
  }

  /** An empty bare repository that serves partial clones, as hosts do. */
  repository(): Repository {
    const directory = join(this.folder(), 'repository.git')
    this.git('init', '--quiet', '--bare', '--initial-branch=main', directory)
    this.git('-C', directory, 'config', 'uploadpack.allowFilter', 'true')
    this.git('-C', directory, 'config', 'gc.auto', '0')
    this.git('-C', directory, 'config', 'http.receivepack', 'true')
    return { directory, url: pathToFileURL(directory).href }
  }

  commit(to: Repository, path: string, text: string): void {
    const work = this.folder()
    this.git('clone', '--quiet', '--depth=1', to.url, work)
    mkdirSync(dirname(join(work, path)), { recursive: true })
    writeFileSync(join(work, path), text)
    this.git('-C', work, 'add', '--all')
    this.git('-C', work, 'commit', '--quiet', '--message=next')
    this.git('-C', work, 'push', '--quiet', 'origin', 'HEAD:main')
    rmSync(work, { recursive: true })
  }

  /** The files that stand in a repository, as a folder. */
  filesOf(of: Repository): string {
    const work = this.folder()
    this.git('clone', '--quiet', '--depth=1', of.url, work)
    rmSync(join(work, '.git'), { recursive: true })
    return work
  }

  /** Plain git: both sides cloned at depth 1, the files put there, committed and pushed. */
  async floor(source: Repository, target: Repository, files: string): Promise<Measured> {
    const from = this.folder()
    const to = this.folder()
    const begin = performance.now()
    this.git('clone', '--quiet', '--depth=1', source.url, from)
    this.git('clone', '--quiet', '--depth=1', target.url, to)
    const copying = performance.now()
    cpSync(files, to, { recursive: true })
    const copied = performance.now() - copying
    this.git('-C', to, 'add', '--all')
    this.git('-C', to, 'commit', '--quiet', '--message=all')
    const last = await measured('git', ['-C', to, 'push', '--quiet', 'origin', 'HEAD:main'], this.run)
    // A run gets its files from memory, so what the copy took is nobody's time.
    const seconds = (performance.now() - begin - copied) / 1000
    for (const each of [from, to]) rmSync(each, { recursive: true })
    return { ...last, seconds }
  }

  copyOf(repository: Repository): Repository {
    const directory = join(this.folder(), 'repository.git')
    cpSync(repository.directory, directory, { recursive: true })
    return { directory, url: pathToFileURL(directory).href }
  }

  private git(...args: string[]): void {
    execFileSync('git', args, { ...this.run, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 })
  }
}
