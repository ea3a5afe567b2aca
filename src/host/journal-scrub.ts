/**
 * The background scrub: reads the whole journal over and over, slowly, and checks every header,
 * record and seal and how they are chained, so that damage is found while other copies can still
 * mend it.
 */
import type { EntryId } from '../core/entry.ts';
import { walkRecords } from '../wire/journal-scan.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES, type Seal } from '../wire/journal-segment.ts';
import { isKind } from './environment-error.ts';
import { readFully } from './file-system.ts';
import type { Cancel, Machine } from './ports.ts';
import { corrupt, openSegment, readSeal, readSegment, type SegmentFile } from './segment-file.ts';

const TICK_MS = 50;

export interface JournalScrubOptions {
  readonly machine: Machine;
  /** 0: it never runs. */
  readonly bytesPerSecond: number;
  /** Between the end of one pass and the next. */
  readonly pauseMs: number;
  readonly segments: () => readonly SegmentFile[];
  /** Where the records of the last segment end by now. */
  readonly activeEnd: () => number;
  /** Runs the task while the journal is not cut. */
  readonly exclusive: <Value>(task: () => Promise<Value>) => Promise<Value>;
  readonly onCorruption: (detail: string) => void;
}

/** Where the pass has come to. */
interface Place {
  readonly segment: SegmentFile;
  readonly seal: Seal | undefined;
  readonly offset: number;
  readonly last: EntryId;
}

export class JournalScrub {
  readonly #options: JournalScrubOptions;
  #place: Place | undefined;
  #cancelTimer: Cancel | undefined;
  #step: Promise<void> | undefined;
  #stopped = false;
  /** A record did not fit into what was read: so much more is read at once. */
  #sliceBytes: number;

  constructor(options: JournalScrubOptions) {
    this.#options = options;
    this.#sliceBytes = this.#usualSlice;
  }

  start(): void {
    if (this.#options.bytesPerSecond > 0) this.#schedule(TICK_MS);
  }

  /** The journal was cut: begins again. */
  restart(): void {
    this.#place = undefined;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#step;
  }

  get #usualSlice(): number {
    return Math.max(64 * 1024, Math.ceil((this.#options.bytesPerSecond * TICK_MS) / 1000));
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.machine.after(ms, () => {
      this.#step = this.#tick();
    });
  }

  async #tick(): Promise<void> {
    const { pauseMs } = this.#options;
    const before = [...this.#options.segments()];
    try {
      const passed = await this.#options.exclusive(() => this.#advance());
      this.#schedule(passed ? pauseMs : (TICK_MS * this.#sliceBytes) / this.#usualSlice);
    } catch (error) {
      if (this.#stopped) return;
      const after = this.#options.segments();
      const isReplaced = before.some((segment) => !after.includes(segment));
      if (isReplaced || !isKind(error, 'corrupt')) {
        this.#place = undefined; // a file changed meanwhile, or could not be read: later again
        return this.#schedule(pauseMs);
      }
      this.#options.onCorruption((error as Error).message);
    }
  }

  /** Checks one slice; true when the pass is over. */
  async #advance(): Promise<boolean> {
    const segments = this.#options.segments();
    const place = this.#place ?? (await this.#enter(segments[0]));
    if (place === undefined) return true;
    const { segment } = place;
    const isLast = segment === segments.at(-1);
    // One that has become full since it was entered has a seal by now.
    const sealed = place.seal === undefined && !isLast ? await this.#enter(segment) : place;
    const end = isLast ? this.#options.activeEnd() : (sealed?.seal?.end ?? 0);
    const next = place.offset < end ? await this.#check(place, end) : place;
    if (next.offset < end) {
      this.#place = next;
      return false;
    }
    if (!isLast && next.last.hash !== sealed?.seal?.last.hash) {
      throw corrupt(segment.path, end, 'the last entry is not the one that the seal names');
    }
    this.#place = await this.#enter(segments[segments.indexOf(segment) + 1]);
    return isLast;
  }

  /** Reads header and seal again; undefined where there is no segment. */
  async #enter(known: SegmentFile | undefined): Promise<Place | undefined> {
    if (known === undefined) return undefined;
    const { machine: { io }, segments } = this.#options;
    const segment = await readSegment(io, known.path, known.header.first);
    if (segment.seed !== known.seed) {
      throw corrupt(known.path, 0, 'the header is not the one it was');
    }
    const seal = await readSeal(io, known);
    const isLast = known === segments().at(-1);
    if (!isLast && typeof seal === 'string') {
      throw corrupt(known.path, recordsEnd(known.header.bytes), `the seal is ${seal}`);
    }
    return {
      segment: known,
      seal: typeof seal === 'string' ? undefined : seal,
      offset: SEGMENT_HEADER_BYTES,
      last: known.header.previous,
    };
  }

  async #check(place: Place, end: number): Promise<Place> {
    const { segment, offset } = place;
    const { path, seed } = segment;
    const bytes = await this.#read(path, offset, Math.min(this.#sliceBytes, end - offset));
    const stop = walkRecords(bytes, 0, seed, place.last, () => undefined);
    const isCutShort = stop.reason === 'incomplete' && offset + bytes.byteLength < end;
    if (stop.reason === 'broken' || stop.reason === 'zeros') {
      const detail = stop.detail ?? 'it is missing';
      throw corrupt(path, offset + stop.offset, `entry ${stop.last.seq + 1}: ${detail}`);
    }
    if (!isCutShort && stop.offset < bytes.byteLength) {
      throw corrupt(
        path, offset + stop.offset, `entry ${stop.last.seq + 1}: the record does not end`
      );
    }
    this.#sliceBytes = stop.offset === 0 ? 4 * this.#sliceBytes : this.#usualSlice;
    return { ...place, offset: offset + stop.offset, last: stop.last };
  }

  async #read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const { io } = this.#options.machine;
    const bytes = new Uint8Array(length);
    const fd = await openSegment(io, path);
    try {
      return bytes.subarray(0, await readFully(io, fd, bytes, offset));
    } finally {
      await io.close(fd);
    }
  }
}
