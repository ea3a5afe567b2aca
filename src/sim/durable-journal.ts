/**
 * What a power loss right now would leave of a backend's journal, read from the durable bytes by
 * code of its own: who judges what is durable must not ask the code that is judged. It takes from
 * `wire/` the layout of single records, and nothing else.
 *
 * Each sync is followed as it happens, so that the whole is never read again.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import { crc32 } from '../core/hash.ts';
import { HASH_NONE, type Seq } from '../core/ids.ts';
import { viewOf } from '../core/operation.ts';
import {
  decodeEntry, ENTRY_HEADER_BYTES, hex, MARK_BYTES, readRecordHead, type RecordHead,
} from '../wire/journal-entry.ts';
import {
  capacityOf, decodeSegmentHeader, SEAL_BYTES, SEGMENT_HEADER_BYTES,
} from '../wire/journal-segment.ts';
import { SimFile } from './sim-file.ts';
import { SimDirectory, type SimStorage, type StorageWatcher } from './sim-storage.ts';

export const DATA_PATH = '/data';
/** Of an entry's record (`wire/journal-entry.ts`): the digest, and the hash before the checksum. */
const DIGEST_AT = 96;
const DIGEST_BYTES = 16;
const HASH_BYTES = 32;
const HASH_END = HASH_BYTES + 4;
const SEGMENT_NAME = /^(\d{16})\.segment$/;

export interface DurableEvents {
  /** It is durable now, behind what was durable before. */
  onEntry(entry: ExecutedEntry): void;
  /** These are not durable any more. */
  onDropped(entries: readonly ExecutedEntry[]): void;
  /** The directory is another backend's now, or nobody's (empty). */
  onIncarnation(incarnation: string, before: string): void;
  /** A checkpoint stands durably under its name. */
  onCheckpoint(seq: Seq, hash: string): void;
}

/**
 * What stands in the journals of all, by hash: an entry comes once for each backend, and is taken
 * apart once.
 */
export type KnownEntries = Map<string, ExecutedEntry>;

/** The intact records of one file, as far as they were read. */
class SegmentScan {
  readonly file: SimFile;
  readonly #known: KnownEntries;
  readonly entries: ExecutedEntry[] = [];
  /** Where each entry ends. */
  readonly ends: number[] = [];
  /** Undefined where there is no header yet. */
  #seed: number | undefined;
  #previousHash: string = HASH_NONE;
  #end = SEGMENT_HEADER_BYTES;
  #version = -1;

  constructor(file: SimFile, known: KnownEntries) {
    this.file = file;
    this.#known = known;
  }

  /** Of the entry before its first one. */
  get previousHash(): string {
    return this.#previousHash;
  }

