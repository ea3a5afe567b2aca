/**
 * AT at the end of a command: which moment of the past it asks about.
 *
 *     TRIAL AT SEQ 17
 *     TRIAL AT 2026-11-01T09:30:00Z
 *     TRIAL AT 2026-11-01             its first instant
 *
 * Times are UTC where they name no zone. What happened at that very microsecond is seen.
 */
import type { Timestamp } from '../core/ids.ts';
import type { Moment } from '../core/moment.ts';
import { readUtc } from '../core/utc-text.ts';
import { quote } from './quote.ts';

/** How it is shown in the usage. */
export const AT_USAGE = 'AT SEQ n | AT time';
const FORMS = 'AT takes SEQ n, or a time such as 2026-11-01T09:30:00Z or 2026-11-01';

/** The moment, or what is wrong; `next` gives the words behind AT one by one. */
export function readAt(next: () => string | undefined): Moment | string {
  const word = next();
  if (word === undefined) return FORMS;
  if (word.toLowerCase() !== 'seq') return readTime(word);
  const text = next();
  return text === undefined ? FORMS : readSeq(text);
}

function readSeq(text: string): Moment | string {
  const seq = /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
  return seq === undefined ? `AT SEQ: ${quote(text)} is not a seq` : { seq };
}

/** A date and a time in one word, or in double quotes with a blank between them. */
function readTime(text: string): Moment | string {
  const time = readUtc(text);
  if (time === undefined) return `${quote(text)} is not a time; ${FORMS}`;
  return { time: time as Timestamp };
}
