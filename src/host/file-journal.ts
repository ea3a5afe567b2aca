/**
 * The journal of a backend: an append-only row of segment files (the formats are in `wire/journal-
 * entry.ts`), with group fsync (`journal-writer.ts`), reads that check what they read, and a
 * background scrub.
 *
 * Keeps true: what was reported synced is found again at every start, or its loss is reported as
 * corruption with its place; what is dropped is dropped as a whole.
 */
import { assert, present } from '../core/assert.ts';
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import type { Incarnation, Seq } from '../core/ids.ts';
import type { Reserve } from '../core/message.ts';
import type { View } from '../core/view.ts';
import { ENTRY_HEADER_BYTES } from '../wire/journal-entry.ts';
import { SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { fromErrno, isKind } from './environment-error.ts';
import { readFully, type FileSystem } from './file-system.ts';
import { beginCut, finishCut } from './journal-cut.ts';
import { openJournal, type OpenedJournal } from './journal-open.ts';
import { JournalReader } from './journal-reader.ts';
import { ENTRY_NONE, type TornTail } from './journal-recovery.ts';
import { JournalScrub } from './journal-scrub.ts';
import { JournalWriter } from './journal-writer.ts';
import { LinkWarmer } from './link-warmer.ts';
import { OperationReader, type EntryAt } from './operation-reader.ts';
import type { DecidedOperations, Journal, JournalEvents, Machine } from './ports.ts';
import { corrupt, type SegmentFile } from './segment-file.ts';
import { isLarge } from './segment-index.ts';
import { SIZES, type Sizes } from './sizes.ts';

export interface FileJournalOptions {
  readonly machine: Machine;
  /** The directory of the segments; made where it is missing. */
  readonly directory: string;
  readonly incarnation: Incarnation;
  /** Where the checkpoint stands; only later entries are handed to `onEntry`. */
  readonly checkpoint?: EntryId | undefined;
  /** In order, while opening; the bytes are views: copy what is to be kept for long. */
  readonly onEntry: (entry: ExecutedEntry) => void;
  /** Whether it is right that there is no segment: a backend that has promised has one. */
  readonly mayBeMissing: boolean;
  readonly events: JournalEvents;
  readonly sizes?: Sizes;
}

export class FileJournal implements Journal {
  readonly first = 1 as Seq;
  /** The newest view that was found when it was opened. */
  readonly recoveredView: View | undefined;
  /** The tail that was cut when it was opened. */
  readonly torn: TornTail | undefined;
  readonly #options: FileJournalOptions;
  readonly #io: FileSystem;
  readonly #writer: JournalWriter;
  readonly #reader: JournalReader;
  readonly #scrub: JournalScrub;
  readonly #warmer: LinkWarmer;
  #closing: Promise<void> | undefined;
  /** The tail is being dropped: nothing may be written meanwhile, marks neither. */
  #truncating = false;

  private constructor(options: FileJournalOptions, sizes: Sizes, opened: OpenedJournal) {
    const { machine, directory, incarnation, events } = options;
    this.#options = options;
    this.#io = machine.io;
    this.recoveredView = opened.recovered.view;
    this.torn = opened.recovered.torn;
    this.#reader = new JournalReader(machine.io);
    this.#writer = new JournalWriter(
      {
        machine, sizes, directory, incarnation, events,
        onFull: (index) => this.#reader.adopt(index),
      },
      opened.position,
    );
    this.#warmer = new LinkWarmer({
      tail: opened.recovered.tail.seq,
      isIdle: () => this.#writer.isIdle,
      read: (seq) => this.#reader.exclusive(() => this.#readLinks(seq)),
    });
    this.#scrub = new JournalScrub({
      machine,
      bytesPerSecond: sizes.scrubBytesPerSecond,
      pauseMs: sizes.scrubPauseMs,
      segments: () => this.#writer.segments,
      activeEnd: () => this.#writer.activeIndex.end,
      exclusive: (task) => this.#reader.exclusive(task),
      onCorruption: (detail) => events.onCorruption(detail),
    });
  }

  /** Recovers what stands on the disk, hands its entries on, and is ready to append. */
  static async open(options: FileJournalOptions): Promise<FileJournal> {
    const { sizes = SIZES, checkpoint = ENTRY_NONE } = options;
    try {
      const opened = await openJournal({ ...options, sizes, checkpoint });
      const journal = new FileJournal(options, sizes, opened);
      await journal.#writer.start();
      journal.#scrub.start();
      return journal;
    } catch (error) {
      throw fromErrno(error, `open the journal ${options.directory}`);
    }
  }

  get tail(): EntryId | undefined {
    const { tail } = this.#writer;
    return tail.seq === 0 ? undefined : tail;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  get reserve(): Reserve {
    return this.#writer.reserve;
  }

  append(entry: ExecutedEntry): void {
    this.#writer.append(entry);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** The load pauses: vouches for the last entry. Costs nothing where that is done already. */
  mark(): void {
    if (this.#truncating) return;
    this.#writer.mark();
    this.#warmer.wantUpTo(this.#writer.tail.seq);
    this.#warmer.run();
  }

  async locate(seq: Seq): Promise<EntryId | undefined> {
    if (seq === this.#writer.tail.seq) return this.tail;
    const entry = await this.read(seq);
    return entry && { seq, entryEpoch: entry.entryEpoch, hash: entry.hash };
  }

  async read(seq: Seq): Promise<ExecutedEntry | undefined> {
    if (seq < 1 || seq > this.#writer.tail.seq) return undefined;
    return this.#writer.queued(seq) ?? this.#exclusively(() => {
      const segment = this.#segmentOf(seq);
      const { active, activeIndex } = this.#writer;
      return this.#reader.read(segment, segment === active ? activeIndex : undefined, seq);
    });
  }

  async walk<Value>(walker: (operations: DecidedOperations) => Promise<Value>): Promise<Value> {
    return this.#exclusively(async () => {
      const { machine } = this.#options;
      await using reader = new OperationReader(machine, {
        find: (seq) => this.#find(seq),
        fileOf: (segment) => this.#reader.fileOf(segment),
        onSlowLink: (seq) => this.#warmer.want(seq),
      });
      return await walker(reader);
    }).finally(() => this.#warmer.run());
  }

  /** All links of a large entry whose place is known. */
  async #readLinks(seq: Seq): Promise<void> {
    const segment = this.#segmentOf(seq);
    const { active, activeIndex } = this.#writer;
    const index = segment === active ? activeIndex : this.#reader.knownIndexOf(segment);
    const place = index?.find(seq);
    if (place === undefined || !isLarge(place)) return;
    const fd = await this.#reader.fileOf(segment);
    const links = new Uint8Array(place.linksBytes);
    await readFully(this.#io, fd, links, place.from + ENTRY_HEADER_BYTES);
  }

  /** Damage that it meets is told; other failures are those of the disk. */
  async #exclusively<Value>(task: () => Promise<Value>): Promise<Value> {
    try {
      return await this.#reader.exclusive(task);
    } catch (error) {
      if (isKind(error, 'corrupt')) this.#options.events.onCorruption((error as Error).message);
      throw fromErrno(error, `read the journal ${this.#options.directory}`);
    }
  }

  #segmentOf(seq: Seq): SegmentFile {
    const segment = this.#writer.segments.findLast(({ header }) => header.first <= seq);
    return present(segment, 'the first segment begins with entry 1');
  }

  async #find(seq: Seq): Promise<EntryAt> {
    const entry = this.#writer.queued(seq);
    if (entry !== undefined) return { kind: 'queued', entry };
    const segment = this.#segmentOf(seq);
    const { active, activeIndex } = this.#writer;
    const index = segment === active ? activeIndex : await this.#reader.indexOf(segment);
    const place = index.find(seq);
    if (place === undefined) throw corrupt(segment.path, 0, `entry ${seq} is missing`);
    return { kind: 'written', segment, place };
  }

  async truncateAfter(seq: Seq): Promise<void> {
    const writer = this.#writer;
    assert(seq >= 0 && seq <= writer.tail.seq, 'only what is there is dropped');
    if (writer.failure !== undefined) throw writer.failure;
    if (seq === writer.tail.seq) return;
    this.#truncating = true;
    try {
      await writer.flush();
      await writer.idle();
      const tail = (await this.locate(seq)) ?? ENTRY_NONE;
      await this.#reader.exclusive(() => this.#cutAfter(tail)).catch((error: unknown) => {
        const failure = fromErrno(error, `truncate the journal ${this.#options.directory}`);
        // Damage is not the disk's refusal: whoever asked begins anew without these files.
        if (failure.kind !== 'corrupt') writer.fail(failure);
        throw failure;
      });
    } finally {
      this.#truncating = false;
    }
  }

  /** Ends with what was appended durable and vouched for. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#scrub.stop();
    await this.#warmer.stop();
    await this.#reader.exclusive(async () => {
      await this.#writer.close();
      await this.#reader.forget();
    });
  }

  async #cutAfter(tail: EntryId): Promise<void> {
    const { directory } = this.#options;
    const writer = this.#writer;
    const { segments } = writer;
    const count = Math.max(1, segments.findLastIndex(({ header }) => header.first <= tail.seq) + 1);
    const segment = present(segments[count - 1], 'the first segment is never dropped');
    const { first } = segment.header;
    const place = (await this.#indexOf(count - 1)).find(tail.seq);
    const cut = { first, offset: place?.to ?? SEGMENT_HEADER_BYTES, afterSeq: tail.seq };
    await beginCut(this.#io, directory, cut);
    await writer.release();
    await finishCut(this.#io, directory, cut);
    await this.#reader.forget();
    this.#scrub.restart();
    const index = await this.#reader.indexOf(segment);
    assert(index.first + index.count - 1 === tail.seq, 'the tail stands where the journal was cut');
    await this.#reader.forget(); // the index is the writer's now
    await writer.moveTo({ segments: segments.slice(0, count), index, tail });
  }

  async #indexOf(at: number) {
    const { segments, active, activeIndex } = this.#writer;
    const segment = present(segments[at], 'counted');
    return segment === active ? activeIndex : this.#reader.indexOf(segment);
  }
}
