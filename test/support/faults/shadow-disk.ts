/**
 * What of a directory survives a power loss, as pessimistic as POSIX allows.
 *
 * A file's bytes are durable after an fsync or fdatasync of the file that began when the write had
 * ended; a name after an fsync of its directory; a rename between two directories after both. All
 * else may be there or not: each 512-byte sector in any of the versions since the last sync, each
 * change of names by itself. `cutPower` draws one of the images that are possible, and replaces the
 * directory by it. Compare ALICE (Pillai et al., OSDI 2014) and CrashMonkey (OSDI 2018).
 *
 * Zeros take no room here: a sector that is not in the map is zero.
 */
import {
  closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync,
  statSync, truncateSync, writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import { readShadow, type ShadowHead } from './shadow-log.ts';

const SECTOR = 512;

interface Write {
  readonly at: number;
  readonly length: number;
  /** Undefined: zeros. */
  readonly bytes: Uint8Array | undefined;
}

interface Pending<Change> {
  readonly change: Change;
  /** Whether the call has ended. */
  ended: boolean;
}

class ShadowFile {
  /** What is durable. */
  size = 0;
  sectors = new Map<number, Uint8Array>();
  /** What is not, in order. */
  pending: Pending<Write | 'emptied'>[] = [];

  /** With some of what is not durable. */
  drawn(draw: () => boolean): ShadowFile {
    const file = new ShadowFile();
    file.size = this.size;
    file.sectors = new Map(this.sectors);
    for (const { change } of this.pending) file.apply(change, draw);
    return file;
  }

  apply(change: Write | 'emptied', draw: () => boolean): void {
    if (change === 'emptied') {
      if (!draw()) return;
      this.size = 0;
      this.sectors.clear();
    } else if (change.bytes === undefined) this.#zero(change, draw);
    else this.#write(change.at, change.bytes, draw);
  }

  #zero({ at, length }: Write, draw: () => boolean): void {
    const end = at + length;
    if (draw()) this.size = Math.max(this.size, end);
    for (const [number, sector] of this.sectors) {
      const start = number * SECTOR;
      if (start >= end || start + SECTOR <= at || !draw()) continue;
      const changed = sector.slice();
      changed.fill(0, Math.max(0, at - start), Math.min(SECTOR, end - start));
      if (changed.every((byte) => byte === 0)) this.sectors.delete(number);
      else this.sectors.set(number, changed);
      this.size = Math.max(this.size, Math.min(end, start + SECTOR));
    }
  }

  #write(at: number, bytes: Uint8Array, draw: () => boolean): void {
    const end = at + bytes.length;
    for (let from = at; from < end;) {
      const number = Math.floor(from / SECTOR);
      const to = Math.min(end, (number + 1) * SECTOR);
      if (draw()) {
        const sector = this.sectors.get(number)?.slice() ?? new Uint8Array(SECTOR);
        sector.set(bytes.subarray(from - at, to - at), from - number * SECTOR);
        this.sectors.set(number, sector);
        this.size = Math.max(this.size, to);
      }
      from = to;
    }
  }
}

class ShadowDirectory {
  readonly durable = new Map<string, Node>();
  /** As the process sees it. */
  readonly live = new Map<string, Node>();
}

type Node = ShadowFile | ShadowDirectory;

/** A name that comes, or goes (no node). */
interface NameChange {
  readonly directory: ShadowDirectory;
  readonly name: string;
  readonly node: Node | undefined;
}

interface PendingNames extends Pending<readonly NameChange[]> {
  /** Whose fsync it waits for. */
  readonly waiting: Set<ShadowDirectory>;
}

export class ShadowDisk {
  readonly #path: string;
  readonly #log: string;
  /** Above the directory, which may be missing. */
  #above = new ShadowDirectory();
  #names: PendingNames[] = [];
  #nodes = new Map<number, Node>();
  /** Calls under way: what happens at their end. */
  #calls = new Map<number, () => void>();

