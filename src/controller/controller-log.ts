/** What the controller says of its work; the command line writes it as JSON. Texts are redacted where they are written. */
export interface ControllerLog {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Beside the message: `resource` is a key, `run` an id. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
