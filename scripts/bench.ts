// `npm run bench`: each figure beside its floor, measured in the same run on data made here. It asserts nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { nativeEngine } from '../src/git/native/engine.ts'
import { changed, listText, records } from './bench/catalog.ts'
import { controllerFigures } from './bench/controllers.ts'
import { serve } from './bench/http-server.ts'
import { type Measured, measured, median } from './bench/measured.ts'
import { type Repository, Workshop } from './bench/repositories.ts'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000,20000,80000' },
    layouts: { type: 'string', default: 'File,Namespace,Directory' },
    registries: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string', default: 'data,local,controller' },
  },
})
const sizes = values.records.split(',').map(Number)
const layouts = values.layouts.split(',').filter(Boolean)
if (sizes.some(size => !Number.isInteger(size) || size < 100))
  throw new Error('--records: numbers from 100, with commas')

/** The embedded engine is for catalogs of this size: it holds packs in memory. */
const MOST_EMBEDDED = 20_000

const program = fileURLToPath(new URL('../bundle/dist/src/cli.js', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'rollbook-bench-'))
const workshop = new Workshop(scratch)
try {
  const [cpu] = cpus()
  say(`Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, Linux ${release()}\n`)
  if (values.only.includes('data')) {
    await startFigures()
    for (const size of sizes) await dataFigures(size)
    await unchangedFigures()
    for (const size of sizes) for (const layout of layouts) await importFigures(size, layout)
    for (const size of sizes.filter(size => size <= MOST_EMBEDDED)) await engineFigures(size)
  }
  if (values.only.includes('local')) await localFigures()
  const figures = (['imports', 'idle'] as const).filter(name => values.only.includes(name))
  if (figures.length > 0) {
    const [count, minutes] = [Number(values.registries), Number(values.minutes)]
    await controllerFigures({ program, directory: scratch, say, count, minutes, figures })
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function startFigures(): Promise<void> {
  const ours: number[] = []
  const floors: number[] = []
  for (let round = 0; round < 15; round++) {
    ours.push((await rollbook('--help')).seconds)
    floors.push((await node('-e', '0')).seconds)
  }
  const [own, floor] = [median(ours), median(floors)]
  say(`start to --help       ${ms(own)}   node -e 0 ${ms(floor)}   ${ms(own - floor)} more`)
}

async function dataFigures(size: number): Promise<void> {
  const file = join(scratch, 'records.json')
  writeFileSync(file, listText(records(size)))
  const parsing = await node('-e', `JSON.parse(require('fs').readFileSync(${JSON.stringify(file)}, 'utf8'))`)
  const commands = [
    { name: 'validate', args: ['validate', file, '--quiet'] },
    { name: 'convert', args: ['convert', file, '--to', 'toolhive', '--out', join(scratch, 'converted.json')] },
  ]
  for (const { name, args } of commands) {
    const done = await rollbook(...args)
    const rate = Math.round(size / done.seconds)
    const floor = `JSON.parse ${seconds(parsing.seconds)}`
    say(`${title(name, size)} ${seconds(done.seconds)}   ${rate} records/s   ${floor}   ${memory(done)}`)
  }
}

async function unchangedFigures(): Promise<void> {
  const repository = workshop.repository()
  workshop.commit(repository, 'servers.json', listText(records(100)))
  const engine = nativeEngine({ allowFile: true, allowHttp: false, ambient: workshop.run.env })
  const ours: number[] = []
  const floors: number[] = []
  for (let round = 0; round < 25; round++) {
    const begin = performance.now()
    await engine.probe({ url: repository.url }, { branch: 'main' }, new AbortController().signal)
    ours.push((performance.now() - begin) / 1000)
    floors.push((await measured('git', ['ls-remote', repository.url, 'refs/heads/main'], workshop.run)).seconds)
  }
  say(`unchanged source      ${ms(median(ours))}   git ls-remote ${ms(median(floors))}   ${ratio(ours, floors)}`)
}

/** Beside the same import without controllers and state. */
async function localFigures(): Promise<void> {
  const manifest = join(scratch, 'local.yaml')
  const ours: number[] = []
  const floors: number[] = []
  for (let round = 0; round < 5; round++) {
    const source = workshop.repository()
    workshop.commit(source, 'servers.json', listText(records(100)))
    for (const [times, args] of [
      [floors, ['run', '-f', manifest, '--quiet']],
      [ours, ['local', '--once', '-f', manifest, '--local', workshop.folder(), '--quiet']],
    ] as const) {
      writeFileSync(manifest, importManifest({ source, target: workshop.repository(), layout: 'File' }))
      times.push((await rollbook(...args)).seconds)
    }
  }
  say(
    `${title('local mode', 100)} ${seconds(median(ours))}   rollbook run ${seconds(median(floors))}   ${ratio(ours, floors)}`,
  )
}

async function importFigures(size: number, layout: string): Promise<void> {
  const source = workshop.repository()
  const target = workshop.repository()
  const manifest = join(scratch, 'import.yaml')
  writeFileSync(manifest, importManifest({ source, target, layout }))
  const list = records(size)
  workshop.commit(source, 'servers.json', listText(list))

  const empty = workshop.copyOf(target)
  const first = await rollbook('run', '-f', manifest)
  report(`${layout} first`, size, {
    done: first,
    floor: await workshop.floor(source, empty, workshop.filesOf(target)),
  })

  workshop.commit(source, 'servers.json', listText(changed(list, 0.01)))
  const before = workshop.copyOf(target)
  const second = await rollbook('run', '-f', manifest)
  report(`${layout} 1 % new`, size, {
    done: second,
    floor: await workshop.floor(source, before, workshop.filesOf(target)),
  })

  const third = await rollbook('run', '-f', manifest)
  say(`${title(`${layout} unchanged`, size)} ${seconds(third.seconds)}   ${memory(third)}`)
}

/** Both engines over http, layout File: an import into an empty target, then one that changes 1 %. */
async function engineFigures(size: number): Promise<void> {
  const list = records(size)
  for (const engine of ['native', 'isomorphic']) {
    const source = workshop.repository()
    const target = workshop.repository()
    const [from, to] = [await serve(source.directory, workshop.run), await serve(target.directory, workshop.run)]
    try {
      const manifest = join(scratch, 'import.yaml')
      writeFileSync(manifest, importManifest({ source: from, target: to, layout: 'File' }))
      for (const [what, records] of [
        ['first', list],
        ['1 % new', changed(list, 0.01)],
      ] as const) {
        workshop.commit(source, 'servers.json', listText(records))
        const done = await rollbook('run', '-f', manifest, '--git-engine', engine)
        say(`${title(`${engine}, ${what}`, size)} ${seconds(done.seconds)}   ${memory(done)}`)
      }
    } finally {
      await from.close()
      await to.close()
    }
  }
}

function report(what: string, size: number, { done, floor }: { done: Measured; floor: Measured }): void {
  const times = (done.seconds / floor.seconds).toFixed(2)
  say(
    `${title(what, size)} ${seconds(done.seconds)}   plain git ${seconds(floor.seconds)}   ${times} x   ${memory(done)}`,
  )
}

function importManifest({
  source,
  target,
  layout,
}: {
  source: Pick<Repository, 'url'>
  target: Pick<Repository, 'url'>
  layout: string
}): string {
  const path = layout === 'File' ? 'registry.json' : 'servers'
  return `apiVersion: toolhive.stacklok.io/v1alpha1
kind: MCPRegistryImportJob
metadata:
  name: bench
spec:
  source:
    type: git
    git: { repository: '${source.url}', path: servers.json }
  target:
    git: { repository: '${target.url}', path: ${path}, layout: ${layout} }
`
}

function rollbook(...args: string[]): Promise<Measured> {
  return node(program, ...args)
}

function node(...args: string[]): Promise<Measured> {
  return measured(process.execPath, args, workshop.run)
}

function title(what: string, size: number): string {
  return `${what}, ${size}`.padEnd(28)
}

function seconds(value: number): string {
  return `${value.toFixed(2).padStart(6)} s`
}

function ms(value: number): string {
  return `${(value * 1000).toFixed(0).padStart(4)} ms`
}

function ratio(ours: readonly number[], floors: readonly number[]): string {
  return `${(median(ours) / median(floors)).toFixed(2)} x`
}

function memory({ peak, peakOfAll }: Measured): string {
  return peak === undefined || peakOfAll === undefined
    ? ''
    : `${peak.toFixed(0)} MiB, with git's ${peakOfAll.toFixed(0)} MiB`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
