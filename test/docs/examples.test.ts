// What the docs and examples show: manifests load, commands run or at least parse.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../src/commands/program.ts'
import { resolveArguments } from '../../src/commands/settings.ts'
import { loadManifests } from '../../src/resources/load.ts'
import { temporaryDirectory } from '../helpers/git-repository.ts'
import { program, programJson } from '../helpers/in-process.ts'
import { projectRoot } from '../helpers/needs.ts'

function filesBelow(folder: string, extension: RegExp): string[] {
  const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
  return names.filter(name => extension.test(name)).map(name => join(folder, name))
}

const textOf = (file: string) => readFileSync(join(projectRoot, file), 'utf8')
const pages = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs', /\.md$/)]

t.test('every manifest in the docs and among the examples loads without an issue', async t => {
  const fenced = pages.flatMap(page =>
    [...textOf(page).matchAll(/^```ya?ml\n(.*?)^```/gms)].map(([, text = ''], index) => ({
      path: `${page}#${index}`,
      text,
    })),
  )
  const examples = filesBelow('examples', /\.ya?ml$/).map(path => ({ path, text: textOf(path) }))
  t.ok(fenced.length > 0)
  t.ok(examples.length > 0)
  for (const file of [...fenced, ...examples]) {
    const { resources, issues } = loadManifests([file])
    t.strictSame(issues, [], file.path)
    t.ok(resources.length > 0, `${file.path} holds a resource`)
  }
})

t.test('the catalog of the git example has the one bad entry that its manifest skips', async t => {
  const { code, data } = await programJson<{ counts: object }>(['validate', 'examples/git-import/source', '-q'], {
    cwd: projectRoot,
  })
  t.equal(code, 10)
  t.strictSame(data.counts, { entries: 3, valid: 2, invalid: 1 })
})

/** `rollbook ...` in a page: indented lines and words in backticks, without comments, redirections and pipes. */
function commandsIn(text: string): string[] {
  const shown = [...text.matchAll(/^ {4}(?:\w+="[^"]*" )?(?:npx )?rollbook (.*)$|`(?:npx )?rollbook ([a-z-][^`]*)`/gm)]
  return shown.map(([, line, inline]) => (line ?? inline ?? '').replace(/\s+(?:#|<|>|\|).*$/, '').trim())
}

t.test('every command in the docs and in help is one that the program takes', async t => {
  const cwd = await temporaryDirectory(t)
  const examples: string[] = []
  for (const { load } of COMMANDS) examples.push(...(await load()).command.spec.examples)
  const shown = [
    ...pages.flatMap(page => commandsIn(textOf(page))),
    ...commandsIn(examples.map(example => `    ${example.replace(/^.*\| /, '')}`).join('\n')),
  ]
  t.ok(shown.length > examples.length, `${shown.length} commands`)
  for (const line of shown) {
    const [name = '', ...args] = line.split(/\s+/)
    if (name.startsWith('-')) {
      t.equal((await program([name], { cwd })).code, 0, line)
      continue
    }
    const known = COMMANDS.find(command => command.name === name)
    t.ok(known, line)
    // A command that is only named, or shown with an ellipsis, has no arguments to check.
    if (!known || args.length === 0) continue
    const { command } = await known.load()
    await t.resolves(resolveArguments(command.spec, args, { env: {}, cwd }), line)
  }
})

t.test('links between pages lead somewhere', async t => {
  for (const page of pages) {
    for (const [, target = ''] of textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      t.ok(exists(join(page, '..', target)), `${page}: ${target}`)
    }
  }
})

function exists(path: string): boolean {
  try {
    readdirSync(join(projectRoot, path))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
}
