// Paths of layouts Namespace and Directory: a pure function of the set of entries (git-contract.md, "Paths").
import { sha256Hex } from '../../lib/hash.ts'
import { compareUtf8 } from '../../lib/utf8.ts'

const LONGEST = 180
const LONGEST_CUT = 167

interface Named {
  readonly name: string
  readonly version: string
}

/** The namespace of a name: what stands before the first slash; empty when there is none. */
export function namespaceOf(name: string): string {
  const slash = name.indexOf('/')
  return slash === -1 ? '' : name.slice(0, slash)
}

/** The rest of a name after its namespace. */
export function simpleNameOf(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}

/** Path of each namespace's file, below the target's path. */
export function namespacePaths(names: Iterable<string>): ReadonlyMap<string, string> {
  const segments = segmentsOf(new Set([...names].map(namespaceOf)))
  return new Map([...segments].map(([namespace, segment]) => [namespace, `${segment}.json`]))
}

/** Path of each entry's file, below the target's path; in the order of the entries. */
export function entryPaths(entries: readonly Named[]): string[] {
  const tree = new Map<string, Map<string, Set<string>>>()
  for (const { name, version } of entries) {
    const names = childOf(tree, namespaceOf(name), () => new Map<string, Set<string>>())
    childOf(names, simpleNameOf(name), () => new Set<string>()).add(version)
  }
  const namespaces = segmentsOf(tree.keys())
  const names = new Map([...tree].map(([namespace, below]) => [namespace, segmentsOf(below.keys())]))
  const versions = new Map<string, ReadonlyMap<string, string>>()
  for (const [namespace, below] of tree) {
    for (const [name, found] of below) versions.set(`${namespace}/${name}`, segmentsOf(found))
  }
  return entries.map(({ name, version }) => {
    const namespace = namespaceOf(name)
    const simple = simpleNameOf(name)
    const parts = [
      namespaces.get(namespace),
      names.get(namespace)?.get(simple),
      versions.get(`${namespace}/${simple}`)?.get(version),
    ]
    return `${parts.join('/')}.json`
  })
}

/** True when a segment is one that the layout gives to this text, whatever its neighbours are. */
export function isSegmentOf(segment: string, text: string): boolean {
  return segment === encoded(text) || segment === shortened(text)
}

/** Segments of texts that stand side by side in one folder. */
function segmentsOf(texts: Iterable<string>): ReadonlyMap<string, string> {
  const segments = new Map<string, string>()
  const taken = new Set<string>()
  for (const text of [...texts].sort(compareUtf8)) {
    const plain = encoded(text)
    const folded = plain.toLowerCase()
    const isPlain = plain !== '' && plain.length <= LONGEST && !taken.has(folded)
    taken.add(folded)
    segments.set(text, isPlain ? plain : shortened(text))
  }
  return segments
}

/** Every byte outside [A-Za-z0-9._-], and a leading dot, as %XX. */
function encoded(text: string): string {
  let segment = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    const isPlain = /[A-Za-z0-9._-]/.test(character) && !(byte === 0x2e && segment === '')
    segment += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return segment
}

/** Cut, never inside %XX, with a tail that tells it apart. */
function shortened(text: string): string {
  const plain = encoded(text).slice(0, LONGEST_CUT)
  return `${plain.replace(/%[0-9A-F]?$/, '')}~${sha256Hex(text).slice(0, 12)}`
}

function childOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
