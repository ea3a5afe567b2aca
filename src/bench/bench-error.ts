/**
 * Why a benchmark ended without a result: one sentence, a tip where one is near. The command line
 * gives each reason its exit status.
 */
export type BenchFailure =
  /** The bank answered wrongly, or its books are wrong. */
  | 'integrity'
  /** It does not answer, or not any more. */
  | 'unreachable'
  /** It does not answer any more, and what was asked of it may have happened. */
  | 'unknown-outcome'
  /** It must not be done to this bank. */
  | 'not-allowed';

export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly reason: BenchFailure;
  readonly tip: string | undefined;

  constructor(reason: BenchFailure, sentence: string, tip?: string) {
    super(sentence);
    this.reason = reason;
    this.tip = tip;
  }
}
