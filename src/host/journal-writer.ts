/**
 * The writing half of the journal: the queue, group commit, the change of segments, room.
 *
 * Keeps true: an entry is reported synced only after an fdatasync that began after it was written;
 * a group is written only when the one before is durable, so that each record may vouch for all
 * before its group; nothing is written behind a mark that is not durable. A write or fsync that
 * failed is final: nothing is retried and nothing more is reported (Rebello et al., "Can
 * Applications Recover from fsync Failures?", ATC 2020). Group commit: Gawlick and Kinkade, 1985.
 */
import { assert, present } from '../core/assert.ts';
import { entryBytes, type EntryId, type ExecutedEntry } from '../core/entry.ts';
import type { Incarnation, Seq } from '../core/ids.ts';
import type { Reserve } from '../core/message.ts';
import { RESULT_BYTES } from '../core/operation.ts';
import { encodeEntry, encodeMark, entryHeadOf, MARK_BYTES } from '../wire/journal-entry.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { fromErrno } from './environment-error.ts';
import { BlockWriter } from './block-writer.ts';
import type { FileSystem } from './file-system.ts';
import { SegmentAllocator, type Spare } from './journal-allocator.ts';
import type { WritePosition } from './journal-open.ts';
import { guaranteedBytes } from './journal-reserve.ts';
import type { JournalEvents, Machine } from './ports.ts';
import { SegmentIndex } from './segment-index.ts';
import { activateSegment, sealSegment, type SegmentFile } from './segment-file.ts';
import type { Sizes } from './sizes.ts';
import { SyncPace } from './sync-pace.ts';

/** Kept back from what is told: marks take room too. */
const MARKS_BYTES = 64 * MARK_BYTES;
/** A group is at most about so large: writing it holds up the process. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

export interface JournalWriterOptions {
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly directory: string;
  readonly incarnation: Incarnation;
  readonly events: JournalEvents;
  /** Of a segment that is full, once the next one is written to. */
  readonly onFull: (index: SegmentIndex) => void;
}

interface Waiter {
  readonly seq: Seq;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #io: FileSystem;
  readonly #allocator: SegmentAllocator;
  #segments: SegmentFile[] = [];
  /** The segment that is written to, the places of its entries and their end. */
  readonly #file: BlockWriter;
  #index = new SegmentIndex(1 as Seq);
  /** The last entry appended and the last that is durable. */
  #tail: EntryId;
  #synced: EntryId;
  #reportedSeq: Seq;
  /** The last entry that a mark vouches for. */
  #markedSeq = 0 as Seq;
  #queue: ExecutedEntry[] = [];
  #queuedBytes = 0;
  #markWanted = false;
  readonly #pace = new SyncPace();
  #running: Promise<void> | undefined;
  #waiters: Waiter[] = [];
  /** Called when the entry that found no room may find some. */
  #onRoom: (() => void) | undefined;
  #failure: Error | undefined;
  #closing = false;

