/**
 * A moment of the history: the state is asked for that everything up to it, and nothing later, has
 * made.
 */
import type { Timestamp } from './ids.ts';
import { readI64, writeI64 } from './record.ts';

/**
 * Behind the entry of this seq (0: before everything), or behind the last entry that is not later
 * than this time.
 */
export type Moment = { readonly seq: number } | { readonly time: Timestamp };

/** The code of an operation that has moments: which of them are times; the others are seqs. */
const FROM_IS_TIME = 1;
const TO_IS_TIME = 2;
/** Where they stand in its record, an i64 each; 0: there is none. */
const FROM_AT = 32;
const TO_AT = 40;

/** From which one on, and up to which one: both included. */
export interface Span {
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
}

/** Whether the moment of something in the history is behind this one. */
export function isBehind(moment: Moment, { seq, timestamp }: Placed): boolean {
  return 'time' in moment ? timestamp > moment.time : seq > moment.seq;
}

export function isBefore(moment: Moment, { seq, timestamp }: Placed): boolean {
  return 'time' in moment ? timestamp < moment.time : seq < moment.seq;
}

interface Placed {
  readonly seq: number;
  readonly timestamp: number;
}

/** Into a record whose code and id are not used for anything else. */
export function writeSpan(record: DataView, { from, to }: Span): void {
  const code = (isTime(from) ? FROM_IS_TIME : 0) + (isTime(to) ? TO_IS_TIME : 0);
  record.setUint32(4, code, true);
  writeI64(record, FROM_AT, valueOf(from));
  writeI64(record, TO_AT, valueOf(to));
}

/** Undefined where they make no sense. */
export function readSpan(record: DataView): Span | undefined {
  const code = record.getUint32(4, true);
  const [from, to] = [readI64(record, FROM_AT), readI64(record, TO_AT)];
  if (code > FROM_IS_TIME + TO_IS_TIME || !(from >= 0) || !(to >= 0)) return undefined;
  return {
    from: momentOf(from, (code & FROM_IS_TIME) !== 0),
    to: momentOf(to, (code & TO_IS_TIME) !== 0),
  };
}

function isTime(moment: Moment | undefined): boolean {
  return moment !== undefined && 'time' in moment;
}

function valueOf(moment: Moment | undefined): number {
  if (moment === undefined) return 0;
  return 'time' in moment ? moment.time : moment.seq;
}

function momentOf(value: number, isOfTime: boolean): Moment | undefined {
  if (value === 0) return undefined;
  return isOfTime ? { time: value as Timestamp } : { seq: value };
}
