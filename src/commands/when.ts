// Times for people: how long ago on a terminal, RFC 3339 elsewhere (cli.md, "Rules for every command").
import type { Terminal } from './command.ts'

/** How a time is shown; '' for none. */
export type ShowTime = (time: string | undefined) => string

export function timeShower({ stdout }: Pick<Terminal, 'stdout'>, now: Date): ShowTime {
  if (!stdout.isTTY) return time => time ?? ''
  return time => {
    if (time === undefined) return ''
    const milliseconds = now.getTime() - new Date(time).getTime()
    return milliseconds < 0 ? `in ${durationText(-milliseconds)}` : `${durationText(milliseconds)} ago`
  }
}

/** `850ms`, `12s`, `3m5s`, `2h`, `4d`: two units at most, as kubectl has them. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  const seconds = Math.floor(milliseconds / 1000)
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count}${unit}`).join('')
}