  constructor(options: JournalWriterOptions, position: WritePosition) {
    this.#options = options;
    this.#io = options.machine.io;
    this.#tail = position.tail;
    this.#synced = position.tail;
    this.#reportedSeq = position.tail.seq;
    this.#file = new BlockWriter(this.#io);
    this.#stand(position);
    this.#allocator = new SegmentAllocator({
      machine: options.machine,
      directory: options.directory,
      sizes: options.sizes,
      wanting: () => this.#isSpareWanted(),
      onChange: () => this.#onAllocatorChange(),
      onFailed: (error) => this.fail(
        fromErrno(error, `allocate journal space in ${options.directory}`)
      ),
    });
  }

  async start(): Promise<void> {
    await this.#file.open(this.active.path, this.#index.end);
    await this.#allocator.adopt(this.active.header.bytes);
    this.#allocator.kick();
  }

  /** Appending goes on from here: everything up to the position's tail is durable. */
  async moveTo(position: WritePosition): Promise<void> {
    assert(this.isIdle, 'nothing is in flight');
    this.#stand(position);
    await this.#file.open(this.active.path, this.#index.end);
  }

  #stand(position: WritePosition): void {
    this.#segments = [...position.segments];
    this.#index = position.index;
    this.#tail = idOf(position.tail);
    this.#synced = this.#tail;
    this.#reportedSeq = this.#tail.seq;
    this.#markedSeq = 0 as Seq; // one mark more does no harm
  }

  get tail(): EntryId {
    return this.#tail;
  }

  get syncedSeq(): Seq {
    return this.#synced.seq;
  }

  get segments(): readonly SegmentFile[] {
    return this.#segments;
  }

  /** The segment that is written to. */
  get active(): SegmentFile {
    return present(this.#segments.at(-1), 'a journal has a segment');
  }

  get activeIndex(): SegmentIndex {
    return this.#index;
  }

  get isIdle(): boolean {
    return this.#running === undefined && this.#queue.length === 0;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get bytes(): number {
    const used = this.#segments.reduce((sum, segment) => sum + segment.header.bytes, 0);
    return used + this.#allocator.bytes;
  }

  get reserve(): Reserve {
    const sure = this.#sureBytes() - this.#queuedBytes - MARKS_BYTES;
    return { bytes: Math.max(0, sure), full: this.#allocator.full };
  }

  /** An entry that is not written yet. */
  queued(seq: Seq): ExecutedEntry | undefined {
    const oldest = this.#queue[0];
    return oldest === undefined ? undefined : this.#queue[seq - oldest.seq];
  }

  append(entry: ExecutedEntry): void {
    assert(!this.#closing, 'nothing is appended to a closed journal');
    if (this.#failure !== undefined) return; // never synced, so never voted for
    assert(entry.seq === this.#tail.seq + 1, 'entries are contiguous');
    assert(entry.previousHash === this.#tail.hash, 'entries are chained');
    this.#tail = idOf(entry);
    this.#queue.push(entry);
    this.#queuedBytes += bytesOf(entry);
    this.#kick();
  }

  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { seq } = this.#tail;
    if (seq <= this.syncedSeq) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ seq, resolve, reject }));
  }

  mark(): void {
    if (this.#failure !== undefined || this.#tail.seq > this.syncedSeq) return;
    if (this.#markedSeq === this.syncedSeq) return;
    this.#markWanted = true;
    this.#kick();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Lets go of the file that is written to; `moveTo` follows. */
  async release(): Promise<void> {
    assert(this.isIdle, 'nothing is in flight');
    await this.#file.close();
  }

  /** Writes what still finds room, vouches for it, and ends. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#resumeRoom();
    await this.idle();
    this.mark();
    await this.idle();
    await this.#allocator.close();
    await this.#file.close();
    for (const waiter of this.#waiters.splice(0)) {
      waiter.reject(new Error('the journal was closed'));
    }
  }

  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#resumeRoom();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#options.events.onFailed(error);
  }

  // ---- writing ---------------------------------------------------------------------------------

  /** What entries can take in the segment that is written to. */
  get #room(): number {
    return Math.max(0, recordsEnd(this.active.header.bytes) - this.#index.end);
  }

  get #hasWork(): boolean {
    return this.#queue.length > 0 || this.#markWanted;
  }

  #kick(): void {
    if (this.#running !== undefined) return;
    // Whatever else comes in this turn joins the group.
    this.#running = Promise.resolve().then(() => this.#writeAll()).finally(() => {
      this.#running = undefined;
      if (this.#hasWork && this.#failure === undefined && !this.#closing) this.#kick();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#failure === undefined) {
      const first = this.#queue[0];
      if (first === undefined && !this.#markWanted) return;
      try {
        if (first === undefined) await this.#writeMark();
        else if (bytesOf(first) > this.#room) {
          if (!(await this.#roll(bytesOf(first)))) return;
        } else await this.#writeGroup();
      } catch (error) {
        return this.fail(fromErrno(error, `write the journal ${this.#options.directory}`));
      }
      if (this.#failure === undefined) this.#report();
    }
  }

  async #writeGroup(): Promise<void> {
    const { seed } = this.active;
    const limit = Math.min(this.#room, GROUP_BYTES_MAX);
    let count = 0;
    let bytes = 0;
    for (const entry of this.#queue) {
      const entryBytes = bytesOf(entry);
      if (bytes + entryBytes > limit) break;
      for (const part of encodeEntry(entry, this.syncedSeq, seed)) this.#file.put(part);
      bytes += entryBytes;
      count += 1;
    }
    await this.#writeDurably(bytes);
    // Only now, and at once: who reads meanwhile finds an entry in the queue, or in the file.
    const written = this.#queue.splice(0, count);
    for (const entry of written) this.#index.append(entryHeadOf(entry), bytesOf(entry));
    this.#queuedBytes -= bytes;
    this.#synced = idOf(present(written.at(-1), 'the first entry has room'));
    this.#markWanted = false;
  }

  async #writeDurably(groupBytes: number): Promise<void> {
    const { machine } = this.#options;
    const startMs = machine.nowMs();
    if (this.#pace.isInPlace(groupBytes)) {
      this.#file.writeInPlace();
      this.#file.syncInPlace();
    } else {
      await this.#file.write();
      await this.#file.sync();
    }
    this.#pace.note(machine.nowMs() - startMs);
  }

  async #writeMark(): Promise<void> {
    const seq = this.syncedSeq;
    if (this.#room >= MARK_BYTES && seq !== 0) {
      this.#file.put(encodeMark(seq, this.active.seed));
      await this.#writeDurably(MARK_BYTES);
      this.#index.end += MARK_BYTES;
      this.#markedSeq = seq;
    }
    this.#markWanted = false; // only now: whoever asks while it is written means this one
  }

  /**
   * Goes on in the next segment: that is made durable first, the full one sealed then. False where
   * the journal ended for want of one.
   */
  async #roll(bytes: number): Promise<boolean> {
    const spare = await this.#takeSpare(bytes);
    if (spare === undefined) return false;
    const full = { segment: this.active, end: this.#index.end };
    const isEmpty = this.#index.count === 0;
    const { machine, directory, incarnation } = this.#options;
    const segment = await activateSegment(machine, directory, spare.path, {
      first: (this.#synced.seq + 1) as Seq,
      bytes: spare.bytes,
      incarnation,
      previous: this.#synced,
    });
    if (!isEmpty) {
      const seal = { first: full.segment.header.first, last: this.#synced, end: full.end };
      await sealSegment(this.#io, full.segment, seal);
    }
    await this.#file.close();
    await this.#file.open(segment.path, SEGMENT_HEADER_BYTES);
    // At once: who reads or asks for room meanwhile finds the old segments or the new.
    if (isEmpty) this.#segments.pop(); // the new file has taken its name
    else this.#options.onFull(this.#index);
    this.#segments.push(segment);
    this.#index = new SegmentIndex(segment.header.first);
    this.#index.end = SEGMENT_HEADER_BYTES;
    this.#allocator.kick();
    return true;
  }

  /** Waits for room where there is none; undefined where the journal ended meanwhile. */
  async #takeSpare(bytes: number): Promise<Spare | undefined> {
    for (;;) {
      const spare = this.#allocator.take(bytes);
      if (spare !== undefined) return spare;
      if (this.#failure !== undefined || this.#closing) return undefined;
      const room = new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
      this.#allocator.demand(bytes);
      this.#allocator.kick();
      await room;
    }
  }

  /** Tells what has become durable. */
  #report(): void {
    this.#options.events.onReserve(this.reserve);
    const synced = this.syncedSeq;
    this.#allocator.kick();
    if (synced > this.#reportedSeq) {
      this.#reportedSeq = synced;
      this.#options.events.onSynced(synced);
    }
    const done = this.#waiters.filter((waiter) => waiter.seq <= synced);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.seq > synced);
    for (const waiter of done) waiter.resolve();
  }

  // ---- room ------------------------------------------------------------------------------------

  #sureBytes(): number {
    return guaranteedBytes([this.#room, ...this.#allocator.rooms]);
  }

  #isSpareWanted(): boolean {
    if (this.#onRoom !== undefined && this.#lacksRoom()) return true;
    const target = Math.max(this.active.header.bytes, this.#options.sizes.reserveBytes);
    // Where only small files are allowed, more of them would not make more room for large entries.
    if (this.#allocator.bytes >= 2 * target) return false;
    return this.#sureBytes() - this.#queuedBytes < target;
  }

  #lacksRoom(): boolean {
    const first = this.#queue[0];
    return first !== undefined && this.#allocator.rooms.every((room) => room < bytesOf(first));
  }

  #onAllocatorChange(): void {
    this.#resumeRoom();
    this.#options.events.onReserve(this.reserve);
  }

  #resumeRoom(): void {
    const resume = this.#onRoom;
    this.#onRoom = undefined;
    resume?.();
  }
}

function idOf({ seq, entryEpoch, hash }: EntryId): EntryId {
  return { seq, entryEpoch, hash };
}

function bytesOf(entry: ExecutedEntry): number {
  return entryBytes(entry.batch.byteLength, entry.results.byteLength / RESULT_BYTES);
}
