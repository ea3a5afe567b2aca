/** Why an import ended before its rows did. What was done stays done; it can be gone on with. */
export type StopReason = 'unreachable' | 'unknown' | 'interrupted' | 'failed';

export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: StopReason;

  constructor(reason: StopReason, sentence: string) {
    super(sentence);
    this.reason = reason;
  }
}
