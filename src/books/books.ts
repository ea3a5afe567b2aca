/**
 * The books: what the operations of the history, in their order, have made of the accounts. A fold
 * that believes what each operation was answered and decides nothing itself.
 *
 * Keeps true, after every entry: accounts, terms and holds are those of the ledger behind that
 * entry. (Of more than EXPIRED_AT_ONCE_MAX holds that are due at the same time, which are the first
 * to expire may differ.) Balances are what operations were answered, while the system accounts are
 * counted from the amounts that were asked for: where the two do not sum to zero, the bank is
 * wrong.
 */
import { assert, present } from '../core/assert.ts';
import { CURRENCY_NONE, scaleOf } from '../core/currency.ts';
import type { HistoryCursor } from '../core/history-cursor.ts';
import { FIRST_ACCOUNT, SESSION_NONE } from '../core/ids.ts';
import { readId } from '../core/movement-id.ts';
import { MOVEMENT } from '../core/movement-table.ts';
import {
  ALL_THAT_IS_LEFT, AMOUNT_MAX, CODE, extensionAt, FLAG_TERMS, ID_AT, KIND, readI64,
} from '../core/operation.ts';
import { SystemAccounts } from '../core/system-accounts.ts';
import { readTerms, TERM, type ReadTerms } from '../core/terms.ts';
import { AccountBook, ORDINARY, type BookAccount } from './account-book.ts';
import { OpenHolds, type Hold } from './open-holds.ts';

const MICROSECONDS = 1e6;
const POWERS = [1, 10, 100, 1_000, 10_000] as const;

/** How a hold ended. */
export type Settlement = 'captured' | 'voided' | 'expired';

/** Told of what changes, as it does. */
export interface BooksWatcher {
  onAccount(account: number): void;
  onHold(hold: Hold): void;
  /** `units` are what was captured. */
  onSettled(hold: Hold, how: Settlement, units: number): void;
}

/**
 * The system account of a currency, in the number of an account: 0 for accounts without one, below
 * zero for the others.
 */
export function systemAccount(currency: number): number {
  return currency === CURRENCY_NONE ? 0 : -currency;
}

export class Books {
  readonly accounts = new AccountBook();
  readonly holds = new OpenHolds();
  readonly system = new SystemAccounts();
  /** The last entry that was begun. */
  seq = 0;
  timestamp = 0;

  /** What the last operation moved, from where to where: NaN where it moved nothing. */
  units = NaN;
  from = 0;
  to = 0;
  currency = CURRENCY_NONE;
  /** After it; NaN of a system account. */
  fromBalance = NaN;
  toBalance = NaN;

  readonly #watcher: BooksWatcher | undefined;

  constructor(watcher?: BooksWatcher) {
    this.#watcher = watcher;
  }

  /** What was kept elsewhere behind this entry; accounts come in the order of their numbers. */
  restore(accounts: Iterable<BookAccount>, holds: Iterable<Hold>, seq: number): void {
    for (const account of accounts) {
      assert(account.account === FIRST_ACCOUNT + this.accounts.count, 'accounts have no gaps');
      this.accounts.restore(account);
      this.system.open(account.currency);
      this.system.post(account.currency, 0, account.balance);
    }
    for (const hold of holds) this.holds.add(hold);
    this.seq = seq;
  }

