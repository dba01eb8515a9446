// Starts the git program: argument arrays, an own process group, and an end in every case. Nothing else here knows of processes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { Failure } from '../../lib/failure.ts'
import { abortFailure } from '../aborted.ts'

export type Environment = Readonly<Record<string, string>>

export interface GitCall {
  /** The subcommand and its arguments; values from outside stand behind `--end-of-options` or come by stdin. */
  readonly args: readonly string[]
  readonly env: Environment
  readonly cwd: string
  /** Ends the whole process group when aborted. */
  readonly signal: AbortSignal
  /** How long a process has to end by itself once asked to; default 5 s. */
  readonly graceMs?: number
  /** Ends the process group when this directory holds more than so many bytes. */
  readonly quota?: { readonly directory: string; readonly bytes: number; readonly exceeded: () => Failure }
}

export interface GitExit {
  readonly code: number
  /** The end of what was written there, not yet redacted. */
  readonly stderr: string
}

export interface GitProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Settles when the program and everything that it started are gone. Rejects with the reason when it was stopped. */
  readonly ended: Promise<GitExit>
  /** Stops the process group; `ended` rejects with `why`. */
  stop(why: Failure): void
}

const STDERR_BYTES = 64 * 1024
const STDOUT_BYTES = 64 * 1024 * 1024
const GRACE_MS = 5_000
const QUOTA_POLL_MS = 100

/** Starts git. The caller reads stdout, feeds or ends stdin, and awaits `ended`. */
export function startGit(call: GitCall): GitProcess {
  if (call.signal.aborted) throw abortFailure(call.signal)
  const child = spawn('git', call.args, {
    cwd: call.cwd,
    env: call.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let why: Failure | undefined
  let killer: NodeJS.Timeout | undefined
  let stderr = Buffer.alloc(0)

  const signalGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // The group is gone already.
    }
  }
  const stop = (reason: Failure) => {
    why ??= reason
    signalGroup('SIGTERM')
    killer ??= setTimeout(signalGroup, call.graceMs ?? GRACE_MS, 'SIGKILL')
    child.stdout.destroy()
  }
  const onAbort = () => stop(abortFailure(call.signal))
  call.signal.addEventListener('abort', onAbort, { once: true })
  const watcher = call.quota === undefined ? undefined : watchQuota(call.quota, stop)

  child.stderr.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk])
    if (stderr.length > STDERR_BYTES) stderr = stderr.subarray(stderr.length - STDERR_BYTES)
  })
  // A program that ends early breaks the pipe; its exit code and stderr say why.
  child.stdin.on('error', () => {})
  // Helpers that outlive git would keep the pipes, and this promise, open.
  child.on('exit', () => {
    killer ??= setTimeout(signalGroup, call.graceMs ?? GRACE_MS, 'SIGKILL')
  })

  const ended = new Promise<GitExit>((resolve, reject) => {
    let startError: Failure | undefined
    child.on('error', error => {
      startError ??= notStarted(error)
      if (child.pid === undefined) settle(-1)
    })
    child.on('close', (code, signal) => settle(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
    const settle = (code: number) => {
      clearTimeout(killer)
      clearInterval(watcher)
      call.signal.removeEventListener('abort', onAbort)
      const failure = why ?? startError
      if (failure === undefined) resolve({ code, stderr: stderr.toString('utf8') })
      else reject(failure)
    }
  })
  ended.catch(() => {})
  return { stdin: child.stdin, stdout: child.stdout, ended, stop }
}

/** Runs git to its end and collects what it printed, at most `maxStdout` bytes. A non-zero exit code is the caller's to judge. */
export async function runGit(
  call: GitCall & { readonly input?: Iterable<Uint8Array | string>; readonly maxStdout?: number },
): Promise<GitExit & { readonly stdout: Buffer }> {
  const git = startGit(call)
  const max = call.maxStdout ?? STDOUT_BYTES
  const chunks: Buffer[] = []
  let length = 0
  git.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= max) chunks.push(chunk)
    else git.stop(new Failure('LimitExceeded', 'definite', `git ${call.args[0]} printed more than ${max} bytes`))
  })
  await feed(git.stdin, call.input ?? [])
  const exit = await git.ended
  return { ...exit, stdout: Buffer.concat(chunks) }
}

/** What a process prints, no faster than it is taken. Ends silently when the process is stopped: `ended` says why. */
export async function* chunksOf(git: GitProcess): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of git.stdout) yield chunk
  } catch {
    // Stopping a process destroys its output.
  }
}

/** Writes all pieces to a process, no faster than it reads, and closes its input. */
export async function feed(stdin: Writable, pieces: Iterable<Uint8Array | string>): Promise<void> {
  for (const piece of pieces) await write(stdin, piece)
  if (!stdin.destroyed) stdin.end()
}

/** Writes one piece; waits when the pipe is full. A broken pipe is silent: the exit code tells. */
export async function write(stdin: Writable, piece: Uint8Array | string): Promise<void> {
  if (stdin.destroyed || stdin.write(piece) || stdin.destroyed) return
  const done = new AbortController()
  try {
    await Promise.race(['drain', 'close'].map(event => once(stdin, event, { signal: done.signal })))
  } catch {
    // 'error' on the pipe.
  } finally {
    done.abort()
  }
}

function notStarted(error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ENOENT')
    return new Failure('GitMissing', 'definite', 'the git program was not found', {
      hint: 'install git 2.37 or newer (Debian: apt-get install git openssh-client), or choose the embedded engine',
    })
  return new Failure('GitFailed', 'transient', `the git program could not be started: ${error.code ?? error.message}`)
}

function watchQuota(quota: NonNullable<GitCall['quota']>, stop: (why: Failure) => void): NodeJS.Timeout {
  let looking = false
  return setInterval(async () => {
    if (looking) return
    looking = true
    if ((await bytesIn(quota.directory)) > quota.bytes) stop(quota.exceeded())
    looking = false
  }, QUOTA_POLL_MS)
}

/** Bytes of the files directly in a directory. */
export async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => [])
  const sizes = await Promise.all(
    names.map(name =>
      stat(`${directory}/${name}`).then(
        found => found.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
