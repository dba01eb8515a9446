// What stands on a target's branch after runs, as values that tests compare: nothing lost, nothing twice, nothing broken.
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { run, type TestRepository } from './git-repository.ts'

/** Run ids in the trailers of all refs, newest first. */
export async function runsOf(target: TestRepository): Promise<string[]> {
  const messages = await target.log('--all')
  return messages.flatMap(message => [...message.matchAll(/^Rollbook-Run: (.*)$/gm)].map(([, id = '']) => id))
}

/** Complaints of `git fsck`, merges, lock files: empty when the repository is sound and its history a line. */
export async function damageOf(target: TestRepository): Promise<string[]> {
  const complaints = await target.git(['fsck', '--full', '--strict', '--no-dangling']).catch(error => String(error))
  const merges = await target.git(['rev-list', '--all', '--merges'])
  return [...complaints.split('\n'), ...merges.split('\n'), ...locksOf(target)].filter(line => line !== '')
}

/** Lock files of the repository: while one is there, git refuses to write what it locks. */
export function locksOf({ directory }: TestRepository): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.lock'))
}

/** Commits of ours whose trailer gives another digest than their file has (git-contract.md, "Digest"). */
export async function wrongDigestsOf(target: TestRepository): Promise<string[]> {
  const wrong: string[] = []
  for (const commit of (await target.git(['rev-list', '--grep=^Rollbook-Run: ', target.branch])).split('\n')) {
    const [message = ''] = await target.log(`${commit}^!`)
    const path = /^Rollbook-Target: \S+ \S+ (.*)$/m.exec(message)?.[1] ?? ''
    const digest = /^Rollbook-Digest: sha256:(.*)$/m.exec(message)?.[1]
    if (sha256(await textAt(target, commit, path)) !== digest) wrong.push(commit)
  }
  return wrong
}

/** Names of the entries in a catalog at the head of the branch. */
export async function namesIn(target: TestRepository, path: string): Promise<string[]> {
  const catalog = JSON.parse(await textAt(target, target.branch, path)) as { data: { servers: { name: string }[] } }
  return catalog.data.servers.map(({ name }) => name)
}

/** The file with its last line feed, unlike `read`. */
function textAt(target: TestRepository, commit: string, path: string): Promise<string> {
  return run(['show', `${commit}:${path}`], { cwd: target.directory, env: { PATH: process.env['PATH'] ?? '' } })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
