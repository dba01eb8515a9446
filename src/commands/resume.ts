// `rollbook resume`: takes back a suspension.
import type { Command } from './command.ts'
import { setSuspended, suspendSpec } from './set-suspended.ts'

export const command: Command = {
  spec: suspendSpec('resume', 'let a suspended resource run again'),
  run: invocation => setSuspended(invocation, false),
}
