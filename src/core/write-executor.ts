/**
 * Executes writes that are not plain: whether all that stands in their records makes sense, and
 * their keys; and tells details of what was written.
 *
 * Keeps true: what is malformed is so whatever was done before under its key; under a key one write
 * runs, once, and its repetition learns where the first answer stands.
 */
import type { AccountOperations } from './account-operations.ts';
import { mayHave } from './account-rules.ts';
import { type Content, hashContent, hashKeyAt } from './idempotency-key.ts';
import type { Seq, Timestamp } from './ids.ts';
import type { KeyTable } from './key-table.ts';
import { isMovement } from './movement-id.ts';
import { readMovement } from './movement-rules.ts';
import {
  CODE, extensionAt, FLAG_ID, FLAG_KEY, FLAG_REFERENCE, FLAG_TERMS, isWrite, KIND, readI64, REASON,
  RESULT_BYTES,
} from './operation.ts';
import { mayHaveReference, readReference } from './reference.ts';
import {
  writeBadRequest, writeCode, writeDetailsElsewhere, writeDuplicate,
} from './result-writer.ts';
import { readTerms, type ReadTerms } from './terms.ts';

/** The entry that is executed. */
interface Moment {
  readonly seq: Seq;
  readonly timestamp: Timestamp;
}

export class WriteExecutor {
  readonly #accounts: AccountOperations;
  readonly #keys: KeyTable;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));
  #moment: Moment = { seq: 0 as Seq, timestamp: 0 as Timestamp };

  constructor(accounts: AccountOperations, keys: KeyTable) {
    this.#accounts = accounts;
    this.#keys = keys;
  }

  /** What the calls that follow read and write. */
  begin(batch: DataView, results: DataView, moment: Moment): void {
    this.#batch = batch;
    this.#results = results;
    this.#moment = moment;
  }

  /** The write at `at`, whose extensions are all there and of known flags. */
  execute(at: number, index: number, kind: number): void {
    const flags = this.#batch.getUint8(at + 1);
    const reference = this.#referenceAt(at, kind);
    if (reference === undefined) return this.#refuseMalformed(index, kind);
    if (isMovement(kind, flags)) return this.#executeMovement(at, index, kind, reference);
    if ((flags & FLAG_ID) !== 0) return this.#refuseMalformed(index, kind);
    const terms = this.#termsAt(at, kind);
    if (terms === 'malformed') return this.#refuseMalformed(index, kind);
    const execute = (): void => this.#accounts.executeUnder(terms, at, index * RESULT_BYTES);
    if ((flags & FLAG_KEY) === 0) return execute();
    this.#executeKeyed(at, index, kind, this.#contentAt(at, kind, terms, reference), execute);
  }

  /** Details of the operation before it in its chunk, where that is a write that was done. */
  executeDetails(index: number, isFirst: boolean): void {
    const results = this.#results;
    const [writeAt, at] = [(index - 1) * RESULT_BYTES, index * RESULT_BYTES];
    const code = !isFirst && isWrite(results.getUint8(writeAt + 1)) && results.getUint8(writeAt);
    if (code === CODE.ok) return this.#accounts.tellDetails(writeAt, at);
    if (code !== CODE.duplicate) return writeCode(results, at, CODE.neverHappened, KIND.details);
    const [seq, first] = [readI64(results, writeAt + 8), readI64(results, writeAt + 16)];
    writeDetailsElsewhere(results, at, { seq, index: first });
  }

  /** The posting at `at`, which has no id; its key, if it has one, is its group's. */
  executePosting(at: number, index: number): void {
    const kind = this.#batch.getUint8(at);
    const terms = this.#termsAt(at, kind);
    const reference = this.#referenceAt(at, kind);
    const isMalformed = terms === 'malformed' || reference === undefined;
    if (isMalformed) return this.#refuseMalformed(index, kind);
    this.#accounts.executeUnder(terms, at, index * RESULT_BYTES);
  }

