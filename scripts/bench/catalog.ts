// The data of the benchmarks: records made from a seed, in sizes and shapes like the official registry's of 2025-12 (mean
// 1 KB, the largest 58 KB, a few versions a name, two thirds with packages, some namespaces with very many names).
import { randomFrom } from '../../test/helpers/random.ts'

const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const SCHEMAS = ['2025-10-17', '2025-12-11'].map(
  version => `https://static.modelcontextprotocol.io/schemas/${version}/server.schema.json`,
)
const WORDS =
  'reads writes lists searches tickets files issues calendars mail databases charts maps weather invoices logs traces for teams with limits and audit'.split(
    ' ',
  )

/** So many records, the same for the same seed: the value of an API list's `servers`. */
export function records(count: number, seed = 1): object[] {
  const random = randomFrom(seed)
  const made: object[] = []
  for (let server = 0; made.length < count; server++) {
    // Every tenth name stands in one big namespace, as with the hosts that publish for their users.
    const namespace = server % 10 === 0 ? 'com.example.big' : `io.example.team${server % 4001}`
    const name = `${namespace}/server-${server}`
    const versions = Math.min(1 + Math.floor(-2 * Math.log(1 - random())), count - made.length)
    for (let version = 1; version <= versions; version++) {
      made.push(record(`${name}`, `1.${version}.0`, { isLatest: version === versions, random }))
    }
  }
  return made
}

/** The same records with so many of them (evenly spread) described anew. */
export function changed(list: readonly object[], share: number): object[] {
  const step = Math.round(1 / share)
  return list.map((each, index) => {
    if (index % step !== 0 || !('server' in each)) return each
    return { ...each, server: { ...(each.server as object), description: `changed ${index}` } }
  })
}

/** The text of an API list, one record a line as the registry's own dumps have it. */
export function listText(list: readonly object[]): string {
  return `{"servers":[\n${list.map(each => JSON.stringify(each)).join(',\n')}\n]}\n`
}

function record(name: string, version: string, { isLatest, random }: { isLatest: boolean; random: () => number }) {
  const short = name.slice(name.indexOf('/') + 1)
  const day = 1 + Math.floor(random() * 28)
  const date = `2026-0${1 + Math.floor(random() * 9)}-${String(day).padStart(2, '0')}T12:00:00Z`
  const variables = variablesOf(random())
  const hasPackage = random() < 0.65
  const server = {
    $schema: SCHEMAS[Math.floor(random() * SCHEMAS.length)],
    name,
    description: sentence(random, 6 + Math.floor(random() * 6)).slice(0, 100),
    repository: {
      url: `https://github.com/example/${short}`,
      source: 'github',
      id: String(Math.floor(random() * 1e9)),
    },
    version,
    ...(hasPackage ? { packages: [packageOf(short, version, { variables, random })] } : {}),
    ...(!hasPackage || random() < 0.1
      ? { remotes: [{ type: 'streamable-http', url: `https://${short}.example.com/mcp` }] }
      : {}),
  }
  return { server, _meta: { [OFFICIAL]: { status: 'active', publishedAt: date, updatedAt: date, isLatest } } }
}

/** Most have few; a tenth has a screen of them, one in 100 some KB, one in 10,000 about 58 KB. */
function variablesOf(chance: number): number {
  if (chance < 0.0001) return 230
  if (chance < 0.01) return 15
  return chance < 0.1 ? 8 : Math.floor(chance * 4)
}

function packageOf(short: string, version: string, { variables, random }: { variables: number; random: () => number }) {
  const isImage = random() < 0.3
  return {
    registryType: isImage ? 'oci' : 'npm',
    identifier: isImage ? `ghcr.io/example/${short}:${version}` : `@example/${short}`,
    ...(isImage ? {} : { version }),
    transport: { type: 'stdio' },
    environmentVariables: Array.from({ length: variables }, (_, index) => ({
      name: `SETTING_${index}`,
      description: sentence(random, 20),
      isRequired: random() < 0.5,
      isSecret: random() < 0.3,
    })),
  }
}

function sentence(random: () => number, words: number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
}
