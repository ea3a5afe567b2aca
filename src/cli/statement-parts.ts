/** What STATEMENT takes besides the account: which lines, how many of them, and in what form. */
import type { Position } from '../core/history-page.ts';
import type { Timestamp } from '../core/ids.ts';
import type { Moment } from '../core/moment.ts';
import { readUtc } from '../core/utc-text.ts';
import type { Option } from './command-parts.ts';
import { quote } from './quote.ts';

export interface StatementParts {
  readonly from?: Moment;
  readonly to?: Moment;
  readonly lines?: number;
  readonly after?: Position;
  readonly form?: 'csv' | 'json';
}

/** Lines that are shown where nothing is said. */
export const LINES_SHOWN = 20;
const LINES_MAX = 1_000_000_000;

const FROM_MOMENT: Option = {
  word: '--from', value: 'moment', read: (text) => named(readMoment(text), 'from'),
};
const TO_MOMENT: Option = {
  word: '--to', value: 'moment', read: (text) => named(readMoment(text), 'to'),
};
const LINES: Option = { word: '--limit', value: 'N', read: readLines };
const AFTER_LINE: Option = { word: '--after', value: 'seq.index', read: readAfter };
const CSV: Option = { word: '--csv', read: () => ({ form: 'csv' }) };
const JSON_FORM: Option = { word: '--json', read: () => ({ form: 'json' }) };

export const STATEMENT_OPTIONS: readonly Option[] = [
  FROM_MOMENT, TO_MOMENT, LINES, AFTER_LINE, CSV, JSON_FORM,
];

/** Of a part of the time all lines, else the last ones. */
export function linesOf({ from, to, lines, form }: StatementParts): number | undefined {
  const isBounded = from !== undefined || to !== undefined || form === 'csv';
  return lines ?? (isBounded ? undefined : LINES_SHOWN);
}

/** As far as it can be told: a seq and a time do not compare. */
export function isBackwards({ from, to }: StatementParts): boolean {
  if (from === undefined || to === undefined) return false;
  if ('seq' in from && 'seq' in to) return to.seq < from.seq;
  return 'time' in from && 'time' in to && to.time < from.time;
}

function named(
  moment: Moment | string, name: 'from' | 'to',
): StatementParts | string {
  return typeof moment === 'string' ? moment : { [name]: moment };
}

/** A seq, or a time. */
function readMoment(text: string): Moment | string {
  if (/^[0-9]{1,15}$/.test(text)) return { seq: Number(text) };
  const time = readUtc(text);
  if (time !== undefined) return { time: time as Timestamp };
  return `${quote(text)} is neither a seq nor a time such as 2026-11-01T09:30:00Z or 2026-11-01`;
}

function readLines(text: string): StatementParts | string {
  const lines = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (lines >= 1 && lines <= LINES_MAX) return { lines };
  return `${quote(text)} is not a number of lines from 1 to ${LINES_MAX}`;
}

function readAfter(text: string): StatementParts | string {
  const [, seq, index] = /^([0-9]{1,15})\.([0-9]{1,9})$/.exec(text) ?? [];
  if (seq !== undefined) return { after: { seq: Number(seq), index: Number(index) } };
  return `${quote(text)} is not a line such as 17.3, its seq and its index`;
}
