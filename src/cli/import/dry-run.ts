/**
 * Looks at operations and does none: what reads can tell of them. It knows the accounts that the
 * same import would open before.
 */
import { isAmountOf, type ScaledAmount } from '../../core/amount.ts';
import { CURRENCY_NONE, currencyNumber, SCALE_MAX, scaleOf } from '../../core/currency.ts';
import { REASON, type Operation, type Result } from '../../core/operation.ts';
import { refusalOfResult, type Refused } from '../refusal.ts';
import type { AccountFacts, AccountLookup } from './account-lookup.ts';
import type { Doer, Done } from './doer.ts';

export const NOT_CHECKED = 'not checked, since only doing it tells: whether there is enough ' +
  'money and room, whether an id is taken, whether a key was used before';
export const NOT_CHECKED_NAMES = 'not checked: names behind the first 1,000,000 that are new';

/** New names that are remembered. */
const NAMES_MAX = 1_000_000;
/** Accounts that do not exist yet have numbers that no bank gives. */
const FIRST_NEW = 2 ** 52;
/** Of a name that may be among the new ones that are not remembered. */
const UNCHECKED = FIRST_NEW - 1;
/** As the bank would refuse it, or in words. */
type Fault = Partial<Result> | Refused;
const OPEN = { frozen: false, closed: false };

export class DryRun implements Doer {
  readonly isDryRun = true;
  readonly #lookup: AccountLookup;
  readonly #opened = new Map<string, AccountFacts>();
  /** The currency of each, by its number behind FIRST_NEW. */
  readonly #currencies: (string | null)[] = [];
  #isFull = false;

  constructor(lookup: AccountLookup) {
    this.#lookup = lookup;
  }

  /** There were more new names than are remembered. */
  get isFull(): boolean {
    return this.#isFull;
  }

  readonly find = (name: string): number | null => {
    const facts = this.#opened.get(name) ?? this.#lookup.find(name);
    return facts?.account ?? (this.#isFull ? UNCHECKED : null);
  };

  async prepare(names: ReadonlySet<string>): Promise<void> {
    await this.#lookup.learn(names);
  }

  async do(operations: readonly Operation[]): Promise<readonly Done[]> {
    const references = new Set<number | string>();
    for (const { kind, account, toAccount, terms } of operations) {
      for (const number of [account, toAccount]) {
        if (number !== undefined && number < UNCHECKED) references.add(number);
      }
      if (kind === 'create' && terms?.name !== undefined) references.add(terms.name);
    }
    await this.#lookup.learn(references);
    return operations.map((operation) => this.#look(operation));
  }

  #look(operation: Operation): Done {
    const fault = operation.kind === 'create'
      ? this.#lookAtAccount(operation) : this.#lookAtPosting(operation);
    if (fault === undefined) return { account: 0, isBefore: false };
    if ('word' in fault) return { refused: fault };
    const result: Result = {
      code: 'ok', kind: operation.kind, scale: 0, detail: 0, account: 0, balance: 0, toBalance: 0,
      ...fault,
    };
    const refused = refusalOfResult(result, '', operation);
    return refused === undefined ? { account: 0, isBefore: false } : { refused };
  }

  #lookAtAccount(operation: Operation): Fault | undefined {
    const { amount = 0, scale = 0, terms: { name, currency = null, ...limits } = {} } = operation;
    const { floor = 0, ceiling, scale: digits = 0 } = limits;
    const [balance, least] = [units(amount, scale), units(floor, digits)];
    const most = ceiling === undefined ? undefined : units(ceiling, digits);
    if (most !== undefined && least > most) return badRequest(REASON.floorAboveCeiling);
    if (balance < least) return { code: 'insufficientFunds' };
    if (most !== undefined && balance > most) return { code: 'limitExceeded' };
    return name === undefined ? undefined : this.#lookAtName(name, currency);
  }

  #lookAtName(name: string, currency: string | null): Fault | undefined {
    const taken = this.#lookup.find(name);
    if (taken !== null) return { code: 'nameTaken', account: taken.account };
    if (this.#opened.has(name)) {
      return { word: 'NAME_TAKEN', sentence: 'a row before has that name' };
    }
    this.#open(name, currency);
    return undefined;
  }

  #open(name: string, currency: string | null): void {
    this.#isFull ||= this.#opened.size >= NAMES_MAX;
    if (this.#isFull) return;
    const account = FIRST_NEW + this.#currencies.length;
    this.#currencies.push(currency);
    this.#opened.set(name, { account, currency, ...OPEN });
  }

  #lookAtPosting({ account, toAccount, amount = 0, scale = 0 }: Operation): Fault | undefined {
    const numbers = [account, toAccount].filter((number) => number !== undefined);
    const known = numbers.filter((number) => number !== UNCHECKED);
    const [first, second] = known;
    if (first !== undefined && first === second) return badRequest(REASON.sameAccount);
    const all: AccountFacts[] = [];
    for (const number of known) {
      const facts = this.#factsOf(number);
      if (facts === null) return { code: 'accountNotFound', account: number };
      all.push(facts);
    }
    return lookAtState(all) ?? lookAtCurrencies(all, { amount, scale });
  }

  #factsOf(number: number): AccountFacts | null {
    if (number < FIRST_NEW) return this.#lookup.find(number);
    return { account: number, currency: this.#currencies[number - FIRST_NEW] ?? null, ...OPEN };
  }
}

function badRequest(detail: number): Fault {
  return { code: 'badRequest', detail };
}

function lookAtState(all: readonly AccountFacts[]): Fault | undefined {
  for (const { account, frozen, closed } of all) {
    if (closed) return { code: 'accountClosed', account };
    if (frozen) return { code: 'accountFrozen', account };
  }
  return undefined;
}

function lookAtCurrencies(
  [first, second]: readonly AccountFacts[], amount: ScaledAmount,
): Fault | undefined {
  if (first === undefined) return undefined;
  if (second !== undefined && first.currency !== second.currency) {
    return { word: 'CURRENCY_MISMATCH', sentence: 'from and to are in different currencies' };
  }
  const digits = scaleOf(currencyNumber(first.currency ?? '') ?? CURRENCY_NONE);
  if (isAmountOf(amount, digits)) return undefined;
  return badRequest(amount.scale > digits ? REASON.tooManyDigits : REASON.amountTooLarge);
}

/** Of the smallest unit of any currency. */
function units(amount: number, scale: number): bigint {
  return BigInt(amount) * 10n ** BigInt(SCALE_MAX - scale);
}
