/**
 * A recorded history: what clients asked, what they were told, and in which order in real time.
 *
 * A process is one thread of asking: it has one operation outstanding, or several told apart by
 * their request ids. Positions count the invocations and completions from 0, in the order of real
 * time; one operation precedes another if it was completed before the other was invoked (Herlihy
 * and Wing 1990). What a history does not tell is NaN.
 */
export type ProcessId = number | string;

/** One line of a history (interface.md), from a file or from a program's memory. */
export interface HistoryEvent {
  readonly process: ProcessId;
  /** `ok`: it happened. `fail`: it did not. `info`: it may have, or may still. */
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  /** A completion may leave it out. */
  readonly op?: string;
  readonly args?: readonly unknown[];
  readonly result?: unknown;
  readonly timeNs?: number;
  readonly request?: string;
  readonly key?: string;
}

export type BankKind =
  | 'create' | 'update' | 'query' | 'deposit' | 'withdraw' | 'transfer' | 'outcome';
export type RegisterKind = 'read' | 'write' | 'cas';
export type OperationKind = BankKind | RegisterKind;
export type Model = 'bank' | 'register';

/** What the ledger refuses: nothing changed, but it must have been right at some moment. */
export type Refusal = 'ACCT_NOT_FOUND' | 'INSUFFICIENT_FUNDS' | 'LIMIT_EXCEEDED' | 'CAS_FAILED';

/** What an operation was answered. Balances in hundredths; NaN where it was not told. */
export interface Answer {
  /** `nothing`: it did not happen, which says no more. `never`: OUTCOME said so of its request. */
  readonly kind: 'ok' | 'refused' | 'nothing' | 'unknown' | 'never';
  readonly refusal: Refusal | undefined;
  /** Of `ok` the account, of a refusal the one that it names. */
  readonly account: number;
  readonly toAccount: number;
  readonly balance: number;
  readonly toBalance: number;
  /** A register's value. */
  readonly value: string | undefined;
  readonly seq: number;
}

export interface Operation {
  /** Its place among the invocations. */
  readonly index: number;
  readonly process: ProcessId;
  readonly kind: OperationKind;
  readonly account: number;
  readonly toAccount: number;
  /** In hundredths. */
  readonly amount: number;
  /** OUTCOME: the key or request asked for. `write`, `cas`: the new value. */
  readonly text: string | undefined;
  /** `cas`: the old value. */
  readonly expected: string | undefined;
  readonly key: string | undefined;
  request: string | undefined;
  /** Why no bank may do it, in words; undefined where its arguments make sense. */
  readonly malformed: string | undefined;
  invoked: number;
  readonly invokedLine: number;
  /** Infinity where it was never answered. */
  completed: number;
  completedLine: number;
  answer: Answer;
  /** CREATE: its account was made after this one was asked, as its number says. */
  readonly numberedAfter?: Operation;
}

export interface History {
  readonly model: Model;
  /** In the order of their invocations. */
  readonly operations: readonly Operation[];
  readonly processes: number;
  /** Invocations and completions. */
  readonly events: number;
}

/** The text is no history, or contradicts itself: nothing can be said of the bank. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly line: number;

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
    this.line = line;
  }
}

const BLANK: Answer = {
  kind: 'unknown',
  refusal: undefined,
  account: NaN,
  toAccount: NaN,
  balance: NaN,
  toBalance: NaN,
  value: undefined,
  seq: NaN,
};

/** Nothing is known of it. */
export const UNANSWERED: Answer = BLANK;
export const NOTHING_HAPPENED: Answer = { ...BLANK, kind: 'nothing' };

export function answerOf(kind: Answer['kind'], known: Partial<Answer> = {}): Answer {
  return { ...BLANK, ...known, kind };
}
