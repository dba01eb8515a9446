// Runs tap's test files, each in a process of its own, some at a time, and tells what failed or was skipped (design note 002).
// Usage: node scripts/run-tests.mjs [--timeout SECONDS] FOLDER|FILE... below dist/test; default all but soak and kube.
// Files in kube/ share one Kubernetes control plane, which is started for them.
import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import PQueue from 'p-queue'
import { startControlPlane } from './control-plane.mjs'

/** Two more than cores: a test waits for git, and for time, more often than not. */
const JOBS = availableParallelism() + 2

/** Folders that run only when they are named, and by which command. */
const ON_DEMAND = { kube: 'npm run test:kube', soak: 'npm run test:soak' }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { timeout: { type: 'string', default: '900' } },
})
const root = fileURLToPath(new URL('..', import.meta.url))
const files = positionals.length > 0 ? positionals.flatMap(filesAt) : filesAt('').filter(file => !isOnDemand(file))
if (files.length === 0) throw new Error('no test file is there')

const begin = performance.now()
const controlPlane = files.some(file => file.startsWith('kube/')) ? startControlPlane() : undefined
const totals = { asserts: 0, failedFiles: [] }
const queue = new PQueue({ concurrency: JOBS })
await Promise.all(files.map(file => queue.add(async () => tell(file, await run(file)))))
controlPlane?.stop()
const seconds = ((performance.now() - begin) / 1000).toFixed(1)
const verdict = totals.failedFiles.length === 0 ? 'all passed' : `FAILED: ${totals.failedFiles.join(', ')}`
say(`${files.length} files, ${totals.asserts} assertions, ${seconds} s: ${verdict}`)
if (positionals.length === 0) {
  for (const [folder, command] of Object.entries(ON_DEMAND)) say(`SKIPPED all of test/${folder}: ${command} runs them`)
}
process.exitCode = totals.failedFiles.length === 0 ? 0 : 1

function filesAt(path) {
  const folder = `${root}dist/test/`
  if (path !== '' && statSync(folder + path).isFile()) return [path]
  const below = path === '' ? '' : `${path.replace(/\/$/, '')}/`
  const names = readdirSync(folder + below, { recursive: true })
  return names.filter(name => name.endsWith('.test.js')).map(name => below + name)
}

function isOnDemand(file) {
  return Object.keys(ON_DEMAND).some(folder => file.startsWith(`${folder}/`))
}

/** The output of one test file, which speaks TAP, and how its process ended. */
function run(file) {
  const started = performance.now()
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/test/${file}`], {
    cwd: root,
    env: { ...process.env, ...controlPlane?.env, TAP: '1', TAP_TIMEOUT: values.timeout },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: Number(values.timeout) * 1000,
  })
  const pieces = []
  child.stdout.on('data', piece => pieces.push(piece))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const lines = Buffer.concat(pieces).toString('utf8').split('\n')
      resolve({ lines, end: signal ?? code, seconds: (performance.now() - started) / 1000 })
    })
  })
}

function tell(file, { lines, end, seconds }) {
  const asserts = lines.filter(isAssert).length
  totals.asserts += asserts
  const failed = end !== 0 || !lines.some(line => /^1\.\.\d/.test(line)) || lines.some(line => /^not ok/.test(line))
  if (failed) totals.failedFiles.push(file)
  say(`${failed ? 'FAILED' : 'ok    '} ${seconds.toFixed(1).padStart(6)} s ${String(asserts).padStart(5)} ${file}`)
  if (failed && end !== 0) say(`       the process ended with ${end}`)
  for (const line of failed ? failures(lines) : lines.filter(isNote)) say(`       ${line}`)
}

/** A leaf: a subtest's own line follows its assertions, which are indented deeper, and its name was announced. */
function isAssert(line, index, lines) {
  const found = /^( *)(?:not )?ok \d+/.exec(line)
  if (!found) return false
  const before = lines.slice(Math.max(0, index - 3), index).findLast(text => text.trim() !== '') ?? ''
  return !before.startsWith(`${found[1]}    `)
}

/** Skips and their reasons, seeds, and what tests say of themselves. */
function isNote(line) {
  return / # SKIP/.test(line) || /^ *# (?!Subtest|time=|\{ total)/.test(line)
}

/** Each `not ok` with its details, and the seeds to repeat it with. */
function failures(lines) {
  const told = []
  let indent
  for (const line of lines) {
    const problem = /^( *)not ok/.exec(line)
    if (problem) indent = problem[1].length
    else if (indent !== undefined && line.search(/\S/) <= indent) indent = undefined
    if (indent !== undefined || isNote(line)) told.push(line)
  }
  return told
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
