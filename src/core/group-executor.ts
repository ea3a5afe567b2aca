/**
 * Executes groups: chunks whose operations are all done, each seeing those before it, or none.
 *
 * Keeps true: a group of which one operation is refused leaves nothing behind; that operation tells
 * why, and each other that it was refused with it, and with which. Only postings can be in a group.
 */
import type { AccountOperations } from './account-operations.ts';
import { kindAt, nextAfter } from './chunk-records.ts';
import {
  type ChunkHeader, CODE, FLAG_TERMS, GROUP_OPERATIONS_MAX, KIND, REASON, RECORD_BYTES,
  RESULT_BYTES,
} from './operation.ts';
import { writeBadRequest, writeCode } from './result-writer.ts';
import type { WriteExecutor } from './write-executor.ts';

export class GroupExecutor {
  readonly #accounts: AccountOperations;
  readonly #writes: WriteExecutor;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));

  constructor(accounts: AccountOperations, writes: WriteExecutor) {
    this.#accounts = accounts;
    this.#writes = writes;
  }

  /** What the calls that follow read and write; accounts and writes have begun it. */
  begin(batch: DataView, results: DataView): void {
    this.#batch = batch;
    this.#results = results;
  }

  /** All of the chunk's operations, which are new. `index` is that of the first one's result. */
  execute(header: ChunkHeader, chunkAt: number, index: number): void {
    const { operations } = header;
    const end = chunkAt + header.bytes;
    this.#accounts.beginGroup();
    let at = chunkAt + RECORD_BYTES;
    let refused: number | undefined = operations > GROUP_OPERATIONS_MAX ? 0 : undefined;
    if (refused !== undefined) this.#refuseMalformed(index, kindAt(this.#batch, at, end));
    for (let done = 0; done < operations && refused === undefined; done += 1) {
      this.#executePosting(at, end, index + done);
      if (this.#results.getUint8((index + done) * RESULT_BYTES) !== CODE.ok) refused = done;
      at = nextAfter(this.#batch, at, end);
    }
    this.#accounts.endGroup(refused === undefined);
    if (refused !== undefined) this.#refuseOthers(header, refused, chunkAt, index);
  }

  #executePosting(at: number, end: number, index: number): void {
    const kind = kindAt(this.#batch, at, end);
    const flags = isPosting(kind) ? this.#batch.getUint8(at + 1) : 0;
    const isSane = (flags & ~FLAG_TERMS) === 0 && nextAfter(this.#batch, at, end) <= end;
    if (!isPosting(kind) || !isSane) return this.#refuseMalformed(index, kind);
    this.#writes.execute(at, index, kind);
  }

  #refuseOthers(header: ChunkHeader, refused: number, chunkAt: number, index: number): void {
    const end = chunkAt + header.bytes;
    let at = chunkAt + RECORD_BYTES;
    for (let each = 0; each < header.operations; each += 1) {
      const resultAt = (index + each) * RESULT_BYTES;
      if (each !== refused) {
        const { buffer, byteOffset } = this.#results;
        new Uint8Array(buffer, byteOffset + resultAt, RESULT_BYTES).fill(0);
        writeCode(this.#results, resultAt, CODE.groupRefused, kindAt(this.#batch, at, end));
        this.#results.setUint32(resultAt + 4, refused, true);
      }
      at = nextAfter(this.#batch, at, end);
    }
  }

  #refuseMalformed(index: number, kind: number): void {
    writeBadRequest(this.#results, index * RESULT_BYTES, kind, REASON.malformed);
  }
}

function isPosting(kind: number): boolean {
  return kind === KIND.update || kind === KIND.deposit || kind === KIND.withdraw
    || kind === KIND.transfer;
}
