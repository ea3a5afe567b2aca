/** A moment of the past as callers of the client library name it. */
import type { Timestamp } from '../core/ids.ts';
import type { Moment } from '../core/moment.ts';
import { readUtc } from '../core/utc-text.ts';

/** The text of a time is UTC where it names no zone; a date alone is its first instant. */
export type AskedMoment = Moment | { readonly time: string | Date };

/** Or what is wrong with it. */
export function readMoment(asked: AskedMoment): Moment | string {
  if ('seq' in asked) {
    const isSeq = Number.isSafeInteger(asked.seq) && asked.seq >= 0;
    return isSeq ? asked : `${asked.seq} is not a seq`;
  }
  const { time } = asked;
  const microseconds = typeof time === 'number' ? time
    : typeof time === 'string' ? readUtc(time) : time.getTime() * 1_000;
  const isTime = Number.isSafeInteger(microseconds) && (microseconds ?? NaN) >= 0;
  if (isTime) return { time: microseconds as Timestamp };
  return `${String(time)} is not a time such as 2026-11-01T09:30:00Z`;
}
