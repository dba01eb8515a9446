// The import table of the design as a test: who may import whom, so that the two halves never meet and arrows run one way.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import { projectRoot } from './helpers/needs.ts'

/** Folder below src to the folders that it may import, besides itself. `types` means only `import type`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  resources: ['lib'],
  entries: ['lib', 'types resources'],
  git: ['lib', 'types resources'],
  sources: ['lib', 'resources', 'entries', 'git'],
  run: ['lib', 'resources', 'entries', 'git', 'sources'],
  reconcile: ['lib', 'resources'],
  cluster: ['lib', 'resources'],
  controller: ['lib', 'resources', 'reconcile', 'cluster', 'git', 'sources'],
  server: ['lib', 'resources', 'entries', 'sources', 'git', 'cluster'],
  local: ['lib', 'resources', 'entries', 'git', 'sources', 'run', 'reconcile', 'cluster', 'controller', 'server'],
}

/** Only the command line may do these. */
const OUTSIDE_ONLY = [/\bprocess\.(env|argv|exit)\b/, /\bconsole\./]

const src = join(projectRoot, 'src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))

t.test('imports follow the table of the design', async t => {
  t.ok(files.length > 50, 'the sources are found')
  for (const file of files) {
    const from = file.split('/')[0] ?? ''
    const allowed = MAY_IMPORT[from]
    if (!allowed || !file.includes('/')) continue
    for (const { path, typesOnly } of importsOf(file)) {
      const to = relative(src, resolve(dirname(join(src, file)), path)).split('/')[0] ?? ''
      const fine = to === from || allowed.includes(to) || (typesOnly && allowed.includes(`types ${to}`))
      if (!fine) t.fail(`${file} imports ${path}: ${from} may import ${allowed.join(', ') || 'nothing of ours'}`)
    }
  }
})

t.test('no file needs itself, what is loaded later left aside', async t => {
  const open: string[] = []
  const done = new Set<string>()
  const visit = (file: string): void => {
    const at = open.indexOf(file)
    if (at >= 0) t.fail(`a circle of imports: ${[...open.slice(at), file].join(' -> ')}`)
    // What is generated is no source and imports nothing of ours.
    if (at >= 0 || done.has(file) || !files.includes(file)) return
    open.push(file)
    for (const { path, isLate } of importsOf(file))
      if (!isLate) visit(relative(src, resolve(dirname(join(src, file)), path)))
    open.pop()
    done.add(file)
  }
  for (const file of files) visit(file)
  t.equal(done.size, files.length, 'all were visited')
})

t.test('environment, arguments and exit belong to the command line', async t => {
  for (const file of files) {
    if (file === 'cli.ts' || file.startsWith('commands/')) continue
    const text = readFileSync(join(src, file), 'utf8')
    for (const pattern of OUTSIDE_ONLY) if (pattern.test(text)) t.fail(`${file} uses ${pattern.source}`)
  }
})

t.test('only cluster/kube imports the Kubernetes client', async t => {
  for (const file of files) {
    const text = readFileSync(join(src, file), 'utf8')
    if (text.includes('@kubernetes/client-node') && !file.startsWith('cluster/kube'))
      t.fail(`${file} imports the Kubernetes client`)
  }
})

function importsOf(file: string): { path: string; typesOnly: boolean; isLate: boolean }[] {
  const text = readFileSync(join(src, file), 'utf8')
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
  )
  return [...statements].map(([, type, path, dynamic]) => ({
    path: path ?? dynamic ?? '',
    typesOnly: type !== undefined,
    isLate: dynamic !== undefined,
  }))
}
