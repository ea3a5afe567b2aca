/**
 * Executes batches: the order of the operations, sessions (exactly once), keys, OUTCOME.
 *
 * Keeps true: each operation of each chunk gets one result, in order; a request number of a session
 * runs at most once, and its retry learns where its first answer stands. A session's own number is
 * looked at before a key. What follows from a batch depends on the batches executed, and on nothing
 * else.
 */
import { AccountOperations } from './account-operations.ts';
import type { AccountTable } from './account-table.ts';
import { present } from './assert.ts';
import { kindAt, nextAfter } from './chunk-records.ts';
import { GroupExecutor } from './group-executor.ts';
import { hashKeyAt, type KeyHash } from './idempotency-key.ts';
import { SESSION_NONE, type Seq, type Timestamp } from './ids.ts';
import type { KeyTable } from './key-table.ts';
import type { MovementTable } from './movement-table.ts';
import {
  type ChunkHeader, CODE, FLAG_ID, FLAG_KEY, FLAG_REFERENCE, FLAG_TERMS, isReport, isWrite,
  KEYS_REMEMBERED_MAX, KIND, OUTCOME_BY_KEY, readChunkHeader, readI64, REASON, RECORD_BYTES,
  recordsOf, RESULT_BYTES, viewOf,
} from './operation.ts';
import { LINKS_BYTES } from './posting-link.ts';
import { Reports } from './reports.ts';
import { writeAccount, writeBadRequest, writeCode, writeDuplicate } from './result-writer.ts';
import type { FirstAnswer } from './run-ring.ts';
import {
  SESSION_UNKNOWN, SESSIONS_PER_LEASE, type SessionRecord, type SessionTable,
} from './session-table.ts';
import type { SystemAccounts } from './system-accounts.ts';
import { readTerms, TERM } from './terms.ts';
import { WriteExecutor } from './write-executor.ts';

const FLAGS = FLAG_KEY | FLAG_TERMS | FLAG_ID | FLAG_REFERENCE;

/** Who asks: a session, where the table has it, and which of its requests this is. */
interface Asker {
  readonly session: number;
  readonly record: SessionRecord;
  readonly request: number;
  /** Its first operation in this chunk. */
  readonly isFirst: boolean;
}

export interface ExecutedBatch {
  /** RESULT_BYTES for each operation. */
  readonly results: Uint8Array;
  /** LINKS_BYTES for each. */
  readonly links: Uint8Array;
}

export interface ExecutorTables {
  readonly accounts: AccountTable;
  readonly system: SystemAccounts;
  readonly movements: MovementTable;
  readonly sessions: SessionTable;
  readonly keys: KeyTable;
}

export class BatchExecutor {
  readonly #accounts: AccountOperations;
  readonly #writes: WriteExecutor;
  readonly #groups: GroupExecutor;
  readonly #reports: Reports;
  readonly #sessions: SessionTable;
  readonly #keys: KeyTable;
  #seq = 0 as Seq;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));
  #links = new Float64Array(0);

  constructor({ accounts, system, movements, sessions, keys }: ExecutorTables) {
    this.#accounts = new AccountOperations(accounts, system, movements);
    this.#writes = new WriteExecutor(this.#accounts, keys);
    this.#groups = new GroupExecutor(this.#accounts, this.#writes, keys);
    this.#reports = new Reports(accounts, system);
    this.#sessions = sessions;
    this.#keys = keys;
  }

