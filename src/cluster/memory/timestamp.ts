/** RFC 3339 in whole seconds, as the API writes times. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
