/**
 * A made-up disk: directories and files, each as processes see it and as a power loss leaves it.
 *
 * Keeps true, as pessimistically as POSIX allows: a name that was made, moved or removed is durable
 * only after a sync of its directory; a power loss keeps of the other changes any that do not
 * depend on a lost one. A rename within a directory is atomic; one between two may leave both
 * names, never none. No time and no chance in here. Compare Pillai et al., "All File Systems Are
 * Not Created Equal", OSDI 2014.
 */
import { SimFile } from './sim-file.ts';

export type SimNode = SimFile | SimDirectory;

interface Change {
  readonly directory: SimDirectory;
  /** Names and what they become; undefined: removed. */
  names: readonly (readonly [name: string, node: SimNode | undefined])[];
  /** Is durable before. */
  readonly after: Change | undefined;
  fate: 'open' | 'durable' | 'lost';
}

export class SimDirectory {
  seen = new Map<string, SimNode>();
  durable = new Map<string, SimNode>();
  #changes: Change[] = [];

  change(names: Change['names'], after?: Change): Change {
    for (const [name, node] of names) set(this.seen, name, node);
    const change: Change = { directory: this, names, after, fate: 'open' };
    this.#changes.push(change);
    return change;
  }

  sync(): void {
    for (const change of this.#changes.splice(0)) {
      if (change.after?.fate === 'open') change.after.directory.sync();
      this.#keep(change);
    }
  }

  losePower(keeps: () => boolean): void {
    const lost = new Set<string>();
    for (const change of this.#changes.splice(0)) {
      if (change.after?.fate === 'open') change.after.directory.losePower(keeps);
      const depends = change.names.some(([name]) => lost.has(name));
      if (!depends && change.after?.fate !== 'lost' && keeps()) this.#keep(change);
      else for (const [name] of change.names) lost.add(name);
      if (change.fate === 'open') change.fate = 'lost';
    }
    this.seen = new Map(this.durable);
    for (const node of this.durable.values()) node.losePower(keeps);
  }

  copy(): SimDirectory {
    const copy = new SimDirectory();
    for (const [name, node] of this.seen) copy.durable.set(name, node.copy());
    copy.seen = new Map(copy.durable);
    return copy;
  }

  /** The name is gone, at once and durably, and no change under way brings it back. */
  lose(name: string): void {
    for (const change of this.#changes) {
      change.names = change.names.filter(([changed]) => changed !== name);
    }
    this.seen.delete(name);
    this.durable.delete(name);
  }

  #keep(change: Change): void {
    change.fate = 'durable';
    for (const [name, node] of change.names) set(this.durable, name, node);
  }
}

/** What the storage tells whoever looks at it from outside. */
export interface StorageWatcher {
  /** Bytes from the offset on have become durable. */
  onFileSynced(file: SimFile, from: number): void;
  onDirectorySynced(): void;
}

export class SimStorage {
  root = new SimDirectory();
  /** Bytes that are left. */
  free = Infinity;
  watcher: StorageWatcher | undefined;

  find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.root;
    for (const name of namesOf(path)) {
      if (!(node instanceof SimDirectory)) return undefined;
      node = node.seen.get(name);
    }
    return node;
  }

  file(path: string): SimFile {
    const node = this.find(path);
    if (node === undefined) throw errno('ENOENT', path);
    if (node instanceof SimDirectory) throw errno('EISDIR', path);
    return node;
  }

  directory(path: string): SimDirectory {
    const node = this.find(path);
    if (node === undefined) throw errno('ENOENT', path);
    if (!(node instanceof SimDirectory)) throw errno('ENOTDIR', path);
    return node;
  }

  create(path: string): SimFile {
    const { directory, name } = this.#place(path);
    this.#forget(directory.seen.get(name));
    const file = new SimFile();
    directory.change([[name, file]]);
    return file;
  }

  makeDirectory(path: string): void {
    const { directory, name } = this.#place(path);
    if (directory.seen.has(name)) throw errno('EEXIST', path);
    directory.change([[name, new SimDirectory()]]);
  }

  unlink(path: string): void {
    const { directory, name } = this.#place(path);
    if (!directory.seen.has(name)) throw errno('ENOENT', path);
    this.#forget(directory.seen.get(name));
    directory.change([[name, undefined]]);
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const node = source.directory.seen.get(source.name);
    if (node === undefined) throw errno('ENOENT', from);
    this.#forget(target.directory.seen.get(target.name));
    if (source.directory === target.directory) {
      source.directory.change([[source.name, undefined], [target.name, node]]);
      return;
    }
    const added = target.directory.change([[target.name, node]]);
    source.directory.change([[source.name, undefined]], added);
  }

  /** Throws where there is no room for it. */
  write(file: SimFile, bytes: Uint8Array, position: number): void {
    const more = Math.max(0, position + bytes.byteLength - file.size);
    if (more > this.free) throw errno('ENOSPC', 'write');
    this.free -= more;
    file.write(bytes, position);
  }

  syncFile(file: SimFile, begun: number): void {
    const from = file.endSync(begun);
    if (from < Infinity) this.watcher?.onFileSynced(file, from);
  }

  syncDirectory(directory: SimDirectory): void {
    directory.sync();
    this.watcher?.onDirectorySynced();
  }

  /** `keeps` is asked for each sector and each name that was not synced. */
  losePower(keeps: () => boolean): void {
    this.root.losePower(keeps);
    this.watcher?.onDirectorySynced();
  }

  #place(path: string): { readonly directory: SimDirectory; readonly name: string } {
    const end = path.lastIndexOf('/');
    return { directory: this.directory(path.slice(0, end)), name: path.slice(end + 1) };
  }

  /** What the name stood for gives its room back. */
  #forget(node: SimNode | undefined): void {
    if (node instanceof SimFile) this.free += node.size;
  }
}

export function errno(code: string, detail: string): Error {
  return Object.assign(new Error(`${code}: ${detail}`), { code });
}

/** A run asks for the same few paths all the time. */
const NAMES = new Map<string, readonly string[]>();

function namesOf(path: string): readonly string[] {
  let names = NAMES.get(path);
  if (names === undefined) NAMES.set(path, names = path.split('/').filter((name) => name !== ''));
  return names;
}

function set(names: Map<string, SimNode>, name: string, node: SimNode | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}
