/**
 * The exit statuses of bankd, in one place (interface.md, "Exit status").
 *
 * Scripts act on them, so that none means two things: a bug must not look like a refusal (1), which
 * says that nothing happened. It is 70, `EX_SOFTWARE` of the BSDs' sysexits.
 */
export const EXIT = {
  done: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  unknownOutcome: 4,
  integrity: 5,
  notAllowed: 6,
  environment: 7,
  bug: 70,
} as const;

/** What a session exits with: the worst of its answers. */
export type AnswerStatus =
  | typeof EXIT.done
  | typeof EXIT.refused
  | typeof EXIT.unreachable
  | typeof EXIT.unknownOutcome
  | typeof EXIT.integrity;

/** 5, 4, 3, 1, 0 is the order of interface.md, which is that of the numbers. */
export function worseOf(one: number, other: number): number {
  return Math.max(one, other);
}

/** A client that signal n interrupted in mid-request. */
export function exitStatusOfSignal(signalNumber: number): number {
  return 128 + signalNumber;
}
