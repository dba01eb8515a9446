// The log of a server: one JSON object a line on stderr, every text of it redacted.
import pino from 'pino'
import type { ControllerLog, LogFields } from '../controller/controller-log.ts'
import { redactor } from '../lib/redact.ts'
import type { Invocation } from './command.ts'

export interface JsonLog extends ControllerLog {
  /** The last line: what comes after it is left out. */
  end(message: string, fields?: LogFields): void
}

interface LogPlace {
  readonly terminal: Pick<Invocation['terminal'], 'stderr'>
  readonly options: Pick<Invocation['options'], 'text'>
}

/** Level by --log-level. */
export function jsonLog({ terminal, options }: LogPlace): JsonLog {
  const level = options.text('log-level') ?? 'info'
  const timestamp = () => `,"time":"${new Date().toISOString()}"`
  const formatters = { level: (label: string) => ({ level: label }) }
  const logger = pino({ level, base: null, timestamp, formatters, messageKey: 'message' }, terminal.stderr)
  const redact = redactor([])
  const clean = (fields: LogFields) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
    )
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      logger[name](clean(fields), redact(message))
  const end = (message: string, fields?: LogFields) => {
    at('error')(message, fields)
    logger.level = 'silent'
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), end }
}
