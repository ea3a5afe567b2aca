/**
 * Looks for the head of a history that was noted before (`bankd status --json`) among the entries
 * of a journal. Pure.
 *
 * As every hash chains all before it, the entry with that hash proves the whole history up to it:
 * no entry was changed, left out, put in or moved (linked timestamping, Haber and Stornetta 1991).
 */
export interface ExpectedHead {
  readonly hash: string;
  /** Where it stood; undefined where only the hash was noted. */
  readonly seq: number | undefined;
}

export interface HeadAnswer {
  readonly found: boolean;
  /** Goes on after the directory's name. */
  readonly sentence: string;
}

export class HeadSearch {
  readonly #expected: ExpectedHead;
  #foundAt: number | undefined;
  /** The hash of the entry at the expected seq. */
  #there: string | undefined;

  constructor(expected: ExpectedHead) {
    this.#expected = expected;
  }

  /** The next entry, which was found right. */
  see(seq: number, hash: string): void {
    if (hash === this.#expected.hash) this.#foundAt = seq;
    if (seq === this.#expected.seq) this.#there = hash;
  }

  /** After all of them, of which the last right one is `lastSeq`. */
  answer(lastSeq: number): HeadAnswer {
    const { seq } = this.#expected;
    const foundAt = this.#foundAt;
    if (foundAt !== undefined && (seq === undefined || seq === foundAt)) {
      const sentence = 'contains the history that ended in this head, ';
      return { found: true, sentence: `${sentence}at entry ${foundAt} of ${lastSeq}` };
    }
    return { found: false, sentence: `does not contain the head: ${this.#whyNot(lastSeq)}` };
  }

  #whyNot(lastSeq: number): string {
    const { seq } = this.#expected;
    if (this.#foundAt !== undefined) {
      return `its hash is that of entry ${this.#foundAt}, not ${seq}`;
    }
    if (seq === undefined) {
      return `none of the entries 1 to ${lastSeq} has this hash; something in them was changed, `
        + 'left out or moved, or they end before it';
    }
    if (this.#there === undefined) return `it ends with entry ${lastSeq}, before entry ${seq}`;
    return `entry ${seq} has the hash ${this.#there}; something in the entries 1 to ${seq} `
      + 'was changed, left out or moved';
  }
}
