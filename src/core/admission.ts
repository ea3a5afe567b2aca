/**
 * What clients have queued, and how it becomes rounds: a batch of writes, then reads.
 *
 * Keeps each connection's own order: a read runs after the writes that its connection sent before
 * it, and nothing later of that connection is taken until the read has been executed: a read that
 * has to be executed again, on another member, would see it, or be newer than a read after it.
 * Between connections there is no order to keep, so whoever will have been served least goes first:
 * shares of what the bank can do are equal, whatever the size of requests, and who asks for little
 * is served soon. (Fair queueing: Demers, Keshav and Shenker, SIGCOMM 1989.)
 *
 * What would wait too long is not taken (load shedding): whoever asks learns at once that the bank
 * is busy, not after he has stopped waiting, when serving him is of no use to anybody. Compare
 * Welsh and Culler, "Adaptive overload control for busy Internet servers", USITS 2003.
 */
import type { ConnectionId } from './effect.ts';
import { isLookup, RECORD_BYTES } from './operation.ts';
import { costOf, ServiceRate } from './service-rate.ts';

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
  /** Of what waits in it. */
  cost: number;
  /** The cost of what was taken of it, and of what others got while nothing of it could go. */
  served: number;
  /** Reads that were taken and not yet executed: they hold back what is behind them. */
  openReads: number;
}

/** How long the queue may get. */
export interface QueueBounds {
  /** What would wait longer is refused. */
  readonly waitMsMax: number;
  /** So much may always be queued, however long it takes. */
  readonly freeCost: number;
  /** What may go before a request while nothing tells how long that takes. */
  readonly burstCost: number;
  /** More is refused, however fast the bank is. */
  readonly bytesMax: number;
}

/** Of writes, and of reads. */
export const ROUND_BYTES_MAX = 640 * 1024;
export const QUEUED_BYTES_MAX = 128 * 1024 * 1024;
const BOUNDS: QueueBounds = {
  waitMsMax: 1_000,
  freeCost: 16 * 1024 * 1024,
  burstCost: 48 * 1024 * 1024,
  bytesMax: QUEUED_BYTES_MAX,
};
/** A bank that serves takes rounds more often than that, by far. */
const OUTAGE_MS = 250;
/**
 * The frontend reads no more of a client that has so much unanswered: less than may always be
 * queued, by more than the largest frame. So nobody is refused for his own pipelining alone.
 */
export const UNANSWERED_COST_MAX = 8 * 1024 * 1024;

/** A report counts for as much as so many bytes: it is short, but ends the round before it. */
const REPORT_BYTES = 64 * 1024;

/** Items of a line that were taken and not yet cut off. */
const TAKEN_MAX = 64;

export class Admission {
  readonly #lines = new Map<ConnectionId, Line>();
  readonly #nowMs: () => number;
  readonly #bounds: QueueBounds;
  readonly #rate = new ServiceRate(OUTAGE_MS);
  #waiting: Line[] = [];
  #bytes = 0;
  #cost = 0;
  /** Of what each line has for a round. */
  #cycleCost = 0;
  /** Of that line whose turn it was which has got the most: who begins now has as much. */
  #served = 0;
  /** The last round left something for want of room. */
  #isBehind = false;
  #queued = 0;

  constructor(nowMs: () => number, bounds = BOUNDS) {
    this.#nowMs = nowMs;
    this.#bounds = bounds;
  }

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
    const line = this.#line(item.connection);
    if (!this.#hasRoom(line, item.chunk.length)) return false;
    if (line.items.length === 0) this.#wait(line);
    line.items.push(item);
    this.#count(line, item, 1);
    return true;
  }

  /** Puts back, before everything else of their connections, what was in doubt. In order. */
  readmit(items: readonly AdmittedItem[]): void {
    this.#rate.onPutBack();
    for (let at = items.length - 1; at >= 0; at -= 1) {
      const item = items[at];
      if (item === undefined) continue;
      const line = this.#line(item.connection);
      if (line.items.length === 0) this.#wait(line);
      if (line.head > 0) line.items[(line.head -= 1)] = item;
      else line.items.unshift(item);
      this.#count(line, item, 1);
    }
  }

