/**
 * No conversation with a frontend came about. `no-connection`: nobody answers at the address;
 * `refused`: the frontend answers, and refuses this client in the words of the message.
 */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly reason: 'no-connection' | 'refused';

  /** The message is one sentence, for people. */
  constructor(reason: 'no-connection' | 'refused', message: string) {
    super(message);
    this.reason = reason;
  }
}
