/**
 * The accounts: numbers from 100 upward without gaps, assigned here, by the replicas.
 *
 * Keeps true: balances are whole and within ± AMOUNT_MAX, and within the account's floor and
 * ceiling; a version counts the changes of its account, from 1; the digest is that of the records
 * (each change takes the old state out and counts the new in). An account whose terms are 0 is
 * plain: no currency, no limits of its own, open, nothing held; the hot path knows no other.
 */
import type { AccountBalance, AccountDetails, AccountTerms } from './account.ts';
import { assert, present } from './assert.ts';
import { AccountDigest } from './account-digest.ts';
import {
  ACCOUNT_FIELDS, BALANCE, CEILING, CHANGED_AT, FLOOR, HELD, POSTED, TERMS, VERSION,
} from './account-record.ts';
import { CURRENCY_LIMIT, isCurrency, scaleOf } from './currency.ts';
import { FIRST_ACCOUNT } from './ids.ts';
import { type NameRange, NameTable } from './name-table.ts';
import { AMOUNT_MAX } from './operation.ts';
import { PagedTable, type TableImage } from './paged-table.ts';
import { firstLinkOf, LINK_NONE } from './posting-link.ts';
import { SystemAccounts } from './system-accounts.ts';
import { TransferLoop } from './transfer-loop.ts';

const NAME = 'accounts';
/** In a table of its own, since nobody needs it often: that of the entry that created it. */
const CREATIONS = 'creations';
const CREATED_AT = 0;

/** Flags in the terms, above the number of the currency. */
export const LIMITED = CURRENCY_LIMIT;
export const FROZEN = 2 * CURRENCY_LIMIT;
export const CLOSED = 4 * CURRENCY_LIMIT;
/** Something of its balance is held. */
export const HOLDING = 8 * CURRENCY_LIMIT;
const TERMS_MAX = 16 * CURRENCY_LIMIT - 1;
const CURRENCY_MASK = CURRENCY_LIMIT - 1;

/** An account before a change. */
interface Before {
  readonly account: number;
  readonly balance: number;
  readonly version: number;
  readonly changedAt: number;
  readonly link: number;
}

/** The entry that is being executed. */
export interface EntryContext {
  readonly seq: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  /** To be filled: two for each operation. */
  readonly links: Float64Array;
}

/** Of an account whose balance, or what is held of it, was changed: the balance that it had. */
export interface Change {
  readonly account: number;
  readonly before: number;
}

export class AccountTable {
  readonly #table: PagedTable;
  readonly #creations: PagedTable;
  /** The hot path, of the same accounts: not within a group. */
  readonly transfers: TransferLoop;
  /**
   * The time of the entry that is being executed, and its first link; in a typed array so that they
   * are never boxed.
   */
  readonly #now = new Float64Array(2);
  #links: Float64Array = new Float64Array(0);
  /** The last change but one, then the last: account and balance before, of each. */
  readonly #changes = new Float64Array(4);
  readonly #names: NameTable;
  readonly #digest = new AccountDigest();
  /** How everything was before each change of an open group. */
  #undo: { readonly low: number; readonly high: number; readonly changes: Before[] } | undefined;

  constructor(
    table = new PagedTable(NAME, ACCOUNT_FIELDS), names = new NameTable(),
    creations = new PagedTable(CREATIONS, 1),
  ) {
    this.#table = table;
    this.#names = names;
    this.#creations = creations;
    this.transfers = new TransferLoop({
      table, digest: this.#digest, now: this.#now, changes: this.#changes,
    });
  }

  /** Throws an Error that names what does not fit. Each account is opened in `counted`, too. */
  static restore(
    image: TableImage | undefined, created: TableImage | undefined, names: NameTable,
    counted = new SystemAccounts(),
  ): AccountTable {
    const creations = PagedTable.restore(created, CREATIONS, 1);
    const table = PagedTable.restore(image, NAME, ACCOUNT_FIELDS);
    const accounts = new AccountTable(table, names, creations);
    if (creations.records !== accounts.count) {
      throw new Error(`the creation of ${creations.records} accounts, not ${accounts.count}`);
    }
    for (let record = 0; record < accounts.count; record += 1) {
      accounts.#checkRecord(record);
      const account = FIRST_ACCOUNT + record;
      const currency = accounts.currency(account);
      counted.open(currency);
      counted.post(currency, 0, accounts.balance(account));
    }
    accounts.#digest.become(accounts.scan());
    return accounts;
  }

  get count(): number {
    return this.#table.records;
  }

  get digest(): AccountDigest {
    return this.#digest;
  }

  has(account: number): boolean {
    return account >= FIRST_ACCOUNT && account - FIRST_ACCOUNT < this.#table.records;
  }

