/**
 * A page of an account's statement, from the journal: its postings, newest first, by the links that
 * lead from each to the one before (`core/posting-link.ts`).
 *
 * Keeps true: each line's balance is the one before it and its amount; a posting that does not lead
 * to one of the same account whose balance fits is damage. No balance is told that nothing proves:
 * the line behind it, the operation itself, or the checksum of its entry. A result is read only
 * where the balance does not follow from the line behind it, and at the end of the page, to which
 * all the amounts have to lead. How long a walk takes is bounded: whoever asks about more, or about
 * long ago, asks again from where it ended.
 */
import { formatAmount } from '../core/amount.ts';
import { present } from '../core/assert.ts';
import type { Seq } from '../core/ids.ts';
import type { FoundAccount } from '../core/ledger.ts';
import type { StatementLookup } from '../core/lookup.ts';
import { isBefore, isBehind } from '../core/moment.ts';
import {
  ALL_THAT_IS_LEFT, decodeResult, viewOf, type Operation, type Result,
} from '../core/operation.ts';
import { currencyCode } from '../core/currency.ts';
import { LINK_NONE, linkOf, readLink, type PostingPlace } from '../core/posting-link.ts';
import { encodeReport } from '../core/report-text.ts';
import { decodeOperation } from '../core/spell-operation.ts';
import { utcText } from '../core/utc-text.ts';
import { EnvironmentError } from './environment-error.ts';
import type { DecidedOperation, DecidedOperations } from './ports.ts';
import type { StatementLine, StatementPage } from './statement-page.ts';

/** Postings that are passed over, at most: a few milliseconds. */
const PASSED_MAX = 1_000;
/** So many are found ahead of the one that is looked at: a few for each thread that reads. */
const AHEAD_MAX = 16;
/** When so much has been read the page ends, so that others have their turn. */
const READ_BYTES_MAX = 16 * 1024 * 1024;

/** A posting of the account, read and found to be one. Amounts in units of 10^-scale. */
interface Posting extends PostingPlace {
  readonly operation: Operation;
  readonly timestamp: number;
  readonly balance: number;
  /** By which it changed the balance; undefined where the operation does not say so. */
  readonly change: number | undefined;
  readonly other: number | undefined;
  /** Of the posting before; undefined in an entry of a version that did not know links. */
  readonly before: number | undefined;
  /** Where it was read from. */
  readonly found: DecidedOperation;
}

/** As JSON; nothing where the link to go on from is none of the account. */
export async function readStatement(
  asked: StatementLookup, operations: DecidedOperations,
): Promise<Uint8Array> {
  if (asked.account === undefined) return encodeReport({ account: null });
  const page = await new StatementWalk(asked, asked.account, operations).run();
  return page === undefined ? new Uint8Array() : encodeReport(page);
}

class StatementWalk {
  readonly #asked: StatementLookup;
  readonly #account: FoundAccount;
  readonly #operations: DecidedOperations;
  readonly #lines: Posting[] = [];
  #passed = 0;
  /** So many postings are looked at, at most: the one before the last line has its balance. */
  #wanted = 0;
  /** Found, but not looked at yet: each is the one before the last; and where they go on. */
  readonly #ahead: Promise<DecidedOperation | undefined>[] = [];
  #aheadPlace: PostingPlace | undefined;

  constructor(
    asked: StatementLookup, account: FoundAccount, operations: DecidedOperations,
  ) {
    this.#asked = asked;
    this.#account = account;
    this.#operations = operations;
  }

  async run(): Promise<StatementPage | undefined> {
    const { link, span: { from, to }, linesMax } = this.#asked;
    this.#wanted = linesMax + 1 + (to === undefined ? 0 : PASSED_MAX);
    let posting = await this.#first(link);
    if (posting === undefined) return undefined;
    for (;;) {
      const isLater = to !== undefined && isBehind(to, placed(posting));
      const isEarlier = from !== undefined && isBefore(from, placed(posting));
      const isCut = this.#lines.length === linesMax || this.#isLong();
      if (isEarlier) return this.#page(posting, posting.balance, LINK_NONE);
      if (isCut) return this.#page(posting, posting.balance, linkOf(posting));
      if (isLater) this.#passed += 1;
      else this.#lines.push(posting);
      if (posting.before === undefined) return this.#page(posting, undefined, LINK_NONE);
      if (posting.before === LINK_NONE) {
        return this.#page(posting, this.#begin(posting), LINK_NONE);
      }
      posting = await this.#step(posting, posting.before);
    }
  }

