/**
 * Postings as rows: each movement of money is two, which sum to zero (double entry). What enters
 * or leaves the bank has the system account of its currency on the other side.
 */
import { formatAmount } from '../core/amount.ts';
import { currencyCode, scaleOf } from '../core/currency.ts';
import type { HistoryCursor } from '../core/history-cursor.ts';
import { KIND, type Kind } from '../core/operation.ts';
import { formatRequestId } from '../core/request-id.ts';
import { decodeOperation } from '../core/spell-operation.ts';
import type { Books } from './books.ts';
import type { TimeText } from './time-text.ts';

/** Amounts in the smallest unit. */
export interface Posting {
  readonly account: number;
  readonly amount: number;
  /** After it; NaN of a system account. */
  readonly balance: number;
}

/** What both rows of a movement have in common. */
export interface Movement {
  readonly seq: number;
  readonly index: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  readonly op: Kind;
  readonly request: string;
  readonly group: string | null;
  readonly key: string | null;
  readonly id: string | null;
  readonly reference: string | null;
  readonly currency: number;
  readonly postings: readonly [Posting, Posting];
}

export interface PostingRow {
  readonly seq: number;
  readonly index: number;
  readonly timestamp: string;
  readonly op: string;
  readonly request: string;
  readonly group: string | null;
  readonly key: string | null;
  readonly id: string | null;
  readonly reference: string | null;
  /** 0 and below: the system account of the currency. */
  readonly account: number;
  readonly currency: string | null;
  /** Below zero: out of the account. */
  readonly amount: string;
  /** Of the account after it; null of a system account. */
  readonly balance: string | null;
}

export const POSTING_FIELDS = [
  'seq', 'index', 'timestamp', 'op', 'request', 'group', 'key', 'id', 'reference', 'account',
  'currency', 'amount', 'balance',
] as const satisfies readonly (keyof PostingRow)[];

const NAMES: (Kind | undefined)[] = [];
for (const [name, kind] of Object.entries(KIND)) NAMES[kind] = name as Kind;

/** Of the operation that the books were just told; undefined where it moved nothing. */
export function readMovement(books: Books, cursor: HistoryCursor): Movement | undefined {
  const { units, from, to } = books;
  if (Number.isNaN(units)) return undefined;
  const { view, recordAt, seq, index, timestamp, session, request, group } = cursor;
  const isPlain = view.getUint8(recordAt + 1) === 0;
  const operation = isPlain ? undefined : decodeOperation(view, recordAt)?.operation;
  const { key = null, id = null, reference = null } = operation ?? {};
  return {
    seq, index, timestamp, op: NAMES[view.getUint8(recordAt)] as Kind,
    request: formatRequestId(session, request),
    group: group < 0 ? null : formatRequestId(session, group),
    key, id, reference, currency: books.currency,
    postings: [
      { account: from, amount: -units, balance: books.fromBalance },
      { account: to, amount: units, balance: books.toBalance },
    ],
  };
}

export function rowsOf(movement: Movement, times: TimeText): readonly PostingRow[] {
  const { seq, index, op, request, group, key, id, reference, currency } = movement;
  const scale = scaleOf(currency);
  const timestamp = times.of(movement.timestamp);
  const code = currencyCode(currency) ?? null;
  return movement.postings.map(({ account, amount, balance }) => ({
    seq, index, timestamp, op, request, group, key, id, reference, account, currency: code,
    amount: formatAmount(amount === 0 ? 0 : amount, scale),
    balance: Number.isNaN(balance) ? null : formatAmount(balance, scale),
  }));
}