  balance(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, BALANCE);
  }

  version(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, VERSION);
  }

  /** Of a plain account, for which the hot path knows all rules; NaN where it is none. */
  plainBalance(account: number): number {
    if (!this.has(account)) return NaN;
    const record = account - FIRST_ACCOUNT;
    const page = this.#table.pageToRead(record);
    const at = this.#table.offsetInPage(record);
    return page[at + TERMS] === 0 ? (page[at + BALANCE] as number) : NaN;
  }

  terms(account: number): AccountTerms {
    const record = account - FIRST_ACCOUNT;
    const terms = this.#table.get(record, TERMS);
    const isLimited = (terms & LIMITED) !== 0;
    return {
      currency: terms & CURRENCY_MASK,
      floor: isLimited ? this.#table.get(record, FLOOR) : 0,
      ceiling: isLimited ? this.#table.get(record, CEILING) : AMOUNT_MAX,
      isFrozen: (terms & FROZEN) !== 0,
      isClosed: (terms & CLOSED) !== 0,
    };
  }

  held(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, HELD);
  }

  currency(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, TERMS) & CURRENCY_MASK;
  }

  details(account: number): AccountDetails {
    const record = account - FIRST_ACCOUNT;
    return {
      account,
      balance: this.balance(account),
      held: this.held(account),
      version: this.version(account),
      ...this.terms(account),
      scale: scaleOf(this.currency(account)),
      createdAt: this.#creations.get(record, CREATED_AT),
      changedAt: this.#table.get(record, CHANGED_AT),
    };
  }

  /** The link of the account's last posting. */
  lastPosting(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, POSTED);
  }

  /** What is created and changed from now on is done by this entry. */
  begin({ seq, timestamp, links }: EntryContext): void {
    this.#now[0] = timestamp;
    this.#now[1] = firstLinkOf(seq);
    this.#links = links;
  }

  /** Opens the next account, which is the first posting of it; its number. */
  create(balance: number, place: number): number {
    const record = this.#table.append();
    this.#creations.set(this.#creations.append(), CREATED_AT, this.#now[0] as number);
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    page[at + BALANCE] = balance;
    page[at + VERSION] = 1;
    page[at + POSTED] = (this.#now[1] as number) + place;
    page[at + CHANGED_AT] = this.#now[0] as number;
    this.#digest.add(FIRST_ACCOUNT + record, balance, 1);
    return FIRST_ACCOUNT + record;
  }

  /**
   * Gives an account that exists another balance; its new version. The place of the posting is
   * twice the index of its operation, and its side.
   */
  post(account: number, balance: number, place: number): number {
    const record = account - FIRST_ACCOUNT;
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    if (this.#undo !== undefined) this.#undo.changes.push(this.#before(account));
    this.#links[place] = page[at + POSTED] as number;
    page[at + POSTED] = (this.#now[1] as number) + place;
    return this.#change(account, balance, page, at);
  }

  /** A change that is no posting, or a part of one; the new version. */
  change(account: number, balance: number): number {
    const record = account - FIRST_ACCOUNT;
    const page = this.#table.pageToWrite(record);
    return this.#change(account, balance, page, this.#table.offsetInPage(record));
  }

  #change(account: number, balance: number, page: Float64Array, at: number): number {
    assert(balance >= -AMOUNT_MAX && balance <= AMOUNT_MAX, 'a balance is within its bounds');
    const version = (page[at + VERSION] as number) + 1;
    const before = page[at + BALANCE] as number;
    const changes = this.#changes;
    changes[0] = changes[2] as number;
    changes[1] = changes[3] as number;
    changes[2] = account;
    changes[3] = before;
    this.#digest.replace(account, before, balance, version);
    page[at + BALANCE] = balance;
    page[at + VERSION] = version;
    page[at + CHANGED_AT] = this.#now[0] as number;
    return version;
  }

  /** The last change, and the one before it. */
  get lastChanges(): readonly Change[] {
    const at = (place: number): number => this.#changes[place] as number;
    return [{ account: at(2), before: at(3) }, { account: at(0), before: at(1) }];
  }

  /** What changes from now on may be undone: there are only postings in a group. */
  beginGroup(): void {
    const { low, high } = this.#digest;
    this.#undo = { low, high, changes: [] };
  }

  /** It stays. */
  commitGroup(): void {
    this.#undo = undefined;
  }

  /** Everything since `beginGroup` is as it was. */
  rollBackGroup(): void {
    const undo = present(this.#undo, 'a group is open');
    this.#undo = undefined;
    this.#digest.become(undo);
    for (const { account, balance, version, changedAt, link } of undo.changes.reverse()) {
      const record = account - FIRST_ACCOUNT;
      this.#links[this.#table.get(record, POSTED) - (this.#now[1] as number)] = LINK_NONE;
      this.#table.set(record, POSTED, link);
      this.#table.set(record, BALANCE, balance);
      this.#table.set(record, VERSION, version);
      this.#table.set(record, CHANGED_AT, changedAt);
    }
  }

  #before(account: number): Before {
    const changedAt = this.#table.get(account - FIRST_ACCOUNT, CHANGED_AT);
    const [balance, version] = [this.balance(account), this.version(account)];
    return { account, balance, version, changedAt, link: this.lastPosting(account) };
  }

  /** Other terms of an account that exists. Its balance must fit them. Not a change of its own. */
  setTerms(account: number, terms: AccountTerms): void {
    const record = account - FIRST_ACCOUNT;
    this.#countTerms(this.#digest, -1, record);
    const isLimited = terms.floor !== 0 || terms.ceiling !== AMOUNT_MAX;
    const flags = (isLimited ? LIMITED : 0) + (terms.isFrozen ? FROZEN : 0)
      + (terms.isClosed ? CLOSED : 0) + (this.held(account) > 0 ? HOLDING : 0);
    this.#table.set(record, TERMS, terms.currency + flags);
    this.#table.set(record, FLOOR, isLimited ? terms.floor : 0);
    this.#table.set(record, CEILING, isLimited ? terms.ceiling : 0);
    this.#countTerms(this.#digest, 1, record);
  }

  /** Not a change of its own. */
  setHeld(account: number, held: number): void {
    assert(held >= 0 && held <= AMOUNT_MAX, 'what is held is within its bounds');
    const record = account - FIRST_ACCOUNT;
    this.#countTerms(this.#digest, -1, record);
    const terms = this.#table.get(record, TERMS) & ~HOLDING;
    this.#table.set(record, TERMS, terms + (held > 0 ? HOLDING : 0));
    this.#table.set(record, HELD, held);
    this.#countTerms(this.#digest, 1, record);
  }

  /** Undefined where it has none. */
  name(account: number): string | undefined {
    return this.#names.nameOf(account);
  }

  isNamedWithin(account: number, range: NameRange): boolean {
    return this.#names.isWithin(account, range);
  }

  /** The account of this name; undefined where nobody has it. */
  find(name: string): number | undefined {
    return this.#names.find(name);
  }

  /** A name that nobody has, in the place of the one it may have had. Not a change of its own. */
  setName(account: number, name: string): void {
    this.#countName(this.#digest, -1, account);
    this.#names.set(account, name);
    this.#countName(this.#digest, 1, account);
  }

  *balances(): IterableIterator<AccountBalance> {
    for (let record = 0; record < this.count; record += 1) {
      const account = FIRST_ACCOUNT + record;
      yield { account, balance: this.balance(account), scale: scaleOf(this.currency(account)) };
    }
  }

  snapshot(): readonly TableImage[] {
    return [this.#table.snapshot(), this.#creations.snapshot(), this.#names.snapshot()];
  }

  release(): void {
    this.#table.release();
    this.#creations.release();
    this.#names.release();
  }

  /** The digest of all accounts, by a scan. */
  scan(): AccountDigest {
    const digest = new AccountDigest();
    for (let record = 0; record < this.count; record += 1) {
      const account = FIRST_ACCOUNT + record;
      digest.add(account, this.balance(account), this.version(account));
      this.#countTerms(digest, 1, record);
      this.#countName(digest, 1, account);
    }
    return digest;
  }

  #countTerms(digest: AccountDigest, sign: 1 | -1, record: number): void {
    const terms = this.#table.get(record, TERMS);
    if (terms === 0) return;
    const [floor, ceiling] = [this.#table.get(record, FLOOR), this.#table.get(record, CEILING)];
    const held = this.#table.get(record, HELD);
    digest.count(sign, [FIRST_ACCOUNT + record, terms, floor, ceiling, held]);
  }

  #countName(digest: AccountDigest, sign: 1 | -1, account: number): void {
    const words = this.#names.wordsOf(account);
    if (words !== undefined) digest.count(sign, [account, ...words]);
  }

  #checkRecord(record: number): void {
    const account = FIRST_ACCOUNT + record;
    const terms = this.#table.get(record, TERMS);
    const version = this.#table.get(record, VERSION);
    const sane =
      Number.isSafeInteger(version) && version >= 1 &&
      Number.isInteger(terms) && terms >= 0 && terms <= TERMS_MAX &&
      ((terms & HOLDING) !== 0) === (this.held(account) > 0) && this.#keepsLimits(account);
    if (!sane) throw new Error(`account ${account} makes no sense`);
  }

  #keepsLimits(account: number): boolean {
    const { currency, floor, ceiling } = this.terms(account);
    const [balance, held] = [this.balance(account), this.held(account)];
    return [balance, floor, ceiling, held].every(Number.isSafeInteger) && held >= 0 &&
      isCurrency(currency) && floor <= balance - held && balance <= ceiling;
  }
}
