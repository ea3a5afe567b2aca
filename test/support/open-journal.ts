/** A FileJournal whose events are recorded. */
import type { EntryId, ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq } from '../../src/core/ids.ts';
import type { Reserve } from '../../src/core/message.ts';
import { EnvironmentError } from '../../src/host/environment-error.ts';
import { FileJournal, type FileJournalOptions } from '../../src/host/file-journal.ts';
import type { FileSystem } from '../../src/host/file-system.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { SIZES, type Sizes } from '../../src/host/sizes.ts';
import { INCARNATION } from './journal-entries.ts';

export interface OpenedForTest {
  readonly journal: FileJournal;
  /** What opening handed on. */
  readonly replayed: ExecutedEntry[];
  readonly synced: Seq[];
  readonly reserves: Reserve[];
  readonly failures: Error[];
  readonly corruptions: string[];
}

export async function openForTest(
  directory: string,
  options: Partial<FileJournalOptions & Sizes> & {
    readonly checkpoint?: EntryId;
    readonly io?: FileSystem;
  } = {},
): Promise<OpenedForTest> {
  const replayed: ExecutedEntry[] = [];
  const synced: Seq[] = [];
  const reserves: Reserve[] = [];
  const failures: Error[] = [];
  const corruptions: string[] = [];
  const journal = await FileJournal.open({
    machine: { ...nodeMachine, io: options.io ?? nodeMachine.io },
    sizes: { ...SIZES, scrubBytesPerSecond: 0, ...options },
    directory,
    incarnation: INCARNATION,
    mayBeMissing: true,
    onEntry: (entry) => replayed.push({
      ...entry, batch: entry.batch.slice(), results: entry.results.slice(),
      links: entry.links.slice(),
    }),
    events: {
      onSynced: (seq) => synced.push(seq),
      onReserve: (reserve) => reserves.push(reserve),
      onFailed: (error) => failures.push(error),
      onCorruption: (detail) => corruptions.push(detail),
    },
    ...options,
  });
  return { journal, replayed, synced, reserves, failures, corruptions };
}

const KIB = 1024;
/** A sixteenth of the real ones, for what opens a journal or rolls its segments again and again. */
const SMALL = {
  segmentBytesMin: 64 * KIB, segmentBytesMax: 4096 * KIB, reserveBytes: 512 * KIB,
  freeBytesMin: 32 * KIB,
};

export function openSmall(
  directory: string,
  options: Parameters<typeof openForTest>[1] = {},
): Promise<OpenedForTest> {
  return openForTest(directory, { ...SMALL, ...options });
}

/** Until the condition holds; gives up after 10 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The kind of EnvironmentError that it rejects with; `none` where it resolves. */
export async function kindOfError(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (error instanceof EnvironmentError) return error.kind;
    throw error;
  }
}
