/**
 * One history, entry after entry: each must follow the one before, and give, executed again by the
 * twin, the very results and the very state that the journal says. Pure.
 */
import type { EntryId } from '../../core/entry.ts';
import { EPOCH_NONE, HASH_NONE, SEQ_NONE } from '../../core/ids.ts';
import { CODE, RESULT_BYTES } from '../../core/operation.ts';
import type { EntryRecord } from './entry-record.ts';
import { LedgerTwin, type TwinLimits } from '../twin/ledger-twin.ts';
import { findBatchFault } from '../twin/twin-records.ts';

const WORDS: readonly string[] = Object.keys(CODE);

export class HistoryReplay {
  readonly twin: LedgerTwin;
  #tail: EntryId = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };
  #timestamp = 0;
  #operations = 0;

  constructor(limits: TwinLimits) {
    this.twin = new LedgerTwin(limits);
  }

  /** The last entry that was right. */
  get tail(): EntryId {
    return this.#tail;
  }

  /** How many were executed. */
  get operations(): number {
    return this.#operations;
  }

  /** Takes the next entry; what is wrong with it, in words, or undefined. */
  take(entry: EntryRecord): string | undefined {
    const fault = this.#findPlaceFault(entry) ?? findBatchFault(entry.batch);
    if (fault !== undefined) return fault;
    const { seq, entryEpoch, hash, timestamp, batch, results, links } = entry;
    const executed = this.twin.execute(seq, timestamp, batch);
    const difference = compareResults(results, executed.results);
    if (difference !== undefined) return difference;
    // An earlier version wrote none.
    if (links.length > 0 && Buffer.compare(links, executed.links) !== 0) {
      return 'replaying it gives other links of its postings';
    }
    if (executed.digest !== entry.digest) {
      return `replaying it gives another state (digest ${executed.digest}, not ${entry.digest})`;
    }
    this.#tail = { seq, entryEpoch, hash };
    this.#timestamp = timestamp;
    this.#operations += results.length / RESULT_BYTES;
    return undefined;
  }

  #findPlaceFault(entry: EntryRecord): string | undefined {
    const { seq, hash, entryEpoch } = this.#tail;
    if (entry.seq !== seq + 1) return `it stands behind entry ${seq}`;
    if (entry.previousHash !== hash) return `it does not follow entry ${seq}`;
    if (!(entry.entryEpoch >= Math.max(entryEpoch, 1))) {
      return `its epoch is ${entry.entryEpoch}, that of entry ${seq} is ${entryEpoch}`;
    }
    if (!(entry.timestamp > this.#timestamp)) return `its time is not after that of entry ${seq}`;
    return undefined;
  }
}

/** The first result that is another, in words. */
function compareResults(found: Uint8Array, expected: Uint8Array): string | undefined {
  if (Buffer.compare(found, expected) === 0) return undefined;
  const count = expected.length / RESULT_BYTES;
  if (found.length !== expected.length) {
    return `it has ${found.length / RESULT_BYTES} results for ${count} operations`;
  }
  for (let at = 0; at < found.length; at += RESULT_BYTES) {
    const [one, other] = [found, expected].map((bytes) => bytes.subarray(at, at + RESULT_BYTES));
    if (one === undefined || other === undefined || Buffer.compare(one, other) === 0) continue;
    const place = `result ${at / RESULT_BYTES + 1} of ${count}`;
    return `replaying it gives other results: ${place} is ${tell(one)}, not ${tell(other)}`;
  }
  return undefined;
}

/** `ok, account 100, balance 4000`: amounts in the smallest unit. */
function tell(result: Uint8Array): string {
  const view = new DataView(result.buffer, result.byteOffset, RESULT_BYTES);
  const [code, scale, detail] = [view.getUint8(0), view.getUint8(2), view.getUint32(4, true)];
  const [account, balance, other] = [8, 16, 24].map((at) => view.getBigInt64(at, true));
  const head = `${WORDS[code] ?? code} (kind ${view.getUint8(1)}, scale ${scale}`;
  return `${head}, detail ${detail}, ${account}, ${balance}, ${other})`;
}
