/** The background scrub: it finds damage wherever it is, and never where there is none. */
import { join } from 'node:path';
import t from 'tap';
import type { Seq } from '../../src/core/ids.ts';
import { entryBytes } from '../../src/core/entry.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { chainOf } from '../support/journal-entries.ts';
import { damage } from '../support/damage.ts';
import { openForTest, until } from '../support/open-journal.ts';

const MIB = 1024 * 1024;
const ENTRIES = 1_500;

t.test('scrub: small entries across every place where a read ends: no false alarm', async (t) => {
  for (const batchBytes of [64, 128, 192, 256]) {
    const directory = join(t.testdir({}), `journal-${batchBytes}`);
    const io = new FaultyFileSystem();
    // A pass may be over before there are entries: the next one is soon.
    const { journal, corruptions } = await openForTest(directory, {
      io, scrubBytesPerSecond: 64 * 1024, scrubPauseMs: 10,
    });
    const before = io.bytesRead;
    for (const entry of chainOf(ENTRIES, batchBytes)) journal.append(entry);
    await journal.flush();
    const bytes = ENTRIES * entryBytes(batchBytes, batchBytes / 64);
    const isOver = (): boolean => corruptions.length > 0 || io.bytesRead - before >= bytes;
    await until(isOver, 'the pass is over');
    t.same(corruptions, [], `batches of ${batchBytes} bytes`);
    await journal.close();
  }
});

t.test('scrub: the journal is cut again and again meanwhile: no false alarm', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal, corruptions, failures } = await openForTest(directory, {
    scrubBytesPerSecond: 64 * MIB,
  });
  const entries = chainOf(40, 64 * 1024);
  for (let round = 0; round < 20; round += 1) {
    const from = journal.tail?.seq ?? 0;
    for (const entry of entries.slice(from)) journal.append(entry);
    await journal.flush();
    await journal.truncateAfter((1 + ((7 * round) % 30)) as Seq);
  }
  t.same([corruptions, failures], [[], []]);
  await journal.close();
});

t.test('scrub: a flipped bit in each part of a record: found', async (t) => {
  const entries = chainOf(400, 128);
  for (const offset of [4096 + 40, 4096 + 260, 4096 + 100_000, 4096 + 399 * 512 + 300]) {
    const directory = join(t.testdir({}), `journal-${offset}`);
    const { journal, corruptions } = await openForTest(directory, {
      scrubBytesPerSecond: 64 * MIB,
    });
    for (const entry of entries) journal.append(entry);
    await journal.flush();
    damage(join(directory, '0000000000000001.segment'), offset);
    await until(() => corruptions.length > 0, `damage at ${offset}`);
    t.match(corruptions[0], /is corrupt at byte \d+: entry \d+/);
    await journal.close();
  }
});
