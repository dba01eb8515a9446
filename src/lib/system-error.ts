// What the operating system refused, in words for people.

/** Node's sentence without the call and the path, which the message around it has already: `EACCES: permission denied`. */
export function systemReason(error: unknown): string {
  return (error as Error).message.replace(/, \w+ '.*$/s, '')
}
