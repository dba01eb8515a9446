// Numbers that survive the trip through a double: what we can't write back as it was, we don't accept (NumberNotExact).

/** True when a JSON number's decimal value survives the trip through a double and back. */
export function isExactNumber(text: string): boolean {
  const value = Number(text)
  return Number.isFinite(value) && decimalOf(text) === decimalOf(String(value))
}

/** The same for the further forms of YAML's core schema: `+1`, `.5`, `1.`, `0x1F`, `0o17`. */
export function isExactYamlNumber(text: string): boolean {
  if (/^0[xo]/.test(text)) return Number.isSafeInteger(Number(text))
  return isExactNumber(
    text
      .replace(/^\+/, '')
      .replace(/^(-?)\./, '$10.')
      .replace(/\.(?=e|$)/i, ''),
  )
}

/** A decimal number as sign, significant digits and exponent: equal texts for equal values. */
function decimalOf(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign}${significant}e${scale}`
}
