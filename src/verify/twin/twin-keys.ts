/**
 * The idempotency keys of the twin, by their text: what each was used for, and where it was first
 * answered. The newest `keysMax` are kept, and a checkpoint has their records, from the first of a
 * page of 1,024 on.
 *
 * The hashes and the links of a checkpoint's records are computed only to be compared.
 */
import { KIND } from '../../core/operation.ts';
import { sha256 } from '../../core/hash.ts';
import { spell } from './amounts.ts';
import { isFollowUp, isMovement, type TwinOperation } from './twin-records.ts';
import type { Place } from './twin-sessions.ts';
import { TwinTable } from './twin-table.ts';
import type { TwinTerms } from './twin-terms.ts';

const [CONTENT, SEQ, INDEX, SEALED] = [3, 4, 5, 6];
const KEYS_PER_BUCKET = 4;
const KEYS_PER_PAGE = 1024;

export interface KeyUse extends Place {
  /** What the key was used for, as a hash; 0 where it is sealed. */
  readonly content: number;
  readonly sealed: boolean;
}

export class TwinKeys {
  readonly table: TwinTable = new TwinTable('keys', [
    'hash, bits 0 to 51', 'hash, bits 52 to 103', 'hash, bits 104 to 127', 'content', 'seq',
    'index', 'sealed', 'link',
  ]);
  readonly #buckets: number;
  /** Position of each kept key, and the key at each position. */
  readonly #positionOf = new Map<string, number>();
  readonly #keyAt = new Map<number, string>();
  /** Position of each bucket's newest key. */
  readonly #newestOf = new Map<number, number>();
  #keysMax: number;
  /** Positions of the oldest kept key, of the oldest that has a record, and of the next key. */
  #first = 1;
  #firstRecord = 1;
  #next = 1;

  /** So many are kept at first. */
  constructor(keysMax: number) {
    this.#keysMax = keysMax;
    this.#buckets = 2 ** Math.ceil(Math.log2(Math.max(1, keysMax / KEYS_PER_BUCKET)));
  }

  get keysMax(): number {
    return this.#keysMax;
  }

  get first(): number {
    return this.#first;
  }

  /** The position that the next key will get. */
  get next(): number {
    return this.#next;
  }

  get hasForgotten(): boolean {
    return this.#first > 1;
  }

  /** So many from now on. */
  remember(keysMax: number): void {
    this.#keysMax = keysMax;
    while (this.#next - this.#first > keysMax) this.#forgetOldest();
  }

  find(key: string): KeyUse | undefined {
    const position = this.#positionOf.get(key);
    if (position === undefined) return undefined;
    const record = position - this.#firstRecord;
    const field = (name: number) => this.table.get(record, name);
    return {
      content: field(CONTENT), seq: field(SEQ), index: field(INDEX), sealed: field(SEALED) === 1,
    };
  }

  /** A key that `find` does not find. */
  add(key: string, { content, seq, index, sealed }: KeyUse): void {
    while (this.#next - this.#first >= this.#keysMax) this.#forgetOldest();
    const [high, middle, low] = hashParts(key);
    const bucket = high % this.#buckets;
    const newest = this.#newestOf.get(bucket) ?? 0;
    const link = newest < this.#first ? 0 : newest;
    this.table.append([high, middle, low, content, seq, index, sealed ? 1 : 0, link]);
    this.#keyAt.set(this.#next, key);
    this.#positionOf.set(key, this.#next);
    this.#newestOf.set(bucket, this.#next);
    this.#next += 1;
  }

  #forgetOldest(): void {
    this.#positionOf.delete(this.#keyAt.get(this.#first) ?? '');
    this.#keyAt.delete(this.#first);
    this.#first += 1;
    if (this.#first - this.#firstRecord < KEYS_PER_PAGE) return;
    this.#firstRecord += KEYS_PER_PAGE;
    this.table.dropFirst(KEYS_PER_PAGE);
  }
}

/** 128 bits of SHA-256: 52, 52 and 24. */
function hashParts(key: string): readonly [number, number, number] {
  const digits = sha256(key);
  const part = (from: number, to: number) => Number.parseInt(digits.slice(from, to), 16);
  return [part(0, 13), part(13, 26), part(26, 32)];
}

/** 52 bits of what a well-formed write asks for, however many zeros its amounts end with. */
export function contentOf(operation: TwinOperation): number {
  const { kind, account, toAccount, amount, scale, terms, code, id, reference } = operation;
  const one = kind === KIND.create || isFollowUp(kind) ? 0n : account;
  const other = kind === KIND.transfer || kind === KIND.hold ? toAccount : 0n;
  const sum = kind === KIND.amend ? spell(0n, 0) : spell(amount, scale);
  const isBare = !isMovement(operation) || (code === 0 && id === '');
  const words = [
    kind, one, other, sum, ...(terms === undefined ? [] : wordsOf(terms)),
    ...(isBare ? [] : [code, id]),
  ];
  const lines = [words.join(' '), ...(reference === undefined ? [] : [reference])];
  return Number.parseInt(sha256(lines.join('\n')).slice(0, 13), 16);
}

/** Of a whole group, in its order. */
export function contentOfGroup(operations: readonly TwinOperation[]): number {
  const words = ['group', ...operations.map(contentOf)];
  return Number.parseInt(sha256(words.join(' ')).slice(0, 13), 16);
}

function wordsOf(terms: TwinTerms): readonly (string | number | bigint)[] {
  const { given, digits, currency = 0, name = '', ifVersion = 0n, ifBalance } = terms;
  return [
    given, currency, terms.frozen || terms.closed ? 1 : 0,
    spell(terms.floor ?? 0n, digits), spell(terms.ceiling ?? 0n, digits),
    ifBalance === undefined ? ifVersion : spell(ifBalance, digits), name,
  ];
}