  /** Bytes from there on have changed. False where the entries are what they were. */
  follow(from: number): boolean {
    const { file } = this;
    const last = this.entries.at(-1);
    const isBegun = this.#version !== file.version || from < SEGMENT_HEADER_BYTES;
    if (isBegun) this.#begin();
    while (from < this.#end && this.entries.length > 0) {
      this.entries.pop();
      this.ends.pop();
      this.#end = this.ends.at(-1) ?? SEGMENT_HEADER_BYTES;
    }
    if (from < this.#end) this.#end = SEGMENT_HEADER_BYTES;
    if (this.#seed !== undefined) this.#walk(file.durableBytes, this.#seed);
    return isBegun || this.entries.at(-1) !== last;
  }

  #begin(): void {
    this.#version = this.file.version;
    this.entries.length = 0;
    this.ends.length = 0;
    this.#end = SEGMENT_HEADER_BYTES;
    const decoded = decodeSegmentHeader(this.file.durableBytes.subarray(0, SEGMENT_HEADER_BYTES));
    this.#seed = typeof decoded === 'string' ? undefined : decoded.seed;
    if (typeof decoded !== 'string') this.#previousHash = decoded.header.previous.hash;
  }

  #walk(bytes: Uint8Array, seed: number): void {
    const view = viewOf(bytes);
    while (this.#end + MARK_BYTES <= bytes.byteLength) {
      const head = readRecordHead(bytes, view, this.#end, seed);
      if (head === undefined || this.#end + head.length > bytes.byteLength) return;
      if (head.kind === 'entry') {
        const entry = this.#entryAt(bytes, view, head);
        const last = this.entries.at(-1)?.hash ?? this.#previousHash;
        if (entry?.previousHash !== last) return;
        this.entries.push(entry);
        this.ends.push(this.#end + head.length);
      }
      this.#end += head.length;
    }
  }

  #entryAt(bytes: Uint8Array, view: DataView, head: RecordHead): ExecutedEntry | undefined {
    const from = this.#end;
    const { length } = head;
    const known = this.#known.get(hex(bytes, from + length - HASH_END, HASH_BYTES));
    const digest = hex(bytes, from + DIGEST_AT, DIGEST_BYTES);
    if (known?.digest === digest && isIntact(bytes, view, from, length)) return known;
    const entry = decodeEntry(bytes, view, from, head);
    if (typeof entry === 'string') return undefined;
    const { links, batch, results } = entry;
    const copy = {
      ...entry, links: links.slice(), batch: batch.slice(), results: results.slice(),
    };
    this.#known.set(entry.hash, copy);
    return copy;
  }
}

/** The checksum of the body, continued from that of the header, is the last of the record. */
function isIntact(bytes: Uint8Array, view: DataView, from: number, length: number): boolean {
  const crcAt = from + length - 4;
  const headerCrc = view.getUint32(from + ENTRY_HEADER_BYTES - 4, true);
  const body = bytes.subarray(from + ENTRY_HEADER_BYTES, crcAt);
  return view.getUint32(crcAt, true) === crc32(body, headerCrc);
}

export class DurableJournal implements StorageWatcher {
  /** From entry 1 on, without a gap. */
  entries: ExecutedEntry[] = [];
  /** Whose directory it is; empty where that is not known. */
  incarnation = '';
  /** The promise that stands in it; undefined where that is not known. */
  promise: { readonly epoch: number; readonly owner: string } | undefined;
  readonly #events: DurableEvents;
  readonly #known: KnownEntries;
  #storage: SimStorage;
  #segments: SegmentScan[] = [];
  /** The entries are those of the segments, as far as they follow each other. */
  #isMerged = false;
  #scans = new WeakMap<SimFile, SegmentScan>();
  #identity: SimFile | undefined;
  #checkpoint: SimFile | undefined;
  /** What becomes durable or is dropped now is a fault's doing. */
  #quiet = false;

  constructor(storage: SimStorage, known: KnownEntries, events: DurableEvents) {
    this.#known = known;
    this.#storage = storage;
    this.#events = events;
    storage.watcher = this;
  }

  /** Entries that stand in no order with the others yet are not told. */
  at(seq: number): ExecutedEntry | undefined {
    return this.entries[seq - 1];
  }

  /** Some damage lies where a start or a scrub will meet it. */
  get isRotten(): boolean {
    return this.isRottenBeside || this.#segments.some(({ file }) => file.isRotten);
  }

  /** Not in the journal itself. */
  get isRottenBeside(): boolean {
    return this.#identity?.isRotten === true || this.#checkpoint?.isRotten === true;
  }

  /** Whether entries can take so much in the segments that are there. */
  hasRoom(bytes: number): boolean {
    const active = this.#segments.at(-1)?.file;
    const left = active === undefined
      ? 0
      : active.size - SEAL_BYTES - (this.endIn(active) ?? SEGMENT_HEADER_BYTES);
    return bytes <= left || bytes <= left + this.#spareBytes();
  }

  /** Where the last record of a segment ends; undefined where the file is none. */
  endIn(file: SimFile): number | undefined {
    const scan = this.#segments.find((segment) => segment.file === file);
    return scan && (scan.ends.at(-1) ?? SEGMENT_HEADER_BYTES);
  }

  /** Where the entry's record ends, and what file it is in; for who makes an older copy. */
  endOf(seq: number): { readonly file: SimFile; readonly offset: number } | undefined {
    for (const { file, entries, ends } of this.#segments) {
      const at = seq - (entries[0]?.seq ?? Infinity);
      const offset = ends[at];
      if (at >= 0 && offset !== undefined) return { file, offset };
    }
    return undefined;
  }

  /** The fault that runs changes what is durable, and the backend is not to blame. */
  excuse(fault: () => void): void {
    this.#quiet = true;
    fault();
    this.#readAll();
    this.#quiet = false;
  }

  /** Another disk is here. */
  lookAt(storage: SimStorage): void {
    this.#storage = storage;
    storage.watcher = this;
    this.excuse(() => {});
  }

  onFileSynced(file: SimFile, from: number): void {
    const scan = this.#scans.get(file);
    if (scan === undefined) return;
    const isLast = scan === this.#segments.at(-1);
    const before = scan.entries.length;
    const last = scan.entries.at(-1);
    scan.follow(from);
    const isLonger = isLast && scan.entries.length >= before && scan.entries[before - 1] === last;
    const next = scan.entries[before];
    if (!isLonger) return this.#merge();
    if (next?.previousHash === (this.entries.at(-1)?.hash ?? HASH_NONE)) {
      this.#add(scan.entries.slice(before));
    }
  }

  onDirectorySynced(): void {
    this.#readAll();
  }

  #spareBytes(): number {
    const journal = this.#storage.find(`${DATA_PATH}/journal`);
    if (!(journal instanceof SimDirectory)) return 0;
    let bytes = 0;
    for (const [name, file] of journal.seen) {
      if (!(file instanceof SimFile)) continue;
      // The journal is about to go on in it: it has its name, but not durably.
      const isNext = SEGMENT_NAME.test(name) && !this.#segments.some((scan) => scan.file === file);
      if (isNext || /^spare-\d+$/.test(name)) bytes += capacityOf(file.size);
    }
    return bytes;
  }

  #readAll(): void {
    const data = this.#storage.root.durable.get(DATA_PATH.slice(1));
    const names = data instanceof SimDirectory ? data.durable : new Map<string, never>();
    this.#readIdentity(names.get('identity'));
    const journal = names.get('journal');
    const files = journal instanceof SimDirectory ? journal.durable : new Map<string, never>();
    const segments: SegmentScan[] = [];
    let isSame = this.#isMerged;
    for (const name of [...files.keys()].sort()) {
      const file = files.get(name);
      if (!SEGMENT_NAME.test(name) || !(file instanceof SimFile)) continue;
      const scan = this.#scanOf(file);
      isSame = !scan.follow(Infinity) && scan === this.#segments[segments.length] && isSame;
      segments.push(scan);
    }
    isSame &&= segments.length === this.#segments.length;
    this.#segments = segments;
    if (!isSame) this.#merge();
    this.#readCheckpoint(names.get('checkpoint'));
  }

