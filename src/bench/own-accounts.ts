/**
 * The accounts that a benchmark opened for itself, and what they must hold: it is told of every
 * answer, and compares them, one by one, with what the bank says in the end.
 *
 * Keeps true: accounts of others are not touched. Amounts are integers of hundredths.
 */
import { assert } from '../core/assert.ts';
import { formatAmount } from '../core/amount.ts';
import { DEFAULT_SCALE, RECORD_BYTES } from '../core/operation.ts';
import {
  CHUNK_OPERATIONS_MAX, decodeResult, encodeChunk, viewOf,
  type BulkOutcome, type Operation,
} from '../host/client.ts';
import type { AccountDraw } from './account-draw.ts';
import type { BenchClient } from './bench-client.ts';
import { BenchError } from './bench-error.ts';
import { TRANSFER_UNITS } from './transfer-chunk.ts';

/** What each holds at first: enough for a transfer to be refused never. */
export const OPENING_UNITS = 1_000_000_00;
/** Two for each account, to empty it and to close it. */
const CLOSED_AT_ONCE = Math.floor(CHUNK_OPERATIONS_MAX / 2);

/** What the check of the books found; it throws where they are wrong. */
export interface BooksReport {
  readonly accounts: number;
  /** Of all of them, as the bank told it, and as the answers make it. */
  readonly total: string;
  readonly expectedTotal: string;
}

export class OwnAccounts {
  /** By their index here. */
  readonly numbers: Uint32Array;
  readonly #units: Float64Array;
  /** Of the entry that set an account last, where one did since the last check. */
  readonly #setSeqs: Float64Array;
  /** Other values that were set in the same entry: which was the last is not told. */
  readonly #ties = new Map<number, number[]>();

  constructor(numbers: Uint32Array) {
    this.numbers = numbers;
    this.#units = new Float64Array(numbers.length).fill(OPENING_UNITS);
    this.#setSeqs = new Float64Array(numbers.length);
  }

  /** Opens so many. Throws BenchError. */
  static async open(client: BenchClient, count: number): Promise<OwnAccounts> {
    const numbers = new Uint32Array(count);
    const create: Operation = { kind: 'create', amount: OPENING_UNITS, scale: DEFAULT_SCALE };
    let creates: Uint8Array = new Uint8Array();
    for (let opened = 0; opened < count; opened += CHUNK_OPERATIONS_MAX) {
      const here = Math.min(CHUNK_OPERATIONS_MAX, count - opened);
      if (creates.byteLength !== (1 + here) * RECORD_BYTES) {
        creates = encodeChunk(0, 0, Array.from({ length: here }, () => create));
      }
      const results = resultsOf(await client.bulk(creates), 'accounts are opened');
      for (let at = 0; at < here; at += 1) {
        const { code, account } = decodeResult(results, at);
        if (code !== 'ok') throw wrong(`CREATE was answered ${code}`);
        numbers[opened + at] = account;
      }
    }
    return new OwnAccounts(numbers);
  }

  get count(): number {
    return this.numbers.length;
  }

  /** What the account of this index holds, in hundredths. */
  unitsOf(index: number): number {
    return this.#units[index] as number;
  }

  /** A transfer was done. */
  onMoved(from: number, to: number, units: number): void {
    this.#units[from] = this.unitsOf(from) - units;
    this.#units[to] = this.unitsOf(to) + units;
  }

  /** All transfers of a chunk that was drawn from this state were done. */
  onChunkMoved(draw: AccountDraw, state: number, pairs: Uint32Array): void {
    draw.refillPairs(pairs, state);
    for (let at = 0; at < pairs.length; at += 2) {
      this.onMoved(pairs[at] as number, pairs[at + 1] as number, TRANSFER_UNITS);
    }
  }

  /** An UPDATE of the entry `seq` was done: the last counts, in whatever order they are told. */
  onSet(index: number, units: number, seq: number): void {
    const known = this.#setSeqs[index] as number;
    if (seq < known) return;
    if (seq > known) {
      this.#setSeqs[index] = seq;
      this.#units[index] = units;
      this.#ties.delete(index);
      return;
    }
    const others = this.#ties.get(index);
    if (others === undefined) this.#ties.set(index, [units]);
    else others.push(units);
  }

  /** Compares them with the bank. Throws BenchError. */
  async check(client: BenchClient): Promise<BooksReport> {
    let total = 0;
    let expectedTotal = 0;
    let fault: string | undefined;
    for (let first = 0; first < this.count; first += CHUNK_OPERATIONS_MAX) {
      const here = Math.min(CHUNK_OPERATIONS_MAX, this.count - first);
      const queries = Array.from({ length: here }, (_, at): Operation => ({
        kind: 'query', account: this.#numberOf(first + at),
      }));
      const results = resultsOf(await client.bulk(queries), 'the books are read');
      for (let at = 0; at < here; at += 1) {
        const { code, account, balance } = decodeResult(results, at);
        const index = first + at;
        if (code !== 'ok' || account !== this.#numberOf(index)) {
          throw wrong(`QUERY ${this.#numberOf(index)} was answered ${code} of account ${account}`);
        }
        const isKnown = this.#settle(index, balance);
        if (!isKnown) fault ??= this.#sentence(index, balance);
        total += balance;
        expectedTotal += this.unitsOf(index);
      }
    }
    if (fault !== undefined) {
      const sums = `${text(total)} in all, where ${text(expectedTotal)} is right`;
      throw wrong(`${fault}; ${sums}`);
    }
    this.#setSeqs.fill(0);
    this.#ties.clear();
    return { accounts: this.count, total: text(total), expectedTotal: text(expectedTotal) };
  }

  /** Takes their money out and closes them: a bank that goes on has no use for them. */
  async close(client: BenchClient): Promise<void> {
    for (let first = 0; first < this.count; first += CLOSED_AT_ONCE) {
      const here = Math.min(CLOSED_AT_ONCE, this.count - first);
      const operations = Array.from({ length: here }, (_, at) => {
        const account = this.#numberOf(first + at);
        const empty: Operation = { kind: 'update', account, amount: 0, scale: DEFAULT_SCALE };
        return [empty, { kind: 'amend', account, terms: { closed: true } } as Operation];
      });
      resultsOf(await client.bulk(operations.flat()), 'the accounts are closed');
    }
  }

  /** Whether the balance is one that the answers allow; from now on it is the one. */
  #settle(index: number, balance: number): boolean {
    if (balance === this.unitsOf(index)) return true;
    if (this.#ties.get(index)?.includes(balance) !== true) return false;
    this.#units[index] = balance;
    return true;
  }

  #numberOf(index: number): number {
    const number = this.numbers[index];
    assert(number !== undefined, 'there is an account of this index');
    return number;
  }

  #sentence(index: number, balance: number): string {
    const expected = text(this.unitsOf(index));
    return `account ${this.#numberOf(index)} holds ${text(balance)}, and ${expected} is right`;
  }
}

function resultsOf(outcome: BulkOutcome, when: string): DataView {
  if (outcome.kind === 'answered') return viewOf(outcome.results);
  throw new BenchError('unreachable', `the bank does not answer while ${when}: ${outcome.detail}`);
}

function wrong(sentence: string): BenchError {
  return new BenchError('integrity', `the bank is wrong: ${sentence}`);
}

function text(units: number): string {
  return formatAmount(units, DEFAULT_SCALE);
}
