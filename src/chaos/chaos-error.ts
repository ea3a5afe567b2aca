/**
 * A fault that can't or must not be done: one sentence, a tip where one is near. The command line
 * gives each reason its exit status.
 */
export type ChaosRefusal =
  /** What was asked makes no sense. */
  | 'usage'
  /** It can't be done to this bank now. */
  | 'refused'
  /** The frontend does not answer. */
  | 'unreachable'
  /** It must not be done, or can't be done from here. */
  | 'not-allowed';

export class ChaosError extends Error {
  override readonly name = 'ChaosError';
  readonly reason: ChaosRefusal;
  readonly tip: string | undefined;

  constructor(reason: ChaosRefusal, sentence: string, tip?: string) {
    super(sentence);
    this.reason = reason;
    this.tip = tip;
  }
}
