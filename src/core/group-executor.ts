/**
 * Executes groups: chunks whose operations are all done, each seeing those before it, or none.
 *
 * Keeps true: a group of which one operation is refused leaves nothing behind; that operation tells
 * why, and each other that it was refused with it, and with which. Only postings can be in a group,
 * and details of each right behind it, which do not count.
 * A key that stands with the first of them is that of the whole group: the same group under it runs
 * once, and its first answers, refusals too, are all that there ever is. Whether somebody asks for
 * details makes it no other group.
 */
import type { AccountOperations } from './account-operations.ts';
import { kindAt, nextAfter } from './chunk-records.ts';
import { hashGroup, hashKeyAt } from './idempotency-key.ts';
import type { Seq } from './ids.ts';
import type { KeyTable, KeyUse } from './key-table.ts';
import {
  type ChunkHeader, CODE, extensionAt, FLAG_KEY, FLAG_REFERENCE, FLAG_TERMS, GROUP_OPERATIONS_MAX,
  KIND, REASON, RECORD_BYTES, RESULT_BYTES,
} from './operation.ts';
import {
  type CodeByte, writeBadRequest, writeCode, writeDetailsElsewhere, writeDuplicate,
} from './result-writer.ts';
import type { WriteExecutor } from './write-executor.ts';

/** Where one of the operations stands. */
interface Place {
  readonly at: number;
  /** Of its chunk. */
  readonly end: number;
  /** Of its result. */
  readonly index: number;
  /** Which of the group it is, from 0; details have the number of the one before them. */
  readonly number: number;
  /** Of the posting right before it. */
  readonly isDetails: boolean;
}

const POSTING_FLAGS = FLAG_TERMS | FLAG_REFERENCE;

export class GroupExecutor {
  readonly #accounts: AccountOperations;
  readonly #writes: WriteExecutor;
  readonly #keys: KeyTable;
  #seq = 0 as Seq;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));

  constructor(accounts: AccountOperations, writes: WriteExecutor, keys: KeyTable) {
    this.#accounts = accounts;
    this.#writes = writes;
    this.#keys = keys;
  }

  /** What the calls that follow read and write; accounts and writes have begun the entry. */
  begin(seq: Seq, batch: DataView, results: DataView): void {
    this.#seq = seq;
    this.#batch = batch;
    this.#results = results;
  }