  /** Everything that is there is taken for durable. */
  constructor(path: string, log: string) {
    this.#path = path;
    this.#log = log;
    if (existsSync(path)) {
      const directory = loadDirectory(path);
      this.#above.durable.set('it', directory);
      this.#above.live.set('it', directory);
    }
    writeLog(log);
  }

  /**
   * The process has been killed: puts in its place a directory that a power loss could have left.
   * `kept`: which part of what was not synced is there all the same; drawn where it is left out.
   */
  cutPower(random: Random, kept?: number): void {
    this.#readLog();
    const directory = this.#draw(random, kept);
    this.#names = [];
    this.#nodes.clear();
    this.#calls.clear();
    this.#above = new ShadowDirectory();
    rmSync(this.#path, { recursive: true, force: true });
    if (directory === undefined) return;
    this.#above.durable.set('it', directory);
    this.#above.live.set('it', directory);
    writeDirectory(this.#path, directory);
  }

  /** Another of the directories that it could leave, somewhere else; nothing is settled by it. */
  writeImage(path: string, random: Random): void {
    this.#readLog();
    const directory = this.#draw(random);
    rmSync(path, { recursive: true, force: true });
    if (directory !== undefined) writeDirectory(path, directory);
  }

  #readLog(): void {
    for (const { head, bytes } of readShadow(this.#log)) this.#replay(head, bytes);
    writeLog(this.#log);
  }

  #draw(random: Random, kept?: number): ShadowDirectory | undefined {
    // All, nothing, and anything between: each finds bugs of its own.
    const keep = kept ?? random.pick([0, 0, 0.5, 0.5, 0.9]);
    const draw = (): boolean => random.chance(keep);
    const names = new Map<ShadowDirectory, Map<string, Node>>();
    const namesOf = (directory: ShadowDirectory): Map<string, Node> => {
      const copy = names.get(directory) ?? new Map(directory.durable);
      names.set(directory, copy);
      return copy;
    };
    for (const { change } of this.#names) {
      if (draw()) for (const each of change) applyName(each, namesOf(each.directory));
    }
    const copy = (node: ShadowDirectory): ShadowDirectory => {
      const directory = new ShadowDirectory();
      for (const [name, child] of namesOf(node)) {
        const its = child instanceof ShadowFile ? child.drawn(draw) : copy(child);
        directory.durable.set(name, its);
        directory.live.set(name, its);
      }
      return directory;
    };
    const it = copy(this.#above).durable.get('it');
    return it instanceof ShadowDirectory ? it : undefined;
  }

  // ---- what the process did --------------------------------------------------------------------

  #replay(head: ShadowHead, bytes: Uint8Array | undefined): void {
    switch (head.what) {
      case 'boot':
        this.#nodes.clear();
        this.#calls.clear();
        return;
      case 'create':
        return this.#rename(head.call, this.#change(head.path, new ShadowFile()));
      case 'mkdir':
        return this.#rename(head.call, this.#change(head.path, new ShadowDirectory()));
      case 'unlink':
        return this.#rename(head.call, this.#change(head.path, undefined));
      case 'rename': {
        const node = this.#find(head.from);
        return this.#rename(
          head.call, this.#change(head.from, undefined), this.#change(head.to, node));
      }
      case 'empty':
        return this.#alter(head.call, this.#find(head.path), 'emptied');
      case 'opened': {
        const node = this.#find(head.path);
        if (node !== undefined) this.#nodes.set(head.fd, node);
        return;
      }
      case 'write': {
        const { at, length } = head;
        return this.#alter(head.call, this.#nodes.get(head.fd), { at, length, bytes });
      }
      case 'sync':
        return this.#sync(head.call, this.#nodes.get(head.fd));
      case 'done':
        this.#calls.get(head.call)?.();
        this.#calls.delete(head.call);
    }
  }

  #rename(call: number, ...change: NameChange[]): void {
    const waiting = new Set(change.map(({ directory }) => directory));
    const pending: PendingNames = { change, ended: false, waiting };
    for (const each of change) applyName(each, each.directory.live);
    this.#names.push(pending);
    this.#calls.set(call, () => (pending.ended = true));
  }

  #alter(call: number, file: Node | undefined, change: Write | 'emptied'): void {
    if (!(file instanceof ShadowFile)) throw new Error('what is written is a file');
    const pending = { change, ended: false };
    file.pending.push(pending);
    this.#calls.set(call, () => (pending.ended = true));
  }

  /** What has ended now is durable when the sync has. */
  #sync(call: number, node: Node | undefined): void {
    if (node instanceof ShadowFile) {
      const covered = new Set(node.pending.filter(({ ended }) => ended));
      this.#calls.set(call, () => {
        for (const { change } of covered) node.apply(change, () => true);
        node.pending = node.pending.filter((each) => !covered.has(each));
      });
    } else if (node !== undefined) {
      const covered = this.#names.filter(({ ended, waiting }) => ended && waiting.has(node));
      this.#calls.set(call, () => this.#onDirectorySynced(node, covered));
    }
  }

  #onDirectorySynced(directory: ShadowDirectory, covered: readonly PendingNames[]): void {
    for (const pending of covered) {
      pending.waiting.delete(directory);
      if (pending.waiting.size > 0) continue;
      for (const each of pending.change) applyName(each, each.directory.durable);
      this.#names = this.#names.filter((other) => other !== pending);
    }
  }

  #change(path: string, node: Node | undefined): NameChange {
    const parts = this.#partsOf(path);
    const name = parts.pop() ?? '';
    const directory = this.#walk(parts);
    if (!(directory instanceof ShadowDirectory)) throw new Error(`no directory for ${path}`);
    return { directory, name, node };
  }

  #find(path: string): Node | undefined {
    return this.#walk(this.#partsOf(path));
  }

  #partsOf(path: string): string[] {
    const inside = relative(this.#path, path);
    if (inside === '..') return [];
    return ['it', ...inside.split('/').filter((part) => part !== '')];
  }

  #walk(parts: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#above;
    for (const part of parts) {
      node = node instanceof ShadowDirectory ? node.live.get(part) : undefined;
    }
    return node;
  }
}