  /** The operation that the cursor is at; whether it changed anything. */
  apply(cursor: HistoryCursor): boolean {
    if (cursor.seq !== this.seq) this.#beginEntry(cursor.seq, cursor.timestamp);
    this.units = NaN;
    const { view, recordAt, resultAt } = cursor;
    if (cursor.session === SESSION_NONE || recordAt < 0) return false;
    const code = view.getUint8(resultAt);
    if (code === CODE.movementSettled) this.#expireLate(cursor);
    if (code !== CODE.ok) return false;
    switch (view.getUint8(recordAt)) {
      case KIND.transfer:
        this.#move(view, resultAt, readI64(view, recordAt + 8), readI64(view, recordAt + 16),
          unitsAt(view, recordAt, resultAt));
        return true;
      case KIND.deposit:
      case KIND.withdraw:
      case KIND.update:
        this.#post(view, recordAt, resultAt);
        return true;
      case KIND.create:
        this.#create(view, recordAt, resultAt);
        return true;
      case KIND.amend:
        this.#amend(view, recordAt);
        return true;
      case KIND.hold:
        this.#hold(cursor);
        return true;
      case KIND.capture:
        this.#capture(view, recordAt, resultAt);
        return true;
      case KIND.void:
        this.#release(idAt(view, recordAt), 'voided');
        return true;
      case KIND.reverse:
        this.#reverse(view, resultAt);
        return true;
    }
    return false;
  }

  #beginEntry(seq: number, timestamp: number): void {
    assert(seq > this.seq, 'the history is folded in order');
    this.seq = seq;
    this.timestamp = timestamp;
    for (const hold of this.holds.takeDue(timestamp)) this.#onReleased(hold, 'expired');
  }

  /** It was due, and had not had its turn yet: who asked for it made it expire. */
  #expireLate({ view, recordAt, resultAt }: HistoryCursor): void {
    if (view.getUint32(resultAt + 4, true) !== MOVEMENT.expired) return;
    this.#release(idAt(view, recordAt), 'expired');
  }

  #create(view: DataView, recordAt: number, resultAt: number): void {
    const account = readI64(view, resultAt + 8);
    assert(account === FIRST_ACCOUNT + this.accounts.count, 'accounts are numbered without gaps');
    const terms = termsAt(view, recordAt);
    const currency = terms?.currency ?? CURRENCY_NONE;
    this.accounts.open(readI64(view, resultAt + 16), currency, this.timestamp);
    this.system.open(currency);
    if (terms !== undefined) this.#setTerms(account, terms);
    this.#enter(account, unitsAt(view, recordAt, resultAt), readI64(view, resultAt + 16));
    this.#watcher?.onAccount(account);
  }

  /** One account against the system account of its currency. */
  #post(view: DataView, recordAt: number, resultAt: number): void {
    const account = readI64(view, recordAt + 8);
    const kind = view.getUint8(recordAt);
    const balance = readI64(view, resultAt + 16);
    const before = this.#change(account, balance);
    const units = unitsAt(view, recordAt, resultAt);
    const added = kind === KIND.deposit ? units : kind === KIND.withdraw ? -units : units - before;
    this.#enter(account, added, balance);
  }

  /** So much came from the system account; below zero, it went there. */
  #enter(account: number, added: number, balance: number): void {
    const currency = this.accounts.currency(account);
    this.system.post(currency, 0, added);
    const system = systemAccount(currency);
    this.currency = currency;
    const isIn = added >= 0;
    this.units = Math.abs(added);
    this.from = isIn ? system : account;
    this.to = isIn ? account : system;
    this.fromBalance = isIn ? NaN : balance;
    this.toBalance = isIn ? balance : NaN;
  }

  /** The result has the balances of both. */
  #move(view: DataView, resultAt: number, from: number, to: number, units: number): void {
    this.from = from;
    this.to = to;
    this.currency = this.accounts.currency(from);
    this.units = units;
    this.fromBalance = readI64(view, resultAt + 16);
    this.toBalance = readI64(view, resultAt + 24);
    this.#change(from, this.fromBalance);
    this.#change(to, this.toBalance);
  }

  #amend(view: DataView, recordAt: number): void {
    const account = readI64(view, recordAt + 8);
    this.#setTerms(account, present(termsAt(view, recordAt), 'AMEND has terms'));
    this.#change(account, this.accounts.balance(account));
  }

  #setTerms(account: number, { given, name, isSet, ...terms }: ReadTerms): void {
    const before = this.accounts.standing(account);
    const has = (term: number): boolean => (given & term) !== 0;
    const unit = POWERS[scaleOf(this.accounts.currency(account)) - terms.scale] as number;
    const after = {
      name: name ?? before.name,
      floor: has(TERM.floor) ? terms.floor * unit : before.floor,
      ceiling: has(TERM.ceiling) ? terms.ceiling * unit : before.ceiling,
      isFrozen: has(TERM.frozen) ? isSet : before.isFrozen,
      isClosed: has(TERM.closed) ? isSet : before.isClosed,
    };
    const isOrdinary = before === ORDINARY && after.name === undefined && after.floor === 0
      && after.ceiling === AMOUNT_MAX && !after.isFrozen && !after.isClosed;
    if (!isOrdinary) this.accounts.setStanding(account, after);
  }

  #hold({ view, recordAt, resultAt, seq, index, timestamp }: HistoryCursor): void {
    const own = idAt(view, recordAt);
    const seconds = view.getUint32(recordAt + 4, true);
    const hold: Hold = {
      id: own === '' ? `${seq}.${index}` : own, seq, index,
      account: readI64(view, recordAt + 8), toAccount: readI64(view, recordAt + 16),
      units: unitsAt(view, recordAt, resultAt),
      expiresAt: seconds === 0 ? 0 : timestamp + seconds * MICROSECONDS,
    };
    this.holds.add(hold);
    this.#change(hold.account, this.accounts.balance(hold.account));
    this.#watcher?.onHold(hold);
  }

  #capture(view: DataView, recordAt: number, resultAt: number): void {
    const hold = present(this.holds.take(idAt(view, recordAt)), 'what is captured was held');
    const isAll = view.getUint32(recordAt + 4, true) === ALL_THAT_IS_LEFT;
    const units = isAll ? hold.units : unitsAt(view, recordAt, resultAt);
    this.#move(view, resultAt, hold.account, hold.toAccount, units);
    this.#watcher?.onSettled(hold, 'captured', units);
  }

  #release(id: string, how: Settlement): void {
    const hold = this.holds.take(id);
    if (hold !== undefined) this.#onReleased(hold, how);
  }

  #onReleased(hold: Hold, how: Settlement): void {
    this.#change(hold.account, this.accounts.balance(hold.account));
    this.#watcher?.onSettled(hold, how, 0);
  }

  /** Back to where it came from; the result tells both accounts as the movement had them. */
  #reverse(view: DataView, resultAt: number): void {
    const account = view.getUint32(resultAt + 8, true);
    const other = view.getUint32(resultAt + 12, true);
    const balance = readI64(view, resultAt + 16);
    const units = balance - this.accounts.balance(account);
    this.#move(view, resultAt, account, other, units);
    [this.from, this.to] = [other, account];
    [this.fromBalance, this.toBalance] = [this.toBalance, balance];
  }

  #change(account: number, balance: number): number {
    this.#watcher?.onAccount(account);
    return this.accounts.change(account, balance, this.timestamp);
  }
}

/** The amount asked for, in the smallest unit of what the result tells. */
function unitsAt(view: DataView, recordAt: number, resultAt: number): number {
  const power = view.getUint8(resultAt + 2) - view.getUint8(recordAt + 2);
  return readI64(view, recordAt + 24) * (POWERS[power] as number);
}

function idAt(view: DataView, recordAt: number): string {
  return present(readId(view, recordAt + ID_AT), 'what was done had an id, or none');
}

function termsAt(view: DataView, recordAt: number): ReadTerms | undefined {
  const flags = view.getUint8(recordAt + 1);
  if ((flags & FLAG_TERMS) === 0) return undefined;
  return readTerms(view, extensionAt(recordAt, flags, FLAG_TERMS));
}
