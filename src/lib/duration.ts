// Durations as the CRDs write them: `30s`, `1h30m`, `1.5h`.

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration; undefined for a text that is none, which may be stored all the same (G6). */
export function durationOf(text: string): number | undefined {
  if (!/^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount = '', unit = ''] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    sum += Number(amount) * (UNITS[unit] ?? Number.NaN)
  }
  return Number.isFinite(sum) ? Math.round(sum) : undefined
}