  /**
   * The next round: writes, then reads, each of at most `bytesMax`. What is less than half full
   * takes one chunk more, however large: else it would wait for as long as small ones come.
   * Where nothing may be looked up, whoever asks for that waits, and nobody else.
   */
  takeRound(bytesMax: number, mayLookUp = true): Round {
    const writes: AdmittedItem[] = [];
    const reads: AdmittedItem[] = [];
    let writeBytes = 0;
    let readBytes = 0;
    let full = false;
    const costBefore = this.#cost;
    if (this.#isBehind) this.#waiting.sort((one, other) => servedNext(one) - servedNext(other));
    const left: Line[] = [];
    for (const line of this.#waiting) {
      const isFree = line.openReads === 0;
      let item = line.items[line.head];
      if (!full && isFree) this.#served = Math.max(this.#served, line.served);
      while (item?.kind === 'write' && isFree && !full) {
        if (!hasPlace(writeBytes, item, bytesMax)) {
          full = true;
          break;
        }
        writes.push(item);
        writeBytes += item.chunk.length;
        item = this.#advance(line, item);
      }
      while (item?.kind === 'read' && isFree && !full && (mayLookUp || !isLookedUp(item))) {
        const isAlone = item.isAlone || reads[0]?.isAlone === true;
        if (reads.length > 0 && (isAlone || !hasPlace(readBytes, item, bytesMax))) {
          full = true;
          break;
        }
        reads.push(item);
        readBytes += item.chunk.length;
        line.openReads += 1;
        item = this.#advance(line, item);
      }
      if (item === undefined) continue;
      left.push(line);
      // It waits for its own reads, not for room: that gives no claim to what others get.
      if (!full || !isFree) line.served = Math.max(line.served, this.#served);
    }
    this.#waiting = left;
    this.#isBehind = full;
    // A round that is short for the sake of a report tells nothing of how much there is room for.
    const isFull = full && 2 * Math.max(writeBytes, readBytes) > bytesMax;
    this.#rate.onTaken(costBefore - this.#cost, isFull, this.#nowMs());
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
      line.cost = 0;
    }
    this.#waiting = [];
    this.#bytes = 0;
    this.#cost = 0;
    this.#cycleCost = 0;
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
      if (item !== undefined) this.#count(line, item, -1);
    }
    this.#lines.delete(connection);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== line);
  }

  /** It begins where the others are: for what it did not ask for before it gets nothing now. */
  #wait(line: Line): void {
    line.served = Math.max(line.served, this.#served);
    this.#waiting.push(line);
  }

  #advance(line: Line, taken: AdmittedItem): AdmittedItem | undefined {
    this.#count(line, taken, -1);
    line.served += shareOf(taken);
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
      line = { items: [], head: 0, cost: 0, served: 0, openReads: 0 };
      this.#lines.set(connection, line);
    }
    return line;
  }

  /**
   * Whether it would be served within the bound. Before it goes what its own line has, and as much
   * of each other line, also of what comes meanwhile. Where those are shorter it is less: what each
   * has for a round, for each round that its own line needs.
   */
  #hasRoom(line: Line, bytes: number): boolean {
    const { waitMsMax, freeCost, burstCost, bytesMax } = this.#bounds;
    if (this.#bytes + bytes > bytesMax) return false;
    const cost = costOf(bytes);
    if (this.#cost + cost <= freeCost) return true;
    const perMs = this.#rate.perMs(this.#nowMs());
    const costMax = perMs === Infinity ? burstCost : waitMsMax * perMs;
    const own = line.cost + cost;
    const lines = this.#waiting.length + (line.items.length === 0 ? 1 : 0);
    const cycle = this.#cycleCost - turnOf(line.cost) + turnOf(own);
    const rounds = Math.max(1, own / ROUND_BYTES_MAX);
    return Math.min(own * lines, rounds * cycle) <= costMax;
  }

  #count(line: Line, item: AdmittedItem, sign: 1 | -1): void {
    const { length } = item.chunk;
    const cost = sign * costOf(length);
    this.#bytes += sign * length;
    this.#queued += sign;
    this.#cost += cost;
    this.#cycleCost += turnOf(line.cost + cost) - turnOf(line.cost);
    line.cost += cost;
  }
}

/** In a round of so many bytes: never more than half a round and a chunk. */
function hasPlace(takenBytes: number, { chunk }: AdmittedItem, bytesMax: number): boolean {
  return takenBytes + chunk.length <= bytesMax || 2 * takenBytes <= bytesMax;
}

/** What will have been served of it with its next item. */
function servedNext({ served, items, head }: Line): number {
  const item = items[head];
  return item === undefined ? served : served + shareOf(item);
}

/** What it takes of what others could get. */
function shareOf({ isAlone, chunk }: AdmittedItem): number {
  return costOf(isAlone ? REPORT_BYTES : chunk.length);
}

/** What of a line of this cost goes into a round. */
function turnOf(lineCost: number): number {
  return Math.min(lineCost, ROUND_BYTES_MAX);
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
