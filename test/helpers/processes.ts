// Looks at the machine's processes as any other user of it could: by their argument lists.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Argument lists of all processes, each as one line. */
export function processLines(): string[] {
  let ids: string[]
  try {
    ids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  }
  return ids.map(id => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return ''
    }
  })
}
