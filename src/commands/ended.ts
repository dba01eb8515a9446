// A signal that asked the process to end, as the failure that every step then throws.
import { Failure } from '../lib/failure.ts'

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export class Ended extends Failure {
  readonly signal: EndSignal

  constructor(signal: EndSignal) {
    super('Cancelled', 'cancelled', `ended by ${signal}; nothing was pushed after it`)
    this.signal = signal
  }
}