  /** What the posting at `at`, which has no id, asks for; undefined where it is malformed. */
  hashPosting(at: number): number | undefined {
    const kind = this.#batch.getUint8(at);
    const terms = this.#termsAt(at, kind);
    const reference = this.#referenceAt(at, kind);
    if (terms === 'malformed' || reference === undefined) return undefined;
    const content = this.#contentAt(at, kind, terms, reference);
    return content === undefined ? undefined : hashContent(content);
  }

  #termsAt(at: number, kind: number): ReadTerms | undefined | 'malformed' {
    const flags = this.#batch.getUint8(at + 1);
    if ((flags & FLAG_TERMS) === 0) return mayHave(kind, undefined) ? undefined : 'malformed';
    const terms = readTerms(this.#batch, extensionAt(at, flags, FLAG_TERMS));
    return terms !== undefined && mayHave(kind, terms) ? terms : 'malformed';
  }

  #executeMovement(at: number, index: number, kind: number, reference: string): void {
    const flags = this.#batch.getUint8(at + 1);
    const asked = readMovement(this.#batch, at);
    const hasTerms = (flags & FLAG_TERMS) !== 0;
    if (asked === undefined || hasTerms) return this.#refuseMalformed(index, kind);
    const place = { ...this.#moment, index };
    const execute = (): void =>
      this.#accounts.executeMovement(asked, place, at, index * RESULT_BYTES);
    if ((flags & FLAG_KEY) === 0) return execute();
    const { id, code, from: account, to: toAccount, amount, digits: scale } = asked;
    const content = {
      kind, account, toAccount, amount, scale, terms: undefined, reference, id, code,
    };
    this.#executeKeyed(at, index, kind, content, execute);
  }

  /**
   * A write under a key: executed if the key is new, and then recorded, refusals of the bank
   * included. What it asks for is undefined where it is malformed.
   */
  #executeKeyed(
    at: number, index: number, kind: number, asked: Content | undefined, execute: () => void,
  ): void {
    const resultAt = index * RESULT_BYTES;
    const hash = hashKeyAt(this.#batch, extensionAt(at, FLAG_KEY, FLAG_KEY));
    if (hash === undefined || asked === undefined) return this.#refuseMalformed(index, kind);
    const content = hashContent(asked);
    const use = this.#keys.find(hash);
    if (use !== undefined) {
      const same = !use.sealed && use.content === content;
      if (same) writeDuplicate(this.#results, resultAt, kind, use);
      else writeCode(this.#results, resultAt, CODE.keyReused, kind);
      return;
    }
    execute();
    if (this.#results.getUint8(resultAt) === CODE.badRequest) return;
    this.#keys.add(hash, { content, seq: this.#moment.seq, index, sealed: false });
  }

  /** What the write at `at` asks for; undefined where a field that it uses is out of range. */
  #contentAt(
    at: number, kind: number, terms: ReadTerms | undefined, reference: string,
  ): Content | undefined {
    const account = kind === KIND.create ? 0 : readI64(this.#batch, at + 8);
    const toAccount = kind === KIND.transfer ? readI64(this.#batch, at + 16) : 0;
    const amount = kind === KIND.amend ? 0 : readI64(this.#batch, at + 24);
    if (Number.isNaN(account) || Number.isNaN(toAccount) || !(amount >= 0)) return undefined;
    const scale = kind === KIND.amend ? 0 : this.#batch.getUint8(at + 2);
    return { kind, account, toAccount, amount, scale, terms, reference, id: '', code: 0 };
  }

  /** Empty where it has none; undefined where what stands there is none, or of no such kind. */
  #referenceAt(at: number, kind: number): string | undefined {
    const flags = this.#batch.getUint8(at + 1);
    if ((flags & FLAG_REFERENCE) === 0) return '';
    if (!mayHaveReference(kind)) return undefined;
    return readReference(this.#batch, extensionAt(at, flags, FLAG_REFERENCE));
  }

  #refuseMalformed(index: number, kind: number): void {
    writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.malformed);
  }
}