  /** One posting is looked at in any case: the next page has another to begin with. */
  #isLong(): boolean {
    if (this.#lines.length + this.#passed === 0) return false;
    return this.#passed === PASSED_MAX || this.#operations.bytes >= READ_BYTES_MAX;
  }

  /** Undefined where a client goes on from what is no posting of the account. */
  async #first(link: number): Promise<Posting | undefined> {
    const known = link === LINK_NONE ? this.#account.balance : undefined;
    const place = readLink(known === undefined ? link : this.#account.lastPosting);
    const isThere = place !== undefined && place.seq <= this.#asked.lastSeq;
    const posting = isThere ? await this.#postingAt(place, known) : undefined;
    if (known !== undefined && posting?.balance !== known) throw this.#corrupt('the last one');
    return posting;
  }

  /** The posting before; the two fit each other. */
  async #step(later: Posting, link: number): Promise<Posting> {
    const place = readLink(link);
    const known = later.change === undefined ? undefined : later.balance - later.change;
    const posting = place && (await this.#postingAt(place, known));
    const isBeforeIt = posting !== undefined && link < linkOf(later);
    const isFitting = isBeforeIt && (known === undefined || posting.balance === known);
    if (!isFitting) throw this.#corrupt(`the one before ${later.seq}.${later.index}`);
    return posting;
  }

  /** The first posting of all is the CREATE: the balance before it. */
  #begin(first: Posting): number {
    if (first.operation.kind !== 'create') throw this.#corrupt('the first one');
    return 0;
  }

  /** `known`: what its balance must be. */
  async #postingAt(place: PostingPlace, known: number | undefined): Promise<Posting | undefined> {
    const found = await this.#findAhead(place);
    const posting = found && (await readPosting(found, place, this.#account, known));
    if (posting === undefined || found?.isChecked) return posting;
    // Without links there is no line before it either, that would prove the amount.
    const isProven = known !== undefined || saysBalance(posting.operation);
    if (isProven && found?.links !== undefined) return posting;
    const checked = await this.#operations.find(place.seq as Seq, place.index, true);
    return checked && readPosting(checked, place, this.#account, known);
  }

  /** The one at this place; and those that the links lead to from there are found, too. */
  async #findAhead(place: PostingPlace): Promise<DecidedOperation | undefined> {
    if (this.#ahead.length === 0) this.#aheadPlace = place;
    const count = Math.min(AHEAD_MAX, this.#wanted);
    while (this.#ahead.length < count && this.#aheadPlace !== undefined) {
      const { seq, index, side } = this.#aheadPlace;
      const found = this.#operations.find(seq as Seq, index);
      this.#ahead.push(found);
      // What goes wrong is told where it is looked at, if it is.
      const links = await found.then((operation) => operation?.links, () => undefined);
      this.#aheadPlace = readLink(links?.[side] ?? LINK_NONE);
    }
    this.#wanted -= 1;
    return present(this.#ahead.shift(), 'no more are looked at than are wanted');
  }

  /** The balances of all lines follow from the account's, and lead to what `last` was answered. */
  async #page(
    last: Posting, opening: number | undefined, next: number,
  ): Promise<StatementPage> {
    const result = decodeResult(viewOf(await last.found.result()), 0);
    if (result.code !== 'ok' || balanceOf(result, last.side) !== last.balance) {
      throw this.#corrupt(`the balance behind ${last.seq}.${last.index}`);
    }
    const { account, name, currency, scale } = this.#account;
    const text = (units: number): string => formatAmount(units, scale);
    const lines = this.#lines.map((posting, at): StatementLine => {
      const before = at + 1 < this.#lines.length ? this.#lines[at + 1]?.balance : opening;
      return lineOf(posting, before, text);
    });
    return {
      account, name: name ?? null, currency: currencyCode(currency) ?? null,
      opening: opening === undefined ? null : text(opening), lines,
      next: next === LINK_NONE ? null : next,
    };
  }

  #corrupt(which: string): EnvironmentError {
    const sentence = `the postings of account ${this.#account.account} do not lead to each other`;
    return new EnvironmentError('corrupt', `${sentence}: ${which}`);
  }
}

