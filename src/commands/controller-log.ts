// What the controllers say of their work, as lines for the person at the terminal.
import type { ControllerLog, LogFields } from '../controller/controller-log.ts'
import { CAN_NOT_RUN } from '../controller/run-news.ts'
import { redactor } from '../lib/redact.ts'
import type { Invocation } from './command.ts'
import { note, say } from './print.ts'

/**
 * Problems always; the rest is what events tell better, and comes with --log-level debug. What became of a resource is told
 * as progress is: the result says it again.
 */
export function controllerLog(invocation: Invocation): ControllerLog {
  const { options } = invocation
  const redact = redactor([])
  const isDebug = options.text('log-level') === 'debug'
  const line = (level: string) => (message: string, fields?: LogFields) =>
    say(invocation, redact(`${level}: ${sentenceOf(message, fields)}`))
  const warning = line('warning')
  const silent = () => {}
  return {
    debug: isDebug ? line('debug') : silent,
    info: isDebug ? line('debug') : silent,
    warn(message, fields = {}) {
      if (message !== CAN_NOT_RUN) warning(message, fields)
      else if (!options.flag('quiet')) note(invocation, redact(heldSentence(fields)))
    },
    error: line('error'),
  }
}

function heldSentence({ resource, reason, problems }: LogFields): string {
  return `${resource} can't run: ${problems} [${reason}]`
}

/** The resource first, why last. */
function sentenceOf(message: string, { resource, problems, error, ...others }: LogFields = {}): string {
  const sentence = [resource, message, problems, error].filter(part => part !== undefined).join(': ')
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  return `${sentence}${given.map(([key, value]) => ` ${key}=${value}`).join('')}`
}