function applyName({ name, node }: NameChange, names: Map<string, Node>): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

// ---- real directories --------------------------------------------------------------------------

function loadDirectory(path: string): ShadowDirectory {
  const directory = new ShadowDirectory();
  for (const name of readdirSync(path)) {
    const child = join(path, name);
    const node = statSync(child).isDirectory() ? loadDirectory(child) : loadFile(child);
    directory.durable.set(name, node);
    directory.live.set(name, node);
  }
  return directory;
}

function loadFile(path: string): ShadowFile {
  const file = new ShadowFile();
  const bytes = readFileSync(path);
  file.size = bytes.length;
  const none = Buffer.alloc(SECTOR);
  for (let at = 0; at < bytes.length; at += SECTOR) {
    const part = bytes.subarray(at, at + SECTOR);
    if (part.equals(none.subarray(0, part.length))) continue;
    const sector = new Uint8Array(SECTOR);
    sector.set(part);
    file.sectors.set(at / SECTOR, sector);
  }
  return file;
}

function writeDirectory(path: string, directory: ShadowDirectory): void {
  mkdirSync(path);
  for (const [name, node] of directory.durable) {
    const child = join(path, name);
    if (node instanceof ShadowDirectory) writeDirectory(child, node);
    else writeFile(child, node);
  }
}

function writeFile(path: string, { size, sectors }: ShadowFile): void {
  const fd = openSync(path, 'w', 0o600);
  for (const [number, sector] of sectors) {
    const at = number * SECTOR;
    if (at < size) writeSync(fd, sector, 0, Math.min(SECTOR, size - at), at);
  }
  ftruncateSync(fd, size);
  closeSync(fd);
}

function writeLog(path: string): void {
  closeSync(openSync(path, 'a'));
  truncateSync(path);
}
