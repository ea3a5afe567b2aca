/**
 * The accounts of the twin: their records, names and currencies, and the digest of them all.
 *
 * The books count, beside the balances, how much money came in and went out: of each currency, the
 * sum of all balances must be what was created, adjusted and deposited less what was withdrawn.
 */
import { CLOSED, FROZEN, HOLDING, LIMITED } from '../../core/account-table.ts';
import { isExact, LARGEST } from './amounts.ts';
import { digitsOf, NO_CURRENCY, TwinCurrencies, type Books } from './twin-currencies.ts';
import { hashBalance, hashValues, modulo, type Lanes } from './twin-digest.ts';
import { partsOf, TwinNames } from './twin-names.ts';
import { TwinTable } from './twin-table.ts';

const FIRST_ACCOUNT = 100;
const FIELDS = [
  'balance', 'version', 'terms', 'held', 'floor', 'ceiling', 'last posting', 'changed at',
];
const [BALANCE, VERSION, TERMS, HELD, FLOOR, CEILING, POSTED] = [0, 1, 2, 3, 4, 5, 6];

/** What an account is besides its balance. */
export interface Agreed {
  readonly floor: bigint;
  readonly ceiling: bigint;
  readonly frozen: boolean;
  readonly closed: boolean;
}

export const ORDINARY: Agreed = { floor: 0n, ceiling: LARGEST, frozen: false, closed: false };

export interface Account extends Agreed {
  readonly number: number;
  readonly balance: bigint;
  /** Of it, for open holds. */
  readonly held: bigint;
  readonly version: number;
  readonly currency: number;
  /** Of the currency. */
  readonly digits: number;
}

/** What is to be another; what is left out remains. */
export interface Change {
  readonly balance?: bigint;
  readonly held?: bigint;
  readonly agreed?: Agreed;
  readonly name?: string | undefined;
}

/** Of all accounts of one currency. */
export interface CurrencyTotal {
  readonly currency: number;
  /** The sum of all balances, by a scan. */
  readonly total: bigint;
  readonly books: Books;
}

export class TwinAccounts {
  readonly table = new TwinTable('accounts', FIELDS);
  readonly creations = new TwinTable('creations', ['created at']);
  readonly names = new TwinNames();
  readonly currencies = new TwinCurrencies();
  /** Sums of hashes, modulo 2^32: of every account but those changed by the present entry. */
  #low = 0;
  #high = 0;
  /** Their records. */
  readonly #changed = new Set<number>();
  #timestamp = 0;
  /** Of the present operation: each account that it changed, with its balance before that. */
  readonly #before = new Map<number, bigint>();

  /** In the order in which they came into use. */
  totals(): readonly CurrencyTotal[] {
    const totals = new Map(this.currencies.all.map((currency) => [currency, 0n]));
    for (const { currency, balance } of this.all()) {
      totals.set(currency, (totals.get(currency) ?? 0n) + balance);
    }
    return [...totals].map(([currency, total]) => {
      return { currency, total, books: this.currencies.books(currency) };
    });
  }

  /** The entry that begins here has this timestamp. */
  begin(timestamp: number): void {
    this.#timestamp = timestamp;
  }

  /** The operation that begins here has changed nothing yet. */
  beginOperation(): void {
    this.#before.clear();
  }

  /** Of the accounts that the present operation changed, and of none else. */
  get before(): ReadonlyMap<number, bigint> {
    return this.#before;
  }

  /** Balances change from now on, and nothing else does; they may have to be as they were. */
  attempt(): void {
    this.table.attempt();
    this.currencies.attempt();
  }

  /** They stay, or are as they were. */
  settle(isDone: boolean): void {
    this.table.settle(isDone);
    this.currencies.settle(isDone);
  }

