// Globs on names, matched in a time that grows with pattern times name and not faster: patterns come from manifests, and a
// regular expression made of `*a*a*a*b` would run for hours. `*` crosses `/`, as kinds.md wants.

/** What a pattern is made of. */
type Node =
  | { readonly kind: 'one'; readonly takes: (char: string) => boolean }
  | { readonly kind: 'any' }
  | { readonly kind: 'either'; readonly branches: readonly (readonly Node[])[] }

/** A state takes one character and goes on, or goes on in several directions without taking one. */
interface State {
  readonly takes?: (char: string) => boolean
  readonly next: number[]
}

const ANY = (): boolean => true
/** The state that is reached when the whole pattern matched. */
const END = 0

/**
 * True for names that match one of the patterns. `*` and `**` stand for any text, `?` for one character other than a slash,
 * `[a-z]` and `[!a-z]` for one of a class, `{a,b}` for either; everything else, a bracket that is never closed included, for itself.
 */
export function globMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter(pattern => !/[*?[{]/.test(pattern)))
  const machines = patterns.filter(pattern => !exact.has(pattern)).map(machineOf)
  return name => exact.has(name) || machines.some(states => reachesEnd(states, name))
}

/** States of a pattern; the last one is the first to enter. */
function machineOf(pattern: string): readonly State[] {
  const states: State[] = [{ next: [] }]
  const { nodes } = sequence(pattern, 0, false)
  const start = enter(nodes, END, states)
  states.push({ next: [start] })
  return states
}

/** Adds the states of the nodes, from the last to the first; returns where to begin. */
function enter(nodes: readonly Node[], end: number, states: State[]): number {
  let next = end
  for (const node of nodes.toReversed()) {
    if (node.kind === 'one') {
      next = states.push({ takes: node.takes, next: [next] }) - 1
    } else if (node.kind === 'any') {
      const here = states.push({ next: [next] }) - 1
      states[here]?.next.push(states.push({ takes: ANY, next: [here] }) - 1)
      next = here
    } else {
      const after = next
      next = states.push({ next: node.branches.map(branch => enter(branch, after, states)) }) - 1
    }
  }
  return next
}

/** All states at once, character by character: no state is visited twice for one character. */
function reachesEnd(states: readonly State[], name: string): boolean {
  const visited = new Int32Array(states.length).fill(-1)
  let current: number[] = []
  visit(states.length - 1, { states, visited, step: 0, into: current })
  for (let step = 1; step <= name.length && current.length > 0; step++) {
    const char = name.charAt(step - 1)
    const following: number[] = []
    for (const index of current) {
      const state = states[index]
      if (!state?.takes?.(char)) continue
      for (const next of state.next) visit(next, { states, visited, step, into: following })
    }
    current = following
  }
  return current.includes(END)
}

interface Visit {
  readonly states: readonly State[]
  /** The step at which each state was last entered. */
  readonly visited: Int32Array
  readonly step: number
  readonly into: number[]
}

/** Adds the states that can be reached without a character. */
function visit(first: number, { states, visited, step, into }: Visit): void {
  const waiting = [first]
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (visited[index] === step) continue
    visited[index] = step
    const state = states[index]
    if (state === undefined) continue
    if (state.takes !== undefined || index === END) into.push(index)
    else waiting.push(...state.next)
  }
}

interface Sequence {
  readonly nodes: readonly Node[]
  /** Where the sequence ended: at the end of the pattern, or inside braces before `,` or `}`. */
  readonly at: number
}

function sequence(pattern: string, from: number, inBraces: boolean): Sequence {
  const nodes: Node[] = []
  let at = from
  while (at < pattern.length) {
    const char = pattern.charAt(at)
    if (inBraces && (char === ',' || char === '}')) break
    const group = char === '{' ? braces(pattern, at) : char === '[' ? characterClass(pattern, at) : undefined
    if (group !== undefined) {
      nodes.push(group.node)
      at = group.at
      continue
    }
    at++
    if (char === '*') {
      if (nodes.at(-1)?.kind !== 'any') nodes.push({ kind: 'any' })
    } else if (char === '?') nodes.push({ kind: 'one', takes: other => other !== '/' })
    else nodes.push({ kind: 'one', takes: other => other === char })
  }
  return { nodes, at }
}

interface Group {
  readonly node: Node
  /** Behind the closing bracket. */
  readonly at: number
}

/** `{a,b*}`; undefined when it is never closed. */
function braces(pattern: string, from: number): Group | undefined {
  if (!closesBraces(pattern, from)) return undefined
  const branches: (readonly Node[])[] = []
  let at = from
  do {
    const branch = sequence(pattern, at + 1, true)
    branches.push(branch.nodes)
    at = branch.at
  } while (pattern.charAt(at) === ',')
  return { node: { kind: 'either', branches }, at: at + 1 }
}

/** Looked up front: trying an unclosed brace inside another one again and again would take exponential time. */
function closesBraces(pattern: string, from: number): boolean {
  let depth = 0
  let at = from
  while (at < pattern.length) {
    const char = pattern.charAt(at)
    if (char === '{') depth++
    if (char === '}' && --depth === 0) return true
    at = (char === '[' ? characterClass(pattern, at)?.at : undefined) ?? at + 1
  }
  return false
}

/** `[a-z_]` or `[!a-z]`; a `]` that comes first stands for itself. Undefined when it is never closed. */
function characterClass(pattern: string, from: number): Group | undefined {
  const isNot = pattern.charAt(from + 1) === '!' || pattern.charAt(from + 1) === '^'
  const start = from + (isNot ? 2 : 1)
  const end = pattern.indexOf(']', start + 1)
  if (end === -1) return undefined
  const ranges: (readonly [first: string, last: string])[] = []
  for (let at = start; at < end; at++) {
    const isRange = pattern.charAt(at + 1) === '-' && at + 2 < end
    ranges.push([pattern.charAt(at), pattern.charAt(isRange ? at + 2 : at)])
    if (isRange) at += 2
  }
  const isIn = (char: string) => ranges.some(([first, last]) => char >= first && char <= last)
  const takes = isNot ? (char: string) => char !== '/' && !isIn(char) : isIn
  return { node: { kind: 'one', takes }, at: end + 1 }
}
