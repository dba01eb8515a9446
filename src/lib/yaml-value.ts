// Nodes of YAML to plain JSON values, within limits: depth, size, and what aliases may add. Duplicate keys and inexact
// numbers are problems with a path.
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml'
import { isExactYamlNumber } from './exact-number.ts'
import { type JsonObject, type JsonValue, setOwn } from './json.ts'
import { keyOf, offsetOf, type YamlAliases } from './yaml-nodes.ts'
import { isAcceptedTag } from './yaml-tags.ts'
import type { YamlTree } from './yaml-text.ts'

export interface YamlValueLimits {
  /** Maps and lists inside each other. */
  readonly maxDepth: number
  /** Bytes of the value, about as JSON text. */
  readonly maxSize: number
  /** Bytes that aliases may still add to what is written, and 64 a node; counted down, so that several values may share it. */
  readonly aliases: { left: number }
}

export interface YamlValueProblem {
  /** CamelCase. */
  readonly code:
    | 'TooDeep'
    | 'TooLarge'
    | 'AliasesTooLarge'
    | 'AliasUnknown'
    | 'DuplicateKey'
    | 'NumberNotExact'
    | 'TagRefused'
  /** Of a duplicate key: the key itself. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint?: string
  readonly offset: number
}

export interface YamlValue {
  /** Null in place of every part that could not be read. */
  readonly value: JsonValue
  readonly problems: readonly YamlValueProblem[]
}

/** A bomb of empty lists is small as text: what reading a node costs at least. */
const NODE_COST = 64

/** An alias repeats the problems of its anchor: this many are enough. */
const MOST_PROBLEMS = 100

/** The value of a node. Never throws for bad input, and its work is bounded by the limits. */
export function yamlValue(
  root: Node | null,
  tree: Pick<YamlTree, 'place'> & { readonly aliases: YamlAliases },
  limits: YamlValueLimits,
): YamlValue {
  const problems: YamlValueProblem[] = []
  const path: (string | number)[] = []
  const { aliases } = limits
  let size = 0
  let isFull = false

  const complain = (problem: Omit<YamlValueProblem, 'path'>): null => {
    if (problems.length < MOST_PROBLEMS) problems.push({ ...problem, path: [...path] })
    return null
  }
  /** Counts the bytes of a part; false when there is no room for it. */
  const fits = (bytes: number, node: Node | null, isAliased: boolean): boolean => {
    if (isFull) return false
    size += bytes
    if (isAliased) aliases.left -= bytes + NODE_COST
    const offset = offsetOf(node)
    if (aliases.left < 0) {
      isFull = true
      complain({ code: 'AliasesTooLarge', message: 'aliases must not blow the document up', offset })
    } else if (size > limits.maxSize) {
      isFull = true
      complain({ code: 'TooLarge', message: `has over ${limits.maxSize} bytes`, offset })
    }
    return !isFull
  }

  const read = (node: Node | null, depth: number, isAliased: boolean): JsonValue => {
    if (isAlias(node)) {
      const target = tree.aliases.get(node)
      if (target) return read(target, depth, true)
      const message = `the alias *${node.source.slice(0, 60)} has no anchor before it`
      return complain({ code: 'AliasUnknown', message, offset: offsetOf(node) })
    }
    // Tags are problems of the text where they stand; here it is an alias that brings one in.
    if (isAliased && !isAcceptedTag(node?.tag))
      return complain({ code: 'TagRefused', message: 'the alias stands for a tagged value', offset: offsetOf(node) })
    if (isScalar(node)) {
      return fits(1 + sizeOf(node.value), node, isAliased) ? scalarOf(node.value, node.source, offsetOf(node)) : null
    }
    if (!fits(2, node, isAliased) || node === null) return null
    if (depth >= limits.maxDepth) {
      const message = `must not be nested deeper than ${limits.maxDepth} levels`
      return complain({ code: 'TooDeep', message, offset: offsetOf(node) })
    }
    if (isMap(node)) return mapOf(node.items, depth + 1, isAliased)
    return isSeq(node) ? listOf(node.items as (Node | null)[], depth + 1, isAliased) : null
  }

  const listOf = (items: readonly (Node | null)[], depth: number, isAliased: boolean): JsonValue[] => {
    const list: JsonValue[] = []
    for (const [index, item] of items.entries()) {
      path.push(index)
      list.push(read(item, depth, isAliased))
      path.pop()
      if (isFull) break
    }
    return list
  }

  const mapOf = (pairs: readonly Pair[], depth: number, isAliased: boolean): JsonObject => {
    const map: JsonObject = {}
    const offsets = new Map<string, number>()
    for (const { key, value } of pairs) {
      const name = keyOf(key)
      const offset = offsetOf(key)
      if (!fits(3 + sizeOf(name), key as Node | null, isAliased)) break
      const before = offsets.get(name)
      path.push(name)
      if (before !== undefined) {
        const message = `the key ${JSON.stringify(name.slice(0, 60))} is given twice, first in line ${tree.place(before).line}`
        complain({ code: 'DuplicateKey', message, hint: 'keep one of the two', offset })
      } else {
        offsets.set(name, offset)
        setOwn(map, name, read(value as Node | null, depth, isAliased))
      }
      path.pop()
    }
    return map
  }

  const scalarOf = (value: unknown, source: string | undefined, offset: number): JsonValue => {
    if (typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value !== 'number') return null
    if (!Number.isFinite(value)) return complain({ code: 'NumberNotExact', message: 'must be a finite number', offset })
    if (source === undefined || isExactYamlNumber(source)) return value
    const message = `the number ${source.slice(0, 60)} does not survive a double`
    complain({ code: 'NumberNotExact', message, hint: 'write it as a string', offset })
    return value
  }

  return { value: read(root, 0, false), problems }
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) + 2 : 5
}
