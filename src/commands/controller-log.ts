// What the controllers say of their work, as lines for the person at the terminal.
import type { ControllerLog, LogFields } from '../controller/controller-log.ts'
import { redactor } from '../lib/redact.ts'
import type { Invocation } from './command.ts'

/** Problems always; the rest is what events tell better, and comes with --log-level debug. */
export function controllerLog({ terminal, options }: Invocation): ControllerLog {
  const redact = redactor([])
  const isDebug = options.text('log-level') === 'debug'
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const given = Object.entries(fields).filter(([, value]) => value !== undefined)
      const details = given.map(([key, value]) => ` ${key}=${value}`).join('')
      terminal.stderr.write(redact(`${level}: ${message}${details}\n`))
    }
  const silent = () => {}
  return {
    debug: isDebug ? line('debug') : silent,
    info: isDebug ? line('debug') : silent,
    warn: line('warning'),
    error: line('error'),
  }
}
