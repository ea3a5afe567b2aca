/**
 * Reports: what is told of accounts in words, as JSON. They are reads like QUERY (linearizable, at
 * one seq), executed alone.
 *
 * Keeps true: a report looks at a bounded number of records, so that nothing waits long behind it;
 * whoever wants more asks again from where it ended. (The trial balance looks at every account.)
 */
import type { AccountDetails } from './account.ts';
import type { AccountTable } from './account-table.ts';
import { describeAccount, describeTrial } from './described-accounts.ts';
import { FIRST_ACCOUNT } from './ids.ts';
import { type NameRange, namesFrom } from './name-table.ts';
import { FLAG_TERMS, KIND, readI64, RECORD_BYTES } from './operation.ts';
import { encodeReport } from './report-text.ts';
import type { SystemAccounts } from './system-accounts.ts';
import { readTerms, TERM, type ReadTerms } from './terms.ts';

/** Accounts that a page shows at most, and that are looked at for it. */
export const PAGE_ACCOUNTS_MAX = 500;
const LOOKED_AT_MAX = 100_000;
/** By which accounts are chosen: limits of the balance, currency, beginning of the name. */
const FILTER_TERMS = TERM.floor | TERM.ceiling | TERM.currency | TERM.name;

/** In the units of each account's currency. */
interface Filter {
  readonly names: NameRange | undefined;
  readonly currency: number | undefined;
  readonly terms: ReadTerms | undefined;
}

export class Reports {
  readonly #accounts: AccountTable;
  readonly #system: SystemAccounts;

  constructor(accounts: AccountTable, system: SystemAccounts) {
    this.#accounts = accounts;
    this.#system = system;
  }

  /** The report that the record at `at` asks for; undefined where it makes no sense. */
  write(batch: DataView, at: number): Uint8Array | undefined {
    const report = this.#make(batch, at);
    return report && encodeReport(report);
  }

  #make(batch: DataView, at: number): object | undefined {
    const flags = batch.getUint8(at + 1);
    const account = readI64(batch, at + 8);
    const terms = flags === FLAG_TERMS ? readTerms(batch, at + RECORD_BYTES) : undefined;
    if (Number.isNaN(account) || (flags !== 0 && terms === undefined)) return undefined;
    const kind = batch.getUint8(at);
    const known = knownTerms(kind);
    if (terms !== undefined && (terms.given & ~known) !== 0) return undefined;
    switch (kind) {
      case KIND.account:
        return this.#one(account, terms?.name);
      case KIND.accounts:
        return this.#page(account, readI64(batch, at + 24), terms);
      case KIND.trial:
        return { currencies: describeTrial(this.#accounts, this.#system) };
    }
    return undefined;
  }

  /** By its number; or, where a name is given, by that, and the number is 0. */
  #one(number: number, name: string | undefined): object | undefined {
    if (name !== undefined && number !== 0) return undefined;
    const account = name === undefined ? number : this.#accounts.find(name);
    if (account === undefined || !this.#accounts.has(account)) return { account: null };
    return { account: this.#describe(this.#accounts.details(account)) };
  }

  /** From this account on. `next` is where to go on; null at the end. */
  #page(from: number, limit: number, terms: ReadTerms | undefined): object | undefined {
    if (!(limit >= 1 && limit <= PAGE_ACCOUNTS_MAX)) return undefined;
    const given = terms?.given ?? 0;
    const filter: Filter = {
      names: terms?.name === undefined ? undefined : namesFrom(terms.name),
      currency: (given & TERM.currency) === 0 ? undefined : terms?.currency,
      terms,
    };
    const accounts: object[] = [];
    const end = FIRST_ACCOUNT + this.#accounts.count;
    const first = Math.max(from, FIRST_ACCOUNT);
    const last = Math.min(end, first + LOOKED_AT_MAX);
    let at = first;
    for (; at < last && accounts.length < limit; at += 1) {
      const details = this.#accounts.details(at);
      if (this.#passes(details, filter)) accounts.push(this.#describe(details));
    }
    return { accounts, next: at < end ? at : null };
  }

  #passes({ account, balance, currency, scale }: AccountDetails, filter: Filter): boolean {
    const { names, terms } = filter;
    if (filter.currency !== undefined && filter.currency !== currency) return false;
    if (names !== undefined && !this.#accounts.isNamedWithin(account, names)) return false;
    if (terms === undefined) return true;
    const { given, floor, ceiling } = terms;
    const most = (limit: number): number => unitsWithin(limit, terms.scale, scale);
    const isAbove = (given & TERM.floor) === 0 || balance >= -most(-floor);
    return isAbove && ((given & TERM.ceiling) === 0 || balance <= most(ceiling));
  }

  #describe(details: AccountDetails): object {
    return describeAccount(details, this.#accounts.name(details.account));
  }
}

/** What a report of this kind may be asked by. */
function knownTerms(kind: number): number {
  if (kind === KIND.accounts) return FILTER_TERMS;
  return kind === KIND.account ? TERM.name : 0;
}

/**
 * The most units of 10^-scale that are not more than the amount. Exact, but where it is beyond
 * every balance.
 */
function unitsWithin(amount: number, digits: number, scale: number): number {
  if (digits <= scale) return amount * 10 ** (scale - digits);
  const unit = 10 ** (digits - scale);
  const rest = amount % unit;
  return (amount - rest) / unit - (rest < 0 ? 1 : 0);
}
