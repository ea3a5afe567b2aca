/**
 * A number for each account that is known, in typed arrays, so that ten million take what their
 * numbers take, and growing copies nothing.
 */
import { FIRST_ACCOUNT } from '../core/ids.ts';

const PAGE_BITS = 16;
const PAGE_LENGTH = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_LENGTH - 1;

export class AccountColumn {
  readonly #pages: Float64Array[] = [];
  readonly #blank: number;

  /** What it says of an account that nothing was said of. */
  constructor(blank: number) {
    this.#blank = blank;
  }

  get(account: number): number {
    const at = account - FIRST_ACCOUNT;
    const page = this.#pages[Math.floor(at / PAGE_LENGTH)];
    return page === undefined ? this.#blank : page[at & PAGE_MASK] as number;
  }

  /** The account is one that the bank has. */
  set(account: number, value: number): void {
    const at = account - FIRST_ACCOUNT;
    (this.#pages[Math.floor(at / PAGE_LENGTH)] ?? this.#grow(at))[at & PAGE_MASK] = value;
  }

  #grow(at: number): Float64Array {
    const number = Math.floor(at / PAGE_LENGTH);
    const page = new Float64Array(PAGE_LENGTH).fill(this.#blank);
    this.#pages[number] = page;
    return page;
  }
}
