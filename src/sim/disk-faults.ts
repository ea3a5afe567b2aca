/**
 * What may happen to a backend's directory besides what its process does to it: bytes rot, names
 * vanish, older copies and other backends' directories appear in its place.
 */
import type { Random } from '../core/random.ts';
import type { SimBackend } from './sim-backend.ts';
import {
  DATA_PATH, DurableJournal, type DurableEvents, type KnownEntries,
} from './durable-journal.ts';
import { SimFile } from './sim-file.ts';
import { SimDirectory, SimStorage } from './sim-storage.ts';

const UNHEARD: DurableEvents = {
  onEntry: () => {}, onDropped: () => {}, onIncarnation: () => {}, onCheckpoint: () => {},
};

export type Part = 'identity' | 'checkpoint' | 'journal';

/** A bit rots; false where there is nothing of the part. */
export function rot(backend: SimBackend, part: Part, random: Random): boolean {
  const files = filesOf(backend, part).filter((file) => file.durableSize > 0);
  if (files.length === 0) return false;
  const file = random.pick(files);
  // Where something is written: nobody looks at the zeros behind it.
  const offset = random.int(backend.journal.endIn(file) ?? file.durableSize);
  backend.onTouched();
  backend.journal.excuse(() => file.rot(offset, random.int(8)));
  return true;
}

/** A name of the directory, or of its journal, is gone, whatever it stands for. */
export function loseName(backend: SimBackend, random: Random): string {
  const data = dataOf(backend.storage);
  const journal = data?.durable.get('journal');
  const isInside = random.chance(0.6);
  const directory = isInside && journal instanceof SimDirectory ? journal : data;
  const names = [...(directory?.durable.keys() ?? [])].filter((name) => !name.startsWith('set-'));
  if (directory === undefined || names.length === 0) return '';
  const name = random.pick(names);
  loseFrom(backend, directory, name);
  return name;
}

/** An older copy of the journal, with so many entries. */
export function cutBack(backend: SimBackend, entries: number): void {
  const { journal } = backend;
  const place = journal.endOf(entries);
  if (place === undefined) throw new Error(`there is no entry ${entries}`);
  const directory = dataOf(backend.storage)?.durable.get('journal') as SimDirectory;
  backend.onTouched();
  backend.lostBelow = Math.max(backend.lostBelow, journal.entries.length);
  journal.excuse(() => {
    place.file.clearFrom(place.offset);
    const names = [...directory.durable.keys()].sort();
    const at = names.findIndex((name) => directory.durable.get(name) === place.file);
    for (const name of names.slice(at + 1)) {
      if (name.endsWith('.segment')) directory.lose(name);
    }
  });
}

/** Everything, as it is seen now, which may be more than what is durable; with so many entries. */
export function backupOf(
  { storage }: SimBackend, known: KnownEntries,
): { readonly copy: SimStorage; readonly entries: number } {
  const copy = new SimStorage();
  copy.root = storage.root.copy();
  const journal = new DurableJournal(copy, known, UNHEARD);
  journal.lookAt(copy);
  return { copy, entries: journal.entries.length };
}

export function hasIdentity({ storage }: SimBackend): boolean {
  return storage.find(`${DATA_PATH}/identity`) !== undefined;
}

/** Each has the other's directory from now on. Both are down. */
export function swap(one: SimBackend, other: SimBackend): void {
  const [first, second] = [one.storage, other.storage];
  one.storage = second;
  other.storage = first;
  for (const each of [one, other]) each.onTouched();
  one.isSwapped = !one.isSwapped;
  other.isSwapped = !other.isSwapped;
  one.journal.lookAt(second);
  other.journal.lookAt(first);
}

function loseFrom(backend: SimBackend, directory: SimDirectory, name: string): void {
  const { journal } = backend;
  backend.onTouched();
  backend.lostBelow = Math.max(backend.lostBelow, journal.entries.length);
  journal.excuse(() => directory.lose(name));
}

function filesOf(backend: SimBackend, part: Part): SimFile[] {
  const node = dataOf(backend.storage)?.durable.get(part);
  if (node instanceof SimFile) return [node];
  if (!(node instanceof SimDirectory)) return [];
  return [...node.durable.keys()]
    .filter((name) => name.endsWith('.segment'))
    .map((name) => node.durable.get(name))
    .filter((file) => file instanceof SimFile);
}

function dataOf({ root }: SimStorage): SimDirectory | undefined {
  const data = root.durable.get(DATA_PATH.slice(1));
  return data instanceof SimDirectory ? data : undefined;
}
