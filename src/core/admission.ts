/**
 * What clients have queued, and how it becomes rounds: a batch of writes, then reads.
 *
 * Keeps each connection's own order: a read runs after the writes that its connection sent before
 * it, and nothing later of that connection is taken until the read has been executed: a read that
 * has to be executed again, on another member, would see it, or be newer than a read after it.
 * Between connections there is no order to keep, so rounds go around them fairly.
 */
import type { ConnectionId } from './effect.ts';
import { isLookup, RECORD_BYTES } from './operation.ts';

/** A chunk of one client, as it waits and until it is answered. */
export interface AdmittedItem {
  readonly kind: 'write' | 'read';
  readonly connection: ConnectionId;
  readonly session: number;
  /** The first request number, or the number of the query. */
  readonly number: number;
  readonly operations: number;
  readonly chunk: Uint8Array;
  /** A report: it is executed alone, and its answer has no set length. */
  readonly isAlone: boolean;
  /** It was prepared under an epoch that ended: never refused as if nothing had happened. */
  readonly inDoubt: boolean;
}

export interface Round {
  readonly writes: readonly AdmittedItem[];
  readonly writeBytes: number;
  readonly reads: readonly AdmittedItem[];
}

interface Line {
  items: (AdmittedItem | undefined)[];
  head: number;
  /** Reads that were taken and not yet executed: they hold back what is behind them. */
  openReads: number;
}

/** Beyond this the bank is busy. */
export const QUEUED_BYTES_MAX = 128 * 1024 * 1024;

/** Items of a line that were taken and not yet cut off. */
const TAKEN_MAX = 64;

export class Admission {
  readonly #lines = new Map<ConnectionId, Line>();
  #waiting: Line[] = [];
  #bytes = 0;
  #queued = 0;

  /** Chunks that wait. */
  get queued(): number {
    return this.#queued;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** False where the bounds are reached: nothing was taken. */
  admit(item: AdmittedItem): boolean {
    if (this.#bytes + item.chunk.length > QUEUED_BYTES_MAX) return false;
    const line = this.#line(item.connection);
    if (line.items.length === 0) this.#waiting.push(line);
    line.items.push(item);
    this.#count(item, 1);
    return true;
  }

  /** Puts back, before everything else of their connections, what was in doubt. In order. */
  readmit(items: readonly AdmittedItem[]): void {
    for (let at = items.length - 1; at >= 0; at -= 1) {
      const item = items[at];
      if (item === undefined) continue;
      const line = this.#line(item.connection);
      if (line.items.length === 0) this.#waiting.push(line);
      if (line.head > 0) line.items[(line.head -= 1)] = item;
      else line.items.unshift(item);
      this.#count(item, 1);
    }
  }

  /**
   * The next round: writes, then reads, each of at most `bytesMax` (one larger chunk goes alone).
   * Where nothing may be looked up, whoever asks for that waits, and nobody else.
   */
  takeRound(bytesMax: number, mayLookUp = true): Round {
    const writes: AdmittedItem[] = [];
    const reads: AdmittedItem[] = [];
    let writeBytes = 0;
    let readBytes = 0;
    let full = false;
    const later: Line[] = [];
    const unvisited: Line[] = [];
    for (const line of this.#waiting) {
      if (full) {
        unvisited.push(line);
        continue;
      }
      const isFree = line.openReads === 0;
      const takenBefore = writes.length + reads.length;
      let item = line.items[line.head];
      while (item?.kind === 'write' && isFree) {
        if (writes.length > 0 && writeBytes + item.chunk.length > bytesMax) {
          full = true;
          break;
        }
        writes.push(item);
        writeBytes += item.chunk.length;
        item = this.#advance(line, item);
      }
      while (item?.kind === 'read' && isFree && (mayLookUp || !isLookedUp(item))) {
        const isAlone = item.isAlone || reads[0]?.isAlone === true;
        if (reads.length > 0 && (isAlone || readBytes + item.chunk.length > bytesMax)) {
          full = true;
          break;
        }
        reads.push(item);
        readBytes += item.chunk.length;
        line.openReads += 1;
        item = this.#advance(line, item);
      }
      // Who had a part of this round goes behind those who had none.
      const hadNone = full && writes.length + reads.length === takenBefore;
      if (item !== undefined) (hadNone ? unvisited : later).push(line);
    }
    this.#waiting = unvisited.concat(later);
    return { writes, writeBytes, reads };
  }

  /** These reads have been executed: what is behind them may go. */
  onReadsExecuted(reads: readonly AdmittedItem[]): void {
    for (const read of reads) {
      const line = this.#lines.get(read.connection);
      if (line !== undefined && line.openReads > 0) line.openReads -= 1;
    }
  }

  /** Everything that waits, but for what is in doubt, taken out: to be refused. */
  drain(): AdmittedItem[] {
    const refused: AdmittedItem[] = [];
    const kept: AdmittedItem[] = [];
    for (const line of this.#waiting) {
      for (let at = line.head; at < line.items.length; at += 1) {
        const item = line.items[at];
        if (item !== undefined) (item.inDoubt ? kept : refused).push(item);
      }
      line.items = [];
      line.head = 0;
    }
    this.#waiting = [];
    this.#bytes = 0;
    this.#queued = 0;
    this.readmit(kept);
    return refused;
  }

  /** Reads that were taken are nobody's business any more (the epoch ended). */
  forgetOpenReads(): void {
    for (const line of this.#lines.values()) line.openReads = 0;
  }

  /** The connection has gone; what it had queued was never prepared and is dropped. */
  onGone(connection: ConnectionId): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    for (let at = line.head; at < line.items.length; at += 1) {
      const item = line.items[at];
      if (item !== undefined) this.#count(item, -1);
    }
    this.#lines.delete(connection);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== line);
  }

  #advance(line: Line, taken: AdmittedItem): AdmittedItem | undefined {
    this.#count(taken, -1);
    line.head += 1;
    if (line.head === line.items.length) {
      // A client with one operation at a time keeps its array.
      if (line.head === 1) line.items.pop();
      else line.items = [];
      line.head = 0;
      return undefined;
    }
    // A line that never gets empty must not keep alive what was taken long ago.
    line.items[line.head - 1] = undefined;
    if (line.head >= TAKEN_MAX && 2 * line.head >= line.items.length) {
      line.items = line.items.slice(line.head);
      line.head = 0;
    }
    return line.items[line.head];
  }

  #line(connection: ConnectionId): Line {
    let line = this.#lines.get(connection);
    if (line === undefined) {
      line = { items: [], head: 0, openReads: 0 };
      this.#lines.set(connection, line);
    }
    return line;
  }

  #count(item: AdmittedItem, sign: 1 | -1): void {
    this.#bytes += sign * item.chunk.length;
    this.#queued += sign;
  }
}

/** A read that the journal answers: it takes a while. */
export function isLookedUp({ kind, chunk }: AdmittedItem): boolean {
  return kind === 'read' && isLookup(chunk[RECORD_BYTES] ?? 0);
}

/** The chunks of the items, one behind the other: a batch. */
export function joinChunks(items: readonly AdmittedItem[]): Uint8Array {
  const [only] = items;
  if (only !== undefined && items.length === 1) return only.chunk;
  let bytes = 0;
  for (const { chunk } of items) bytes += chunk.length;
  const batch = new Uint8Array(bytes);
  let offset = 0;
  for (const { chunk } of items) {
    batch.set(chunk, offset);
    offset += chunk.length;
  }
  return batch;
}