  /** The results of the batch, which is in the order at `seq`, and the links of its postings. */
  execute(seq: Seq, timestamp: Timestamp, batch: Uint8Array): ExecutedBatch {
    const results = this.#begin(seq, timestamp, batch);
    this.#accounts.expire(timestamp);
    this.#eachChunk((header, chunkAt, index) => {
      if (header.session === SESSION_NONE) this.#executeOwnChunk(header, chunkAt, index);
      else this.#executeChunk(header, chunkAt, index);
    });
    return { results, links: new Uint8Array(this.#links.buffer) };
  }

  /** The results of a batch of QUERYs, or a report; anything else in it is malformed. */
  query(batch: Uint8Array): Uint8Array {
    if (isReport(batch[RECORD_BYTES] ?? 0)) return this.#report(viewOf(batch));
    const results = this.#begin(0 as Seq, 0 as Timestamp, batch);
    this.#eachChunk((header, chunkAt, index) => this.#queryChunk(header, chunkAt, index));
    return results;
  }

  /** Empty where it makes no sense. */
  #report(batch: DataView): Uint8Array {
    const header = present(readChunkHeader(batch, 0), 'a report is asked for by a whole chunk');
    const isAlone = header.operations === 1 && header.bytes === batch.byteLength
      && header.bytes === (1 + recordsOf(batch.getUint8(RECORD_BYTES + 1))) * RECORD_BYTES;
    return (isAlone ? this.#reports.write(batch, RECORD_BYTES) : undefined) ?? new Uint8Array();
  }

  /** Checks the chunks' headers before anything is executed, and makes room for the results. */
  #begin(seq: Seq, timestamp: Timestamp, batch: Uint8Array): Uint8Array {
    this.#seq = seq;
    this.#batch = viewOf(batch);
    let operations = 0;
    this.#eachChunk((header) => {
      operations += header.operations;
    });
    const results = new Uint8Array(operations * RESULT_BYTES);
    this.#results = viewOf(results);
    this.#links = new Float64Array((operations * LINKS_BYTES) / Float64Array.BYTES_PER_ELEMENT);
    this.#accounts.begin(this.#batch, this.#results, { seq, timestamp, links: this.#links });
    this.#writes.begin(this.#batch, this.#results, { seq, timestamp });
    this.#groups.begin(seq, this.#batch, this.#results);
    return results;
  }

  #eachChunk(visit: (header: ChunkHeader, chunkAt: number, index: number) => void): void {
    let index = 0;
    for (let at = 0; at < this.#batch.byteLength; ) {
      const header = present(readChunkHeader(this.#batch, at), 'a batch consists of whole chunks');
      visit(header, at, index);
      index += header.operations;
      at += header.bytes;
    }
  }

  #queryChunk(header: ChunkHeader, chunkAt: number, index: number): void {
    const end = chunkAt + header.bytes;
    let at = chunkAt + RECORD_BYTES;
    for (let done = 0; done < header.operations; done += 1) {
      const kind = this.#kindAt(at, end);
      const resultAt = (index + done) * RESULT_BYTES;
      const name = kind === KIND.query ? this.#nameAskedAt(at, end) : undefined;
      if (kind === KIND.query && this.#flagsAt(at) === 0) this.#accounts.query(at, resultAt);
      else if (name !== undefined) this.#accounts.queryNamed(name, resultAt);
      else this.#refuseMalformed(index + done, kind);
      at = this.#after(at, end);
    }
  }

  /** The name that the QUERY at `at` asks by, which tells no number and nothing else then. */
  #nameAskedAt(at: number, end: number): string | undefined {
    const isNamed = this.#flagsAt(at) === FLAG_TERMS && at + 2 * RECORD_BYTES <= end;
    if (!isNamed || readI64(this.#batch, at + 8) !== 0) return undefined;
    const terms = readTerms(this.#batch, at + RECORD_BYTES);
    return terms?.given === TERM.name ? terms.name : undefined;
  }

  /** The frontend's own chunk: one LEASE, EXPIRE or REMEMBER, and nothing else. */
  #executeOwnChunk(header: ChunkHeader, chunkAt: number, index: number): void {
    const end = chunkAt + header.bytes;
    let at = chunkAt + RECORD_BYTES;
    for (let done = 0; done < header.operations; done += 1) {
      const kind = this.#kindAt(at, end);
      const alone = header.operations === 1 && at < end && this.#flagsAt(at) === 0;
      if (alone && kind === KIND.lease) this.#openLease(index);
      else if (alone && kind === KIND.expire) this.#answer(index, CODE.ok, kind);
      else if (alone && kind === KIND.remember) this.#remember(at, index);
      else this.#refuseMalformed(index + done, kind);
      at = this.#after(at, end);
    }
  }

  #openLease(index: number): void {
    const session = this.#sessions.openLease(this.#seq);
    if (session === undefined) return this.#refuseMalformed(index, KIND.lease);
    const at = index * RESULT_BYTES;
    writeAccount(this.#results, at, CODE.ok, KIND.lease, session, SESSIONS_PER_LEASE);
  }

  #remember(at: number, index: number): void {
    const keysMax = readI64(this.#batch, at + 24);
    const isSane = keysMax >= 1 && keysMax <= KEYS_REMEMBERED_MAX;
    if (!isSane) return this.#refuseMalformed(index, KIND.remember);
    this.#keys.remember(keysMax);
    this.#answer(index, CODE.ok, KIND.remember);
  }

  #executeChunk(header: ChunkHeader, chunkAt: number, index: number): void {
    const { session, operations, isAtomic } = header;
    const record = this.#sessions.find(session);
    if (record !== SESSION_UNKNOWN) this.#sessions.touch(record, this.#seq);
    const isNew = record !== SESSION_UNKNOWN && this.#sessions.admits(record, header.firstRequest);
    if (isAtomic && isNew) {
      this.#sessions.recordRun(record, session, header.firstRequest, operations, this.#seq, index);
      return this.#groups.execute(header, chunkAt, index);
    }
    const end = chunkAt + header.bytes;
    let at = chunkAt + RECORD_BYTES;
    for (let done = 0; done < operations; ) {
      const request = header.firstRequest + done;
      if (isAtomic || record === SESSION_UNKNOWN || !this.#sessions.admits(record, request)) {
        this.#answerOld(header, record, request, index + done, this.#kindAt(at, end));
        at = this.#after(at, end);
        done += 1;
        continue;
      }
      const ran = this.#accounts.executePlain(at, end, index + done, operations - done);
      // What ran is recorded at once: an operation of this very chunk may ask for its outcome.
      const count = Math.max(ran, 1);
      this.#sessions.recordRun(record, session, request, count, this.#seq, index + done);
      if (ran === 0) {
        const asker = { session, record, request, isFirst: done === 0 };
        this.#executeSpecial(asker, at, end, index + done);
      }
      at = ran === 0 ? this.#after(at, end) : at + ran * RECORD_BYTES;
      done += count;
    }
  }

  /**
   * A request that is not to run: its number is not new, or its session ended or is not known; or
   * it is of a group that OUTCOME has sealed in part, and so nothing of it may run.
   */
  #answerOld(
    header: ChunkHeader, record: SessionRecord, request: number, index: number, kind: number,
  ): void {
    const { isAtomic, firstRequest } = header;
    if (record === SESSION_UNKNOWN) return this.#answer(index, CODE.sessionExpired, kind);
    if (this.#sessions.isNew(record, request)) {
      if (!isAtomic || this.#sessions.isNew(record, firstRequest)) {
        return this.#answer(index, CODE.sessionExpired, kind);
      }
      return writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.passedOver);
    }
    const outcome = this.#sessions.outcome(record, request);
    if (outcome === 'too-old') return this.#answer(index, CODE.sessionExpired, kind);
    if (outcome !== 'never-ran') return this.#answerDuplicate(index, kind, outcome);
    writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.passedOver);
  }

  /** END, OUTCOME, and writes that are not plain; all else is malformed. */
  #executeSpecial(asker: Asker, at: number, end: number, index: number): void {
    const kind = this.#kindAt(at, end);
    const flags = at < end ? this.#flagsAt(at) : 0;
    if ((flags & ~FLAGS) !== 0 || this.#after(at, end) > end) {
      return this.#refuseMalformed(index, kind);
    }
    const keyed = (flags & FLAG_KEY) !== 0;
    switch (kind) {
      case KIND.end:
        if (flags !== 0) return this.#refuseMalformed(index, kind);
        this.#sessions.end(asker.record);
        return this.#answer(index, CODE.ok, kind);
      case KIND.outcome:
        if ((flags & ~FLAG_KEY) !== 0) return this.#refuseMalformed(index, kind);
        return this.#executeOutcome(asker, at, index, keyed);
      case KIND.details:
        if (flags !== 0) return this.#refuseMalformed(index, kind);
        return this.#writes.executeDetails(index, asker.isFirst);
    }
    if (isWrite(kind)) this.#writes.execute(at, index, kind);
    else this.#refuseMalformed(index, kind);
  }

  #executeOutcome(asker: Asker, at: number, index: number, keyed: boolean): void {
    const byKey = this.#batch.getUint32(at + 4, true);
    if (keyed && byKey === OUTCOME_BY_KEY) {
      const hash = hashKeyAt(this.#batch, at + RECORD_BYTES);
      if (hash === undefined) return this.#refuseMalformed(index, KIND.outcome);
      return this.#outcomeOfKey(hash, index);
    }
    if (keyed || byKey !== 0) return this.#refuseMalformed(index, KIND.outcome);
    const session = readI64(this.#batch, at + 8);
    const request = readI64(this.#batch, at + 16);
    const itself = session === asker.session && request === asker.request;
    const sane = session >= 0 && request >= 0 && !itself;
    if (!sane) return this.#refuseMalformed(index, KIND.outcome);
    this.#outcomeOfRequest(session, request, index);
  }

  #outcomeOfKey(hash: KeyHash, index: number): void {
    const use = this.#keys.find(hash);
    if (use !== undefined && !use.sealed) return this.#answerDuplicate(index, KIND.outcome, use);
    if (use === undefined) {
      // Where keys were dropped nobody can tell any more: never say what may be untrue.
      if (this.#keys.hasForgotten) return this.#answer(index, CODE.sessionExpired, KIND.outcome);
      this.#keys.add(hash, { content: 0, seq: this.#seq, index, sealed: true });
    }
    this.#answer(index, CODE.neverHappened, KIND.outcome);
  }

  /** A number not yet seen is sealed, be it a later one of the asker's own session. */
  #outcomeOfRequest(session: number, request: number, index: number): void {
    const record = this.#sessions.find(session);
    if (record === SESSION_UNKNOWN) return this.#answer(index, CODE.sessionExpired, KIND.outcome);
    if (this.#sessions.isNew(record, request)) {
      this.#sessions.seal(record, request);
      return this.#answer(index, CODE.neverHappened, KIND.outcome);
    }
    const outcome = this.#sessions.outcome(record, request);
    if (outcome === 'never-ran') return this.#answer(index, CODE.neverHappened, KIND.outcome);
    if (outcome === 'too-old') return this.#answer(index, CODE.sessionExpired, KIND.outcome);
    this.#answerDuplicate(index, KIND.outcome, outcome);
  }

  #answer(index: number, code: (typeof CODE)[keyof typeof CODE], kind: number): void {
    writeCode(this.#results, index * RESULT_BYTES, code, kind);
  }

  #answerDuplicate(index: number, kind: number, first: FirstAnswer): void {
    writeDuplicate(this.#results, index * RESULT_BYTES, kind, first);
  }

  #refuseMalformed(index: number, kind: number): void {
    writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.malformed);
  }

  #kindAt(at: number, end: number): number {
    return kindAt(this.#batch, at, end);
  }

  #flagsAt(at: number): number {
    return this.#batch.getUint8(at + 1);
  }

  #after(at: number, end: number): number {
    return nextAfter(this.#batch, at, end);
  }
}
