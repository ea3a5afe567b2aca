/**
 * Reports of accounts as clients read them: what `core/reports.ts` tells, as a JSON text.
 *
 * A report of accounts looks at so many of them at most; whoever wants more asks again from where
 * it ended. Each page is told as of its own seq.
 */
import type { Seq } from '../core/ids.ts';
import type { Operation } from '../core/operation.ts';
import type { AnsweredOutcome, Outcome } from '../core/outcome.ts';

/** Amounts are decimals, such as `'50.00'`. */
export interface Account {
  readonly account: number;
  readonly name: string | null;
  /** As in ISO 4217. */
  readonly currency: string | null;
  readonly balance: string;
  /** Of the balance, by holds. */
  readonly held: string;
  /** The balance without that. */
  readonly available: string;
  readonly floor: string;
  /** Null where there is none. */
  readonly ceiling: string | null;
  readonly frozen: boolean;
  readonly closed: boolean;
  /** How often it was written: 1 when it is new. */
  readonly version: number;
  /** ISO 8601, to the microsecond. */
  readonly createdAt: string;
  readonly changedAt: string;
}

export interface AccountsPage {
  readonly seq: Seq;
  readonly accounts: readonly Account[];
  /** The account to go on from; null at the end. */
  readonly next: number | null;
}

/** The sums of one currency: in order where the difference is zero. */
export interface TrialLine {
  readonly currency: string | null;
  /** How many have the currency. */
  readonly accounts: number;
  /** What they hold together. */
  readonly balance: string;
  /** What the system account holds, through which money enters and leaves. */
  readonly system: string;
  /** What the two differ by from zero. */
  readonly difference: string;
}

export type Submit = (operation: Operation) => Promise<Outcome>;

/** No report came; the outcome says why. */
export class NoReport extends Error {
  override readonly name = 'NoReport';
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.kind === 'answered' ? 'the bank could not read the request' : outcome.detail);
    this.outcome = outcome;
  }
}

/** Undefined where there is no such account. */
export function readAccount(outcome: Outcome): Account | undefined {
  const { account } = readReport(outcome) as { readonly account: Account | null };
  return account ?? undefined;
}

export function readTrial(outcome: Outcome): readonly TrialLine[] {
  const { currencies } = readReport(outcome) as { readonly currencies: readonly TrialLine[] };
  return currencies;
}

/** As many accounts as are asked for, or all there are. Throws `NoReport`. */
export async function readAccounts(submit: Submit, asked: Operation): Promise<AccountsPage> {
  const { amount: limit = 0 } = asked;
  const accounts: Account[] = [];
  let next: number | null = asked.account ?? 0;
  let seq: Seq | undefined;
  while (next !== null && accounts.length < limit) {
    const amount = limit - accounts.length;
    const outcome = await submit({ ...asked, account: next, amount });
    const page = readReport(outcome) as Omit<AccountsPage, 'seq'>;
    accounts.push(...page.accounts);
    next = page.next;
    seq ??= (outcome as AnsweredOutcome).seq;
  }
  return { seq: seq as Seq, accounts, next };
}

function readReport(outcome: Outcome): unknown {
  if (outcome.kind !== 'answered' || outcome.report === undefined) throw new NoReport(outcome);
  return JSON.parse(outcome.report);
}