/** Undefined where it is no posting of the account. */
async function readPosting(
  found: DecidedOperation, place: PostingPlace, { account, scale }: FoundAccount,
  known: number | undefined,
): Promise<Posting | undefined> {
  const records = await found.records();
  const operation = records && records.length > 0
    ? decodeOperation(viewOf(records), 0)?.operation : undefined;
  if (records === undefined || operation === undefined) return undefined;
  const units = (operation.amount ?? 0) * 10 ** (scale - (operation.scale ?? 0));
  // The result says nothing new: to read it would take as long again.
  const result = known !== undefined && saysAll(operation)
    ? undefined : decodeResult(viewOf(await found.result()), 0);
  if (result !== undefined && result.code !== 'ok') return undefined;
  const sides = sidesOf(operation, result);
  if (sides[place.side] !== account) return undefined;
  const balance = result === undefined ? known : balanceOf(result, place.side);
  if (balance === undefined || (saysBalance(operation) && balance !== units)) return undefined;
  const isAll = viewOf(records).getUint32(4, true) === ALL_THAT_IS_LEFT;
  return {
    ...place, operation, timestamp: found.timestamp, balance, found,
    change: changeOf(operation, units, place.side, isAll),
    other: sides[1 - place.side],
    before: found.links?.[place.side],
  };
}

function balanceOf(result: Result, side: 0 | 1): number | undefined {
  return side === 0 ? result.balance : result.toBalance;
}

/** Whose balance it changed, and by how much. */
function saysAll({ kind }: Operation): boolean {
  return kind === 'deposit' || kind === 'withdraw' || kind === 'transfer';
}

/** The amount is the balance behind it. */
function saysBalance({ kind }: Operation): boolean {
  return kind === 'create' || kind === 'update';
}

/** Whose balances it set. */
function sidesOf(
  { kind, account, toAccount }: Operation, result: Result | undefined,
): readonly number[] {
  switch (kind) {
    case 'create':
      return [result?.account ?? NaN];
    case 'update': case 'deposit': case 'withdraw':
      return [account ?? NaN];
    case 'transfer':
      return [account ?? NaN, toAccount ?? NaN];
    case 'capture': case 'reverse':
      return [result?.account ?? NaN, result?.toAccount ?? NaN];
    default:
      return [];
  }
}

/** `isAll`: of all that is left, which it does not say. */
function changeOf(
  { kind }: Operation, units: number, side: 0 | 1, isAll: boolean,
): number | undefined {
  switch (kind) {
    case 'create': case 'deposit':
      return units;
    case 'withdraw':
      return -units;
    case 'transfer':
      return side === 0 ? -units : units;
    case 'capture':
      return isAll ? undefined : side === 0 ? -units : units;
    case 'reverse':
      return isAll ? undefined : side === 0 ? units : -units;
    default:
      return undefined;
  }
}

function lineOf(
  { seq, index, timestamp, operation, balance, change, other }: Posting,
  before: number | undefined, text: (units: number) => string,
): StatementLine {
  const { kind, id, key, reference } = operation;
  const amount = before === undefined ? change : balance - before;
  return {
    seq, index, timestamp: utcText(timestamp), op: kind,
    amount: amount === undefined ? null : text(amount), balance: text(balance),
    ...(other === undefined ? {} : { other }),
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { key }),
    ...(reference === undefined ? {} : { reference }),
  };
}

function placed({ seq, timestamp }: Posting) {
  return { seq, timestamp };
}