  /** All of the chunk's operations, which are new. `index` is that of the first one's result. */
  execute(header: ChunkHeader, chunkAt: number, index: number): void {
    const places = this.#placesOf(header, chunkAt, index);
    const at = chunkAt + RECORD_BYTES;
    const isKeyed = kindAt(this.#batch, at, chunkAt + header.bytes) !== 0
      && (this.#batch.getUint8(at + 1) & FLAG_KEY) !== 0;
    const last = places.at(-1)?.number ?? 0;
    if (last >= GROUP_OPERATIONS_MAX) this.#refuseMalformed(places, 0);
    else if (isKeyed) this.#executeKeyed(places, at, index);
    else this.#run(places);
  }

  #placesOf({ operations, bytes }: ChunkHeader, chunkAt: number, index: number): readonly Place[] {
    const end = chunkAt + bytes;
    let at = chunkAt + RECORD_BYTES;
    let count = 0;
    let isBehindPosting = false;
    return Array.from({ length: operations }, (_, before) => {
      const kind = kindAt(this.#batch, at, end);
      const isBare = kind === KIND.details && this.#batch.getUint8(at + 1) === 0;
      if (kind !== KIND.details) count += 1;
      const number = Math.max(0, count - 1);
      const isDetails = isBehindPosting && isBare;
      const place = { at, end, index: index + before, number, isDetails };
      isBehindPosting = isPosting(kind);
      at = nextAfter(this.#batch, at, end);
      return place;
    });
  }

  /** Which of them was refused, and with it all; undefined: none was. */
  #run(places: readonly Place[]): Place | undefined {
    this.#accounts.beginGroup();
    const refused = places.find((place) => !this.#executeOne(place));
    this.#accounts.endGroup(refused === undefined);
    if (refused !== undefined) this.#refuseOthers(places, refused);
    return refused;
  }

  /** Whether it was done. */
  #executeOne(place: Place): boolean {
    const { at, index } = place;
    if (place.isDetails) this.#writes.executeDetails(index, false);
    else if (this.#isPosting(place)) this.#writes.executePosting(at, index);
    else this.#writeMalformed(place);
    return this.#results.getUint8(index * RESULT_BYTES) === CODE.ok;
  }

  /** All of it under the key of its first, whose record stands at `at`. */
  #executeKeyed(places: readonly Place[], at: number, index: number): void {
    const postings = places.filter(({ isDetails }) => !isDetails);
    const contents = postings.map((place) =>
      (this.#isPosting(place) ? this.#writes.hashPosting(place.at) : undefined));
    const malformed = contents.indexOf(undefined);
    const keyAt = extensionAt(at, FLAG_KEY, FLAG_KEY);
    const hash = malformed === 0 ? undefined : hashKeyAt(this.#batch, keyAt);
    if (hash === undefined) return this.#refuseMalformed(places, 0);
    const wrong = postings[malformed];
    if (wrong !== undefined) return this.#refuseMalformed(places, places.indexOf(wrong));
    const content = hashGroup(contents);
    const use = this.#keys.find(hash);
    if (use === undefined) {
      const refused = this.#run(places);
      const isBad = refused !== undefined
        && this.#results.getUint8(refused.index * RESULT_BYTES) === CODE.badRequest;
      if (!isBad) this.#keys.add(hash, { content, seq: this.#seq, index, sealed: false });
    } else if (!use.sealed && use.content === content) this.#answerDuplicates(places, use);
    else for (const place of places) this.#answer(place, CODE.keyReused);
  }

  /** Whether it may be in a group, as far as its kind and flags say. */
  #isPosting({ at, end, number }: Place): boolean {
    if (!isPosting(kindAt(this.#batch, at, end))) return false;
    const known = number === 0 ? FLAG_KEY | POSTING_FLAGS : POSTING_FLAGS;
    const isSane = (this.#batch.getUint8(at + 1) & ~known) === 0;
    return isSane && nextAfter(this.#batch, at, end) <= end;
  }

  #answerDuplicates(places: readonly Place[], { seq, index: first }: KeyUse): void {
    for (const { at, end, index, number, isDetails } of places) {
      const write = { seq, index: first };
      const resultAt = index * RESULT_BYTES;
      if (isDetails) writeDetailsElsewhere(this.#results, resultAt, write, number);
      else writeDuplicate(this.#results, resultAt, kindAt(this.#batch, at, end), write, number);
    }
  }

  /** Nothing of it was tried. */
  #refuseMalformed(places: readonly Place[], malformed: number): void {
    const refused = places[malformed] as Place;
    this.#writeMalformed(refused);
    this.#refuseOthers(places, refused);
  }

  #refuseOthers(places: readonly Place[], refused: Place): void {
    for (const place of places) {
      if (place === refused) continue;
      const resultAt = place.index * RESULT_BYTES;
      const { buffer, byteOffset } = this.#results;
      new Uint8Array(buffer, byteOffset + resultAt, RESULT_BYTES).fill(0);
      this.#answer(place, CODE.groupRefused);
      this.#results.setUint32(resultAt + 4, refused.number, true);
    }
  }

  #answer({ at, end, index }: Place, code: CodeByte): void {
    writeCode(this.#results, index * RESULT_BYTES, code, kindAt(this.#batch, at, end));
  }

  #writeMalformed({ at, end, index }: Place): void {
    const kind = kindAt(this.#batch, at, end);
    writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.malformed);
  }
}

function isPosting(kind: number): boolean {
  return kind === KIND.update || kind === KIND.deposit || kind === KIND.withdraw
    || kind === KIND.transfer;
}
