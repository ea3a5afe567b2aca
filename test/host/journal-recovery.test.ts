import {
  cpSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { entryBytes, type ExecutedEntry } from '../../src/core/entry.ts';
import type { Incarnation, Seq } from '../../src/core/ids.ts';
import {
  decodeSegmentHeader, recordsEnd, SEAL_BYTES, type SegmentHeader,
} from '../../src/wire/journal-segment.ts';
import { damage, overwrite } from '../support/damage.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { chainOf, entryAfter } from '../support/journal-entries.ts';
import { kindOfError, openSmall, until } from '../support/open-journal.ts';

const KIB = 1024;
/** What an entry of one operation takes. */
const ENTRY = entryBytes(64, 1);
const FIRST = '0000000000000001.segment';

/** A file system with no room for spares and nothing to wait for: opening is cheap. */
function cramped(): FaultyFileSystem {
  const io = new FaultyFileSystem();
  io.syncs = false;
  io.free = 0;
  return io;
}

/** A closed journal of these entries; `marked`: the last is vouched for. */
async function write(
  directory: string,
  entries: readonly ExecutedEntry[],
  marked = true,
): Promise<void> {
  const io = cramped();
  const { journal } = await openSmall(directory, { io });
  for (const entry of entries) {
    journal.append(entry);
    await journal.flush();
  }
  if (!marked) io.dieAt(0); // ends without a mark, as a kill does
  await journal.close();
}

/** What a start makes of it: the last entry, or the message of the corruption. */
async function start(directory: string): Promise<{ last: number; torn: boolean } | string> {
  try {
    const { journal, replayed } = await openSmall(
      directory, { io: cramped(), mayBeMissing: false }
    );
    await journal.close();
    return { last: replayed.at(-1)?.seq ?? 0, torn: journal.torn !== undefined };
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('recovery: the last three records changed or zeroed from every fifth byte: cut there or '
  + 'corrupt, never a vouched entry lost', async (t) => {
  const directory = join(t.testdir(), 'journal');
  const entries = chainOf(6, 64);
  await write(directory, entries, false);
  const path = join(directory, FIRST);
  const pristine = readFileSync(path);
  const bytes = ENTRY;
  const startOf = (seq: number) => 4096 + (seq - 1) * bytes;
  for (let at = startOf(4); at < startOf(7); at += 5) {
    const seq = 1 + Math.floor((at - 4096) / bytes);
    writeFileSync(path, pristine);
    damage(path, at, at % 8);
    const changed = await start(directory);
    if (seq < 6) t.match(changed, new RegExp(`corrupt at byte ${startOf(seq)}: entry ${seq}:`));
    else t.same(changed, { last: 5, torn: true }, `byte ${at}`);

    writeFileSync(path, pristine);
    overwrite(path, at, startOf(7) - at);
    // The salt is random, so the checksum at the end of an entry may end with zeros already.
    const isIntact = pristine.subarray(at, startOf(seq + 1)).every((byte) => byte === 0);
    const last = isIntact ? seq : seq - 1;
    const torn = !isIntact && at > startOf(seq);
    t.same(await start(directory), { last, torn }, `cut at ${at}`);
    t.same(await start(directory), { last, torn: false }, 'the second start finds it clean');
  }
});

t.test('recovery: a torn tail is cut, and appending goes on there', async (t) => {
  const directory = join(t.testdir(), 'journal');
  const entries = chainOf(3, 64);
  await write(directory, entries, false);
  damage(join(directory, FIRST), 4096 + 2 * ENTRY + 100);
  const { journal } = await openSmall(directory, { io: cramped() });
  t.match(journal.torn, { offset: 4096 + 2 * ENTRY, bytes: ENTRY, afterSeq: 2 });
  const other = entryAfter(entries[1] as ExecutedEntry, 64, 9);
  journal.append(other);
  await journal.flush();
  await journal.close();
  t.same(
    (await openSmall(directory, { io: cramped() })).replayed, [...entries.slice(0, 2), other]
  );
});

t.test('recovery: the mark of a clean stop vouches for the last entry', async (t) => {
  const directory = join(t.testdir(), 'journal');
  await write(directory, chainOf(3, 64));
  damage(join(directory, FIRST), 4096 + 2 * ENTRY + 300);
  t.match(await start(directory), /entry 3: the checksum of the body does not match/);
});

t.test('recovery: a flipped bit at every byte of a vouched entry in the middle: corrupt, '
  + 'with its place', async (t) => {
  const directory = join(t.testdir(), 'journal');
  await write(directory, chainOf(4, 64));
  const path = join(directory, FIRST);
  for (let at = 4096 + ENTRY; at < 4096 + 2 * ENTRY; at += 1) {
    damage(path, at, at % 8);
    const outcome = await start(directory);
    if (
      typeof outcome !== 'string' ||
      !outcome.includes(`${path} is corrupt at byte 4544: entry 2`)
    ) {
      t.fail(`byte ${at}: ${JSON.stringify(outcome)}`);
    }
    damage(path, at, at % 8);
  }
  t.same(await start(directory), { last: 4, torn: false });
});

t.test('recovery: segments', async (t) => {
  const base = t.testdir();
  const origin = join(base, 'journal');
  let copies = 0;
  const nextCopy = () => join(base, `copy-${copies += 1}`);
  const entries = chainOf(30, 200 * 64);
  const opened = await openSmall(origin);
  for (const entry of entries) {
    opened.journal.append(entry);
    await opened.journal.flush();
  }
  await opened.journal.close();
  const names = readdirSync(origin).filter((name) => name.endsWith('.segment')).sort();
  const [first, second, third] = names as [string, string, string];
  t.ok(names.length >= 4, names.join(' '));

  /** The journal copied, then changed by `change`, then started. */
  async function after(
    change: (directory: string) => void,
    checkpoint?: ExecutedEntry,
  ): Promise<string> {
    const directory = nextCopy();
    cpSync(origin, directory, { recursive: true, filter: (path) => !path.includes('spare-') });
    change(directory);
    try {
      const options = { io: cramped(), mayBeMissing: false, ...(checkpoint && { checkpoint }) };
      const { journal } = await openSmall(directory, options);
      await journal.close();
      return 'opened';
    } catch (error) {
      return `${(error as { kind?: string }).kind}: ${(error as Error).message}`;
    }
  }

  const late = entries.at(-2) as ExecutedEntry;
  t.equal(await after(() => {}), 'opened');
  t.equal(await after(() => {}, late), 'opened');
  for (const name of names) {
    await t.test(`${name} is missing: corrupt`, async (t) => {
      t.match(await after((directory) => rmSync(join(directory, name))), /^corrupt: /);
      t.match(await after((directory) => rmSync(join(directory, name)), late), /^corrupt: /);
    });
    await t.test(`${name} is shorter: corrupt`, async (t) => {
      t.match(
        await after((directory) => truncateSync(join(directory, name), 32 * KIB)), /^corrupt: /
      );
    });
    await t.test(`${name} has a damaged header: corrupt, also behind the checkpoint`, async (t) => {
      t.match(await after((directory) => damage(join(directory, name), 50), late), /^corrupt: /);
    });
  }
  await t.test('two have each other\'s names: corrupt', async (t) => {
    t.match(await after((directory) => {
      renameSync(join(directory, second), join(directory, 'x'));
      renameSync(join(directory, third), join(directory, second));
      renameSync(join(directory, 'x'), join(directory, third));
    }, late), /^corrupt: .*its name says entry/);
  });
  await t.test('a damaged seal of an old segment: corrupt, also behind the '
    + 'checkpoint', async (t) => {
    t.match(await after((directory) => {
      const path = join(directory, first);
      damage(path, readFileSync(path).byteLength - 5);
    }, late), /^corrupt: .*the seal is missing or damaged/);
  });
  await t.test('a seal that is gone, with entries behind it: corrupt', async (t) => {
    t.match(await after((directory) => {
      const path = join(directory, names.at(-2) as string);
      overwrite(path, recordsEnd(readFileSync(path).byteLength), SEAL_BYTES);
    }, late), /^corrupt: .*the seal is missing or damaged/);
  });
  await t.test('the journal of another backend: corrupt', async (t) => {
    const directory = nextCopy();
    cpSync(origin, directory, { recursive: true });
    const incarnation = 'b2'.repeat(16) as Incarnation;
    t.equal(await kindOfError(openSmall(directory, { incarnation, io: cramped() })), 'corrupt');
  });
  await t.test('one segment of another backend at the same place: corrupt', async (t) => {
    const other = nextCopy();
    const incarnation = 'b2'.repeat(16) as Incarnation;
    const { journal } = await openSmall(other, { incarnation, io: cramped() });
    await journal.close();
    t.match(
      await after((directory) => cpSync(join(other, FIRST), join(directory, FIRST))),
      /another|belongs/,
    );
  });
  await t.test('a damaged entry behind the checkpoint: not looked at by the start, found '
    + 'when read', async (t) => {
    const directory = nextCopy();
    cpSync(origin, directory, { recursive: true });
    damage(join(directory, first), 28_000);
    const { journal, corruptions } = await openSmall(
      directory, { io: cramped(), checkpoint: late }
    );
    t.equal(await kindOfError(journal.read(2 as Seq)), 'corrupt');
    t.equal(corruptions.length, 1);
    await journal.close();
  });
  await t.test('the checkpoint is of another history, or beyond the journal: '
    + 'corrupt', async (t) => {
    const other = { ...late, hash: 'c'.repeat(64) as ExecutedEntry['hash'] };
    t.match(await after(() => {}, other), /^corrupt: .*is not the one that the checkpoint/);
    const { header } = decodeSegmentHeader(readFileSync(join(origin, second))) as {
      readonly header: SegmentHeader;
    };
    const last = { ...entries[header.first - 2] as ExecutedEntry, hash: other.hash };
    t.match(await after(() => {}, last), /^corrupt: .*is not the one that the checkpoint/);
    const beyond = { ...late, seq: 99 as Seq };
    t.match(await after(() => {}, beyond), /^corrupt: /);
  });
});

t.test('recovery: no journal where there must be one: corrupt', async (t) => {
  const directory = join(t.testdir(), 'journal');
  t.equal(await kindOfError(openSmall(directory, { mayBeMissing: false })), 'corrupt');
  await write(directory, chainOf(2, 64));
  rmSync(join(directory, FIRST));
  t.equal(await kindOfError(openSmall(directory, { mayBeMissing: false })), 'corrupt');
});

t.test('recovery: killed at every call while a segment is changed: nothing synced is '
  + 'lost', async (t) => {
  const entries = chainOf(5, 170 * 64);
  let calls = Infinity;
  for (let at = 0; at <= calls; at += 1) {
    const directory = join(t.testdir(), 'journal');
    const io = cramped();
    io.nextFree.push(192 * KIB); // one spare of 128 KiB
    const { journal, synced } = await openSmall(directory, { io });
    await until(() => journal.reserve.full, 'the spare');
    for (const entry of entries.slice(0, 3)) journal.append(entry);
    await journal.flush();
    io.calls.length = 0;
    io.dieAt(at);
    for (const entry of entries.slice(3)) journal.append(entry);
    await journal.flush().catch(() => undefined);
    if (synced.at(-1) === 5) calls = Math.min(calls, io.calls.length);
    io.dieAt(0);
    await journal.close().catch(() => undefined);

    const { replayed, journal: again } = await openSmall(directory, { io: cramped() });
    const promised = synced.at(-1) ?? 0;
    if (replayed.length < promised) {
      t.fail(`killed at call ${at}: ${replayed.length} of ${promised}`);
    }
    t.same(
      replayed.map((entry) => entry.hash),
      entries.slice(0, replayed.length).map((entry) => entry.hash),
    );
    await again.close();
    t.match(await start(directory), { last: replayed.length }, 'and a second start agrees');
  }
  t.ok(calls < 40 && calls >= 8, `${calls} calls`);
});

t.test('truncate: the tail is gone, also after a restart, and appending goes on', async (t) => {
  const entries = chainOf(20, 200 * 64);
  for (const keep of [0, 1, 3, 9, 19, 20]) {
    const directory = join(t.testdir(), 'journal');
    const { journal } = await openSmall(directory);
    for (const entry of entries) journal.append(entry);
    await journal.flush();
    await journal.truncateAfter(keep as Seq);
    t.equal(journal.tail?.seq ?? 0, keep);
    t.equal(await journal.read((keep + 1) as Seq), undefined);
    if (keep > 0) t.same(await journal.read(keep as Seq), entries[keep - 1]);
    const others = chainOf(6, 150 * 64, entries[keep - 1], 7);
    for (const entry of others) journal.append(entry);
    await journal.flush();
    await journal.close();
    const { replayed, journal: again } = await openSmall(directory, { io: cramped() });
    t.same(
      replayed.map((entry) => entry.hash), [...entries.slice(0, keep), ...others].map((e) => e.hash)
    );
    for (const entry of replayed) t.equal((await again.locate(entry.seq))?.hash, entry.hash);
    await again.close();
  }
});

t.test('truncate: the load pauses meanwhile: no mark disturbs it', async (t) => {
  const entries = chainOf(12, 2048);
  const base = t.testdir();
  // A mark is asked for at each call in turn: before, within, and after the cut.
  for (let at = 0, isReached = true; isReached; at += 1) {
    const io = cramped();
    const { journal, failures } = await openSmall(join(base, `${at}`), { io });
    for (const entry of entries) journal.append(entry);
    await journal.flush();
    let left = at;
    io.onCall = () => {
      if (left === 0) journal.mark();
      left -= 1;
    };
    await t.resolves(journal.truncateAfter(3 as Seq), `marked at call ${at}`);
    isReached = left < 0;
    io.onCall = () => {};
    t.same(failures, []);
    if (failures.length > 0) break;
    journal.append(entryAfter(entries[2] as ExecutedEntry, 64, 7));
    await journal.flush();
    await journal.close();
  }
});

t.test('truncate: killed at every call: the whole tail or, before it began, none of '
  + 'it', async (t) => {
  const base = t.testdir();
  const origin = join(base, 'journal');
  let copies = 0;
  const nextCopy = () => join(base, `copy-${copies += 1}`);
  const entries = chainOf(12, 200 * 64);
  const opened = await openSmall(origin);
  for (const entry of entries) {
    opened.journal.append(entry);
    await opened.journal.flush();
  }
  await opened.journal.close();
  for (const name of readdirSync(origin)) if (name.startsWith('spare')) rmSync(join(origin, name));
  t.ok(readdirSync(origin).length >= 2, 'it goes over several segments');
  const outcomes = new Set<number>();
  for (let at = 0, done = false; !done; at += 1) {
    const directory = nextCopy();
    cpSync(origin, directory, { recursive: true });
    const io = cramped();
    const { journal } = await openSmall(directory, { io });
    io.dieAt(at);
    done = await journal.truncateAfter(3 as Seq).then(() => true, () => false);
    io.dieAt(0);
    await journal.close().catch(() => undefined);
    const found = await start(directory);
    t.match(found, { torn: false }, `killed at call ${at}`);
    if (typeof found === 'object') outcomes.add(found.last);
    if (done) t.match(found, { last: 3 });
  }
  t.same(outcomes, new Set([12, 3]));
});

t.test('recovery: the header tells the incarnation of the file, and a seed of its '
  + 'own', async (t) => {
  const base = t.testdir();
  const seeds = new Set<number>();
  for (const name of ['one', 'other']) {
    await write(join(base, name), chainOf(1, 64));
    const decoded = decodeSegmentHeader(readFileSync(join(base, name, FIRST)));
    t.match(decoded, { header: { first: 1, bytes: 64 * KIB, incarnation: 'a1'.repeat(16) } });
    if (typeof decoded !== 'string') seeds.add(decoded.seed);
  }
  t.equal(seeds.size, 2, 'records of one pass in no other');
});
