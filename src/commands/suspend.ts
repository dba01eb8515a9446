// `rollbook suspend`: no further run of a resource until it is resumed; one that is under way ends by itself.
import type { Command } from './command.ts'
import { setSuspended, suspendSpec } from './set-suspended.ts'

export const command: Command = {
  spec: suspendSpec('suspend', 'start no further run of a resource until it is resumed'),
  run: invocation => setSuspended(invocation, true),
}
