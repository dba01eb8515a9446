// Offsets in a text as lines and columns, for texts that are read as strings. Bytes have parse/positions.ts.

export interface TextPlace {
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-8 bytes. */
  readonly column: number
}

/** Finds the line of an offset and its column in UTF-16 units, 1-based; line 0 when it knows no lines. */
interface Lines {
  linePos(offset: number): { line: number; col: number }
}

/**
 * Places in a text whose line starts are known. It counts on from the last answer, in either direction: one line of
 * 20 MB with a problem in every entry would otherwise be read once for each of them.
 */
export function textPlaces(text: string, lines: Lines): (offset: number) => TextPlace {
  let last = { lineStart: -1, offset: 0, column: 1 }
  return offset => {
    const { line, col } = lines.linePos(offset)
    if (line === 0) return { line: 1, column: 1 }
    const lineStart = offset - (col - 1)
    const from = last.lineStart === lineStart ? last : { offset: lineStart, column: 1 }
    const column =
      offset >= from.offset
        ? from.column + Buffer.byteLength(text.slice(from.offset, offset))
        : from.column - Buffer.byteLength(text.slice(offset, from.offset))
    last = { lineStart, offset, column }
    return { line, column }
  }
}
