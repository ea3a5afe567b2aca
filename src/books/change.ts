/**
 * Changes: what the history tells of each operation that changed something, in the words of the
 * answers that `bankd client --json` gives.
 *
 * Keeps true: what there is to know of a change without what was before it is always told, so that
 * it does not matter where a feed began. Only the amount of an UPDATE, and of a CAPTURE or REVERSE
 * of all that is left, is the difference of two balances: it is told where the one before was.
 */
import { formatAmount } from '../core/amount.ts';
import type { HistoryCursor } from '../core/history-cursor.ts';
import { readItem, type HistoryItem, type Position } from '../core/history-page.ts';
import { SESSION_NONE } from '../core/ids.ts';
import { ALL_THAT_IS_LEFT, CODE, type Kind, type Operation } from '../core/operation.ts';
import { formatRequestId } from '../core/request-id.ts';
import { utcText } from '../core/utc-text.ts';
import { AccountColumn } from './account-column.ts';
import { TimeText } from './time-text.ts';

const MICROSECONDS = 1e6;

/** Amounts are decimals with as many digits as the account's currency has. */
export interface Change extends Position {
  /** ISO 8601, to the microsecond. */
  readonly timestamp: string;
  readonly op: ChangeKind;
  /** Under which OUTCOME tells of it. */
  readonly request: string;
  /** Of an operation of a group: the request that its first operation was. */
  readonly group?: string;
  readonly key?: string;
  /** Of a movement: the user's own, or the one that the bank gave. */
  readonly id?: string;
  /** What the user said of it. */
  readonly reference?: string;
  readonly account: number;
  readonly balance: string;
  readonly toAccount?: number;
  readonly toBalance?: string;
  /** Moved, or held. Of an UPDATE what it added, below zero where the balance fell. */
  readonly amount?: string;
  /** Of the account, modulo 2^32. */
  readonly version: number;
  /** Of a HOLD; null: it holds until it is settled. */
  readonly expiresAt?: string | null;
  readonly name?: string;
  readonly currency?: string;
  readonly floor?: string;
  readonly ceiling?: string;
  readonly frozen?: boolean;
  readonly closed?: boolean;
}

export type ChangeKind = Extract<
  Kind,
  | 'create' | 'update' | 'deposit' | 'withdraw' | 'transfer' | 'amend'
  | 'hold' | 'capture' | 'void' | 'reverse'
>;

const CHANGES: ReadonlySet<string> = new Set<ChangeKind>([
  'create', 'update', 'deposit', 'withdraw', 'transfer', 'amend', 'hold', 'capture', 'void',
  'reverse',
]);

export class ChangeReader {
  /** What each account was last told to hold; NaN where it was not. */
  readonly #known = new AccountColumn(NaN);
  readonly #times = new TimeText();

  /** Of the operation that the cursor is at; undefined where it changed nothing. */
  read(cursor: HistoryCursor): Change | undefined {
    const { session, recordAt, resultAt, view } = cursor;
    if (session === SESSION_NONE || recordAt < 0) return undefined;
    if (view.getUint8(resultAt) !== CODE.ok) return undefined;
    const item = readItem(cursor);
    const { operation } = item;
    if (operation === undefined || !CHANGES.has(operation.kind)) return undefined;
    const isAll = view.getUint32(recordAt + 4, true) === ALL_THAT_IS_LEFT;
    return this.#describe(item, operation, isAll);
  }

  #describe(item: HistoryItem, operation: Operation, isAll: boolean): Change {
    const { seq, index, timestamp, session, request, group, result } = item;
    const { account, scale } = result;
    const kind = operation.kind as ChangeKind;
    const isBetween = kind === 'transfer' || kind === 'hold';
    const toAccount = isBetween ? operation.toAccount : result.toAccount;
    const hasTwo = toAccount !== undefined && kind !== 'hold';
    const units = this.#unitsOf(item, operation, isAll);
    const id = operation.id ?? (kind === 'hold' ? `${seq}.${index}` : undefined);
    this.#known.set(account, result.balance);
    if (hasTwo) this.#known.set(toAccount, result.toBalance);
    return {
      seq, index, timestamp: this.#times.of(timestamp), op: kind,
      request: formatRequestId(session, request),
      ...(group === undefined ? {} : { group: formatRequestId(session, group) }),
      ...(operation.key === undefined ? {} : { key: operation.key }),
      ...(id === undefined ? {} : { id }),
      ...(operation.reference === undefined ? {} : { reference: operation.reference }),
      account, balance: formatAmount(result.balance, scale),
      ...(toAccount === undefined ? {} : { toAccount }),
      ...(hasTwo ? { toBalance: formatAmount(result.toBalance, scale) } : {}),
      ...(units === undefined ? {} : { amount: formatAmount(units, scale) }),
      version: result.detail,
      ...(kind === 'hold' ? { expiresAt: expiryOf(timestamp, operation) } : {}),
      ...describeTerms(operation, scale),
    };
  }

  /** In the smallest unit; undefined where there is none, or only the balance before tells it. */
  #unitsOf(
    { result }: HistoryItem, operation: Operation, isAll: boolean,
  ): number | undefined {
    const { kind, amount = 0, scale = 0 } = operation;
    const difference = result.balance - this.#known.get(result.account);
    const known = Number.isNaN(difference) ? undefined : difference;
    switch (kind) {
      case 'amend':
      case 'void':
        return undefined;
      case 'update':
        return known;
      case 'capture':
        if (isAll) return known === undefined ? undefined : -known;
        break;
      case 'reverse':
        if (isAll) return known;
        break;
    }
    return amount * 10 ** (result.scale - scale);
  }
}

function expiryOf(timestamp: number, { forSeconds }: Operation): string | null {
  return forSeconds === undefined ? null : utcText(timestamp + forSeconds * MICROSECONDS);
}

/** What CREATE and AMEND say beside an amount; conditions are no part of a change. */
function describeTerms(
  { kind, terms }: Operation, scale: number,
): Pick<Change, 'name' | 'currency' | 'floor' | 'ceiling' | 'frozen' | 'closed'> {
  if (terms === undefined || (kind !== 'create' && kind !== 'amend')) return {};
  const { name, currency, floor, ceiling, frozen, closed } = terms;
  const text = (limit: number): string =>
    formatAmount(limit * 10 ** (scale - (terms.scale ?? 0)), scale);
  return {
    ...(name === undefined ? {} : { name }),
    ...(currency === undefined ? {} : { currency }),
    ...(floor === undefined ? {} : { floor: text(floor) }),
    ...(ceiling === undefined ? {} : { ceiling: text(ceiling) }),
    ...(frozen === undefined ? {} : { frozen }),
    ...(closed === undefined ? {} : { closed }),
  };
}
