// Issues: data problems as values. They are collected, never thrown (what stops a run is a Failure).

export type Severity = 'error' | 'warning' | 'info'

/** Which check found it: reading the text, the JSON Schema, the semantic rules, the publish rules, the resource's policy. */
export type Tier = 'json' | 'schema' | 'semantic' | 'publish' | 'policy'

/** A problem inside one entry, before it is known in which document and at which line the entry stands. */
export interface Finding {
  /** Stable name: the JSON Schema keyword in the schema tier, the rule's name in the semantic tier, CamelCase otherwise. */
  readonly code: string
  readonly tier?: Tier
  readonly severity: Severity
  /** JSON pointer inside the entry, `''` for the entry itself. */
  readonly pointer: string
  /** The same place in bracket form, `packages[0].transport.url`; `''` for the entry itself. */
  readonly path: string
  /** One sentence: what is wrong. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

/** Where something stands. */
export interface Place {
  /** Path of the document, as the source or the command line names it. */
  readonly document: string
  /** 1-based. */
  readonly line?: number
  /** 1-based, in UTF-8 bytes. */
  readonly column?: number
}

/** A finding with its place: design section 2. */
export interface Issue extends Finding, Place {
  readonly name?: string
  readonly version?: string
}

/** `catalog.json:12`, as far as it is known. */
export function lineOf({ document, line }: Place): string {
  return line === undefined ? document : `${document}:${line}`
}

/** The parts of a JSON pointer, escapes undone (RFC 6901). */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(part => (part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part))
}

/** `/packages/0/transport` as `packages[0].transport`. */
export function pathOfPointer(pointer: string): string {
  let path = ''
  for (const part of pointerParts(pointer)) {
    if (/^(0|[1-9]\d*)$/.test(part)) path += `[${part}]`
    else path += path === '' ? part : `.${part}`
  }
  return path
}

/** A JSON pointer from its parts (RFC 6901). */
export function pointerOf(...parts: readonly (string | number)[]): string {
  let pointer = ''
  for (const part of parts) pointer += typeof part === 'number' ? `/${part}` : `/${escapedPart(part)}`
  return pointer
}

/** Nearly all keys need no escape, and pointers are made for every entry of a conversion. */
function escapedPart(part: string): string {
  if (!part.includes('~') && !part.includes('/')) return part
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}