  #scanOf(file: SimFile): SegmentScan {
    const scan = this.#scans.get(file) ?? new SegmentScan(file, this.#known);
    this.#scans.set(file, scan);
    return scan;
  }

  #merge(): void {
    const merged: ExecutedEntry[] = [];
    this.#isMerged = true;
    for (const { entries, previousHash } of this.#segments) {
      if (previousHash !== (merged.at(-1)?.hash ?? HASH_NONE)) break;
      for (const entry of entries) merged.push(entry);
    }
    const before = this.entries;
    let same = Math.min(merged.length, before.length);
    while (same > 0 && merged[same - 1]?.hash !== before[same - 1]?.hash) same -= 1;
    this.entries = merged.slice(0, same);
    if (same < before.length && !this.#quiet) this.#events.onDropped(before.slice(same));
    this.#add(merged.slice(same));
  }

  #add(entries: readonly ExecutedEntry[]): void {
    for (const entry of entries) {
      this.entries.push(entry);
      if (!this.#quiet) this.#events.onEntry(entry);
    }
  }

  #readIdentity(node: unknown): void {
    const file = node instanceof SimFile ? node : undefined;
    if (file === this.#identity) return;
    this.#identity = file;
    const before = this.incarnation;
    const { incarnation = '', promise } = file === undefined ? {} : recordIn(file.durableBytes);
    this.incarnation = incarnation;
    this.promise = promise;
    if (before === this.incarnation) return;
    this.entries = []; // what another one held is no concern of this one
    this.#isMerged = false;
    if (!this.#quiet) this.#events.onIncarnation(this.incarnation, before);
  }

  #readCheckpoint(node: unknown): void {
    const file = node instanceof SimFile ? node : undefined;
    if (file === this.#checkpoint) return;
    this.#checkpoint = file;
    if (file === undefined || this.#quiet) return;
    const bytes = file.durableBytes;
    const length = viewOf(bytes).getUint32(8, true);
    const { entry } = JSON.parse(new TextDecoder().decode(bytes.subarray(64, 64 + length)));
    this.#events.onCheckpoint(entry.seq, entry.hash);
  }
}

function recordIn(bytes: Uint8Array): Partial<Pick<DurableJournal, 'incarnation' | 'promise'>> {
  const [line = ''] = new TextDecoder().decode(bytes).split('\n');
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