  /** The sum, over all accounts, of a hash in two lanes of 32 bits. */
  digest(): Lanes {
    for (const record of this.#changed) this.#count(record, 1);
    this.#changed.clear();
    return { low: this.#low, high: this.#high };
  }

  /** Every account, in order. */
  *all(): IterableIterator<Account> {
    for (let record = 0; record < this.table.records; record += 1) yield this.#at(record);
  }

  find(account: bigint): Account | undefined {
    const record = Number(account) - FIRST_ACCOUNT;
    if (!isExact(account) || record < 0 || record >= this.table.records) return undefined;
    return this.#at(record);
  }

  ofName(name: string): Account | undefined {
    const account = this.names.accountOf(name);
    return account === undefined ? undefined : this.find(BigInt(account));
  }

  /** A new account; what it is then. */
  open(
    balance: bigint, currency: number, agreed: Agreed, name: string | undefined,
  ): Account {
    const time = this.#timestamp;
    const record = this.table.append([Number(balance), 1, 0, 0, 0, 0, 0, time]);
    this.creations.append([time]);
    this.#changed.add(record);
    this.#agree(record, currency, agreed, 0n);
    if (name !== undefined) this.names.give(FIRST_ACCOUNT + record, name);
    this.currencies.open(currency, balance);
    return this.#at(record);
  }

  /** One change of the account; what it is then. */
  change(account: Account, { balance, held, agreed, name }: Change): Account {
    const { number, currency } = account;
    const record = number - FIRST_ACCOUNT;
    if (!this.#before.has(number)) {
      this.#before.set(number, BigInt(this.table.get(record, BALANCE)));
    }
    if (!this.#changed.has(record)) this.#count(record, -1);
    this.#changed.add(record);
    const { table } = this;
    const posted = table.get(record, POSTED);
    table.fill(record, [
      Number(balance ?? account.balance), table.get(record, VERSION) + 1, 0, 0, 0, 0, posted,
      this.#timestamp,
    ]);
    this.#agree(record, currency, agreed ?? account, held ?? account.held);
    if (name !== undefined) this.names.give(number, name);
    return this.#at(record);
  }

  /** The account's posting before this one; 0 where this is the first. */
  follow(account: number, posting: number): number {
    const before = this.table.get(account - FIRST_ACCOUNT, POSTED);
    this.table.set(account - FIRST_ACCOUNT, POSTED, posting);
    return before;
  }

  #at(record: number): Account {
    const field = (name: number) => this.table.get(record, name);
    const flags = field(TERMS);
    const currency = flags % LIMITED;
    const isLimited = (flags & LIMITED) !== 0;
    return {
      number: FIRST_ACCOUNT + record,
      balance: BigInt(field(BALANCE)),
      held: BigInt(field(HELD)),
      version: field(VERSION),
      currency,
      digits: digitsOf(currency) ?? NaN,
      floor: isLimited ? BigInt(field(FLOOR)) : ORDINARY.floor,
      ceiling: isLimited ? BigInt(field(CEILING)) : ORDINARY.ceiling,
      frozen: (flags & FROZEN) !== 0,
      closed: (flags & CLOSED) !== 0,
    };
  }

  #agree(
    record: number, currency: number, { floor, ceiling, frozen, closed }: Agreed, held: bigint,
  ): void {
    const isLimited = floor !== ORDINARY.floor || ceiling !== ORDINARY.ceiling;
    const flags = [
      isLimited ? LIMITED : 0, frozen ? FROZEN : 0, closed ? CLOSED : 0, held > 0n ? HOLDING : 0,
    ];
    this.table.set(record, TERMS, flags.reduce((sum, flag) => sum + flag, currency));
    this.table.set(record, HELD, Number(held));
    this.table.set(record, FLOOR, isLimited ? Number(floor) : 0);
    this.table.set(record, CEILING, isLimited ? Number(ceiling) : 0);
  }

  #termsAt(record: number): readonly number[] {
    return [TERMS, FLOOR, CEILING, HELD].map((field) => this.table.get(record, field));
  }

  /** Counts the account into the digest, or out of it: its balance, its terms, its name. */
  #count(record: number, sign: 1 | -1): void {
    const number = FIRST_ACCOUNT + record;
    const terms = this.#termsAt(record);
    const name = this.names.nameOf(number);
    const hashes = [
      hashBalance(number, this.table.get(record, BALANCE), this.table.get(record, VERSION)),
      ...(terms[0] === NO_CURRENCY ? [] : [hashValues([number, ...terms])]),
      ...(name === undefined ? [] : [hashValues([number, ...partsOf(name)])]),
    ];
    for (const { low, high } of hashes) {
      this.#low = modulo(this.#low + sign * low);
      this.#high = modulo(this.#high + sign * high);
    }
  }
}
