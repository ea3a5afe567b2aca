/**
 * Reports of accounts as clients read them: what `core/reports.ts` tells, as a JSON text.
 *
 * A report of accounts looks at so many of them at most; whoever wants more asks again from where
 * it ended. Each page is told as of its own seq.
 */
import type { Account, TrialLine } from '../core/described-accounts.ts';
import type { HistoryPage } from '../core/history-page.ts';
import type { Seq } from '../core/ids.ts';
import type { Operation } from '../core/operation.ts';
import type { AnsweredOutcome, Outcome } from '../core/outcome.ts';

export type { Account, TrialLine } from '../core/described-accounts.ts';

export interface AccountsPage {
  readonly seq: Seq;
  readonly accounts: readonly Account[];
  /** The account to go on from; null at the end. */
  readonly next: number | null;
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
