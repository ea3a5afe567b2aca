/**
 * Links of postings: each change of an account's balance leads back to the one before it, through
 * the journal (a backward chain as in the log of ARIES, Mohan et al. 1992, an account in the place
 * of a transaction). Statements follow them.
 *
 * A posting is one side of an operation: the account told first, or the other. The links of an
 * operation are two f64: where the posting before, of either account, stands; 0: there is none.
 */
import { assert } from './assert.ts';
import { RECORD_BYTES, BATCH_BYTES_MAX } from './operation.ts';

/** Of an operation: of the account told first, and of the other. */
export const LINKS_BYTES = 16;
export const LINK_NONE = 0;
const SIDES = 2;
/** Links of the largest batch: a power of two, so that a seq is shifted, exactly. */
const PLACES = (SIDES * BATCH_BYTES_MAX) / RECORD_BYTES;

/** Where a posting stands. */
export interface PostingPlace {
  readonly seq: number;
  /** Of its operation in the entry. */
  readonly index: number;
  /** 0: of the account told first. */
  readonly side: 0 | 1;
}

/** The links of an entry are this and the place of each: twice its index, and its side. */
export function firstLinkOf(seq: number): number {
  const link = seq * PLACES;
  assert(Number.isSafeInteger(link + PLACES), 'a link is exact');
  return link;
}

export function linkOf({ seq, index, side }: PostingPlace): number {
  return firstLinkOf(seq) + SIDES * index + side;
}

/** Undefined where the number is no link, or LINK_NONE. */
export function readLink(link: number): PostingPlace | undefined {
  if (!(Number.isSafeInteger(link) && link >= PLACES)) return undefined;
  const place = link % PLACES;
  const side = place % SIDES === 0 ? 0 : 1;
  return { seq: Math.floor(link / PLACES), index: Math.floor(place / SIDES), side };
}
