/**
 * Reports of accounts as clients read them: what `core/reports.ts` tells, as a JSON text.
 *
 * A report of accounts looks at so many of them at most; whoever wants more asks again from where
 * it ended. Each page is told as of its own seq.
 */
import type { HistoryPage } from '../core/history-page.ts';
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

export interface TrialBalance {
  readonly seq: Seq;
  readonly currencies: readonly TrialLine[];
}

export type Submit = (operation: Operation) => Promise<Outcome>;

/** No report came; the outcome says why. Reports change nothing: they may be asked for again. */
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

export function readTrial(outcome: Outcome): TrialBalance {
  const { currencies } = readReport(outcome) as Pick<TrialBalance, 'currencies'>;
  return { seq: (outcome as AnsweredOutcome).seq, currencies };
}

/** As many accounts as are asked for, or all there are. The seq is that of the first page. */
export async function readAccounts(submit: Submit, asked: Operation): Promise<AccountsPage> {
  const { amount: limit = 0 } = asked;
  const first = await readPage(submit, asked);
  const accounts = [...first.accounts];
  let { next } = first;
  while (next !== null && accounts.length < limit) {
    const amount = limit - accounts.length;
    const page = await readPage(submit, { ...asked, account: next, amount });
    accounts.push(...page.accounts);
    next = page.next;
  }
  return { seq: first.seq, accounts, next };
}

/** All accounts, page after page. */
export async function* eachAccount(submit: Submit, asked: Operation): AsyncGenerator<Account> {
  let next = asked.account ?? null;
  while (next !== null) {
    const page: AccountsPage = await readPage(submit, { ...asked, account: next });
    yield* page.accounts;
    next = page.next;
  }
}

async function readPage(submit: Submit, asked: Operation): Promise<AccountsPage> {
  const outcome = await submit(asked);
  const { accounts, next } = readReport(outcome) as Omit<AccountsPage, 'seq'>;
  return { seq: (outcome as AnsweredOutcome).seq, accounts, next };
}

export function readHistory(outcome: Outcome): HistoryPage {
  if (outcome.kind !== 'answered' || outcome.page === undefined) throw new NoReport(outcome);
  return outcome.page;
}

/** What the JSON says. Throws `NoReport`. */
export function readReport(outcome: Outcome): unknown {
  if (outcome.kind !== 'answered' || outcome.report === undefined) throw new NoReport(outcome);
  return JSON.parse(outcome.report);
}
