/**
 * Every damage of a small directory is told: bits flipped, files cut short, entries changed by one
 * who mends all checksums, swapped, dropped, doubled; journals replaced by older ones.
 */
import t from 'tap';
import { entryBytes, type ExecutedEntry } from '../../../src/core/entry.ts';
import { sha256 } from '../../../src/core/hash.ts';
import type { Epoch, Incarnation, Timestamp } from '../../../src/core/ids.ts';
import { writeRecordFile } from '../../../src/host/durable-file.ts';
import { verifyControl } from '../../../src/verify/directory/control.ts';
import { verifyDirectory, type DirectoryVerdict } from '../../../src/verify/directory/directory.ts';
import { makeControlIn } from '../../support/bank-directory.ts';
import type { MemoryFileSystem } from '../../support/memory-file-system.ts';
import { kindOfError } from '../../support/open-journal.ts';
import { rechain, smallDirectory, SMALL_SEGMENT_BYTES } from '../../support/small-directory.ts';

const SEGMENTS = ['b/journal/0000000000000001.segment', 'b/journal/0000000000000004.segment'];

/**
 * Where the next bit is flipped: the header's rest and what is not written yet are looked at here
 * and there only. (Of a record by itself every bit is flipped in `replay.test.ts`.)
 */
function stepFrom(at: number): number {
  const isZeroed = (at >= 96 && at < 4080) || (at >= 6100 && at < SMALL_SEGMENT_BYTES - 130);
  return isZeroed ? 53 : 2;
}

/** Whether the verdict tells of anything. */
function isTold({ ok, fault, torn }: DirectoryVerdict): boolean {
  return ok ? torn !== undefined : fault !== undefined;
}

t.test('damage: a small directory: right to the last byte', async (t) => {
  const { io, entries } = await smallDirectory();
  const verdict = await verifyDirectory('b', { io, withAccounts: true });
  t.match(verdict, { ok: true, lastSeq: 5, commitSeq: 4, hash: entries.at(-1)?.hash });
  t.notOk(isTold(verdict), 'and there is nothing to tell');
  t.same(verdict.accounts, [[100, 700], [101, 3950]]);
  t.same(verdict.books, { created: 10_000n, adjusted: -5_300n, deposited: 50n, withdrawn: 100n });
  t.equal(verdict.total, 4650n);
});

t.test('damage: a flipped bit anywhere in the journal: told', async (t) => {
  const { io } = await smallDirectory();
  io.files.delete('b/checkpoint'); // it would take most of the time
  for (const path of SEGMENTS) {
    const bytes = io.files.get(path) ?? new Uint8Array();
    t.equal(bytes.length, SMALL_SEGMENT_BYTES);
    for (let at = 0; at < bytes.length; at += stepFrom(at)) {
      flip(bytes, at);
      const verdict = await verifyDirectory('b', { io });
      if (!isTold(verdict)) t.fail(`${path}: byte ${at}: nothing told`);
      flip(bytes, at);
    }
  }
  t.notOk(isTold(await verifyDirectory('b', { io })));
});

t.test('damage: a flipped bit in identity, checkpoint, control record: a fault', async (t) => {
  const { io } = await smallDirectory();
  await makeControlIn('f', io);
  t.equal((await verifyControl('f', io)).ok, true);
  const steps = [['b/checkpoint', 2503], ['b/identity', 1], ['f/control', 1]] as const;
  for (const [path, step] of steps) {
    const bytes = io.files.get(path) ?? new Uint8Array();
    for (let at = 0; at < bytes.length; at += at < 2048 ? Math.min(step, 11) : step) {
      flip(bytes, at);
      const { ok, fault } = path.startsWith('f')
        ? await verifyControl('f', io) : await verifyDirectory('b', { io });
      if (ok || !fault?.includes(path)) t.fail(`${path}: byte ${at}: ${fault}`);
      flip(bytes, at);
    }
    if (path === 'b/checkpoint') io.files.delete(path); // it takes most of the time
  }
});

t.test('damage: a file cut short at any length, or missing: a fault', async (t) => {
  const { io } = await smallDirectory();
  await makeControlIn('f', io);
  for (const [path, whole] of [...io.files]) {
    const step = whole.length > 20_000 ? 9973 : whole.length > 1000 ? 97 : 3;
    for (let length = 0; length < whole.length; length += step) {
      io.files.set(path, whole.slice(0, length));
      const { ok } = path.startsWith('f')
        ? await verifyControl('f', io) : await verifyDirectory('b', { io });
      if (ok) t.fail(`${path} cut to ${length}: nothing told`);
    }
    io.files.delete(path);
    const { ok } = path.startsWith('f')
      ? await verifyControl('f', io) : await verifyDirectory('b', { io });
    t.equal(ok, path === 'b/checkpoint', `${path} missing: only a checkpoint can be made again`);
    io.files.set(path, whole);
  }
});

t.test('damage: a journal without segments, or with the identity of another: a '
  + 'fault', async (t) => {
  const { io } = await smallDirectory();
  const empty = io.clone();
  for (const path of [...SEGMENTS, 'b/checkpoint']) empty.files.delete(path);
  empty.files.set('b/journal/spare-1', new Uint8Array(100));
  t.match(await verifyDirectory('b', { io: empty }), { ok: false, fault: /journal is missing/ });
  const incarnation = 'ee'.repeat(16) as Incarnation;
  const other = await smallDirectory({ incarnation });
  io.files.set('b/identity', other.io.files.get('b/identity') ?? new Uint8Array());
  t.match(await verifyDirectory('b', { io }), {
    ok: false, fault: /segment is corrupt at byte 24: it belongs to backend incarnation a1a1/,
  });
});

t.test('damage: a cut that was begun: what it drops is not looked at; the cut damaged: a '
  + 'fault', async (t) => {
  const { io, entries } = await smallDirectory();
  io.files.delete('b/checkpoint');
  const { batch, results } = at(entries, 3);
  const offset = 4096 + entryBytes(batch.length, results.length / 32);
  await writeRecordFile(io, 'b/journal/cut', { first: 4, offset, afterSeq: 4 });
  t.match(await verifyDirectory('b', { io }), { ok: true, lastSeq: 4 });
  const bytes = io.files.get('b/journal/cut') ?? new Uint8Array();
  for (let byte = 0; byte < bytes.length; byte += 1) {
    flip(bytes, byte);
    const { ok, fault } = await verifyDirectory('b', { io });
    if (ok || !fault?.includes('b/journal/cut is corrupt')) t.fail(`byte ${byte}: ${fault}`);
    flip(bytes, byte);
  }
});

t.test('damage: files or directories where the other must be: a fault', async (t) => {
  const { io } = await smallDirectory();
  for (const path of ['b/identity', 'b/checkpoint', ...SEGMENTS]) {
    const other = io.clone();
    other.files.delete(path);
    other.files.set(`${path}/x`, new Uint8Array(1));
    const { ok, fault } = await verifyDirectory('b', { io: other });
    t.match({ ok, fault }, { ok: false, fault: /b\// }, path);
  }
  const flat = io.clone();
  for (const path of [...flat.files.keys()]) if (path.includes('journal')) flat.files.delete(path);
  flat.files.set('b/journal', new Uint8Array(10));
  t.match(await verifyDirectory('b', { io: flat }), { ok: false, fault: /a file is in the way/ });
  const garbled = io.clone();
  for (const line of ['{', '[]', 'null', '{"cluster":1}', '{}']) {
    garbled.files.set('b/identity', new TextEncoder().encode(`${line}\n${sha256(line)}\n`));
    t.match(await verifyDirectory('b', { io: garbled }), { ok: false, fault: /identity/ }, line);
  }
});

t.test('damage: a journal cut back and ended anew: found by the head, and by the '
  + 'checkpoint', async (t) => {
  const { entries } = await smallDirectory();
  const head = { hash: entries.at(-1)?.hash ?? '', seq: undefined };
  const older = await smallDirectory({ tamper: (all) => all.slice(0, 4) });
  const verdict = await verifyDirectory('b', { io: older.io, expectedHead: head });
  t.match(verdict, { ok: true, lastSeq: 4, head: { found: false } }, 'nothing else tells');
  t.match(verdict.head?.sentence, /none of the entries 1 to 4 has this hash/);
  const withSeq = { io: older.io, expectedHead: { ...head, seq: 5 } };
  const { head: answer } = await verifyDirectory('b', withSeq);
  t.match(answer?.sentence, /ends with entry 4, before entry 5/);
  const oldest = await smallDirectory({ tamper: (all) => all.slice(0, 3) });
  t.match(await verifyDirectory('b', { io: oldest.io }), {
    ok: false, fault: /the checkpoint is at entry 4, the journal ends with 3/,
  });
});

/** What an insider does who can make every checksum right. */
const TAMPERINGS: readonly {
  readonly name: string;
  readonly tamper: (entries: ExecutedEntry[]) => readonly ExecutedEntry[];
  readonly fault: RegExp;
  readonly lastSeq: number;
}[] = [
  {
    name: 'an amount changed', lastSeq: 2, fault: /entry 3.*hash/,
    tamper: (all) => all.with(2, withAmount(at(all, 2))),
  },
  {
    name: 'a field without effect and the hash changed, the next entry left', lastSeq: 2,
    fault: /entry 3.*does not follow/,
    tamper: (all) => {
      const batch = changedAt(at(all, 1).batch, 64 + 32);
      return all.with(1, rechain({ ...at(all, 1), batch }, at(all, 0)));
    },
  },
  {
    name: 'the last amount and its hash changed', lastSeq: 4, fault: /entry 5.*other results/,
    tamper: (all) => all.with(4, rechain(withAmount(at(all, 4)), at(all, 3))),
  },
  {
    name: 'a result changed', lastSeq: 2, fault: /entry 3.*result 1 of 1 is ok .*, not ok/,
    tamper: (all) => all.with(2, { ...at(all, 2), results: changedAt(at(all, 2).results, 16) }),
  },
  {
    name: 'a state changed', lastSeq: 2, fault: /entry 3.*another state/,
    tamper: (all) => all.with(2, { ...at(all, 2), digest: '0'.repeat(32) }),
  },
  {
    name: 'a result left out', lastSeq: 3, fault: /entry 4.*2 results for 3 operations/,
    tamper: (all) => all.with(3, {
      ...at(all, 3), results: at(all, 3).results.slice(32), links: at(all, 3).links.slice(16),
    }),
  },
  {
    name: 'a link changed', lastSeq: 3, fault: /entry 4.*other links/,
    tamper: (all) => all.with(3, { ...at(all, 3), links: changedAt(at(all, 3).links, 5) }),
  },
  {
    name: 'two entries swapped', lastSeq: 3, fault: /entry 4.*out of place/,
    tamper: (all) => [...all.slice(0, 3), at(all, 4), at(all, 3)],
  },
  {
    name: 'two entries swapped and chained again', lastSeq: 3, fault: /entry 4.*another state/,
    tamper: (all) => {
      const fourth = rechain(at(all, 4), at(all, 2));
      return [...all.slice(0, 3), fourth, rechain(at(all, 3), fourth)];
    },
  },
  {
    name: 'an entry dropped', lastSeq: 3, fault: /entry 4.*out of place/,
    tamper: (all) => all.toSpliced(3, 1),
  },
  {
    name: 'an entry dropped and the next chained again', lastSeq: 3,
    fault: /entry 4.*another state/,
    tamper: (all) => [...all.slice(0, 3), rechain(at(all, 4), at(all, 2))],
  },
  {
    name: 'an entry doubled', lastSeq: 4, fault: /entry 5.*out of place/,
    tamper: (all) => [...all.slice(0, 4), at(all, 3), at(all, 4)],
  },
  {
    name: 'an entry doubled and chained again', lastSeq: 5, fault: /entry 6.*time/,
    tamper: (all) => [...all, rechain(at(all, 4), at(all, 4))],
  },
  {
    name: 'a time set back', lastSeq: 4, fault: /entry 5.*its time is not after/,
    tamper: (all) => all.with(4, rechain({ ...at(all, 4), timestamp: 1 as Timestamp }, at(all, 3))),
  },
  {
    name: 'an epoch set back', lastSeq: 4, fault: /entry 5.*its epoch is 0/,
    tamper: (all) => all.with(4, rechain({ ...at(all, 4), entryEpoch: 0 as Epoch }, at(all, 3))),
  },
  {
    name: 'an epoch never promised', lastSeq: 5, fault: /promised epoch 2, but entry 5.*epoch 3/,
    tamper: (all) => all.with(4, rechain({ ...at(all, 4), entryEpoch: 3 as Epoch }, at(all, 3))),
  },
  {
    name: 'bytes that are no chunks', lastSeq: 4, fault: /entry 5.*ends within a chunk/,
    tamper: (all) => all.with(4, rechain({ ...at(all, 4), batch: new Uint8Array(60) }, at(all, 3))),
  },
  {
    name: 'a chunk without its mark', lastSeq: 4, fault: /entry 5.*stands no chunk/,
    tamper: (all) => {
      const batch = changedAt(at(all, 4).batch, 0);
      return all.with(4, rechain({ ...at(all, 4), batch }, at(all, 3)));
    },
  },
];

for (const { name, tamper, fault, lastSeq } of TAMPERINGS) {
  t.test(`damage: all checksums mended: found (${name})`, async (t) => {
    const { io } = await smallDirectory({ tamper });
    const verdict = await verifyDirectory('b', { io });
    t.match(verdict, { ok: false, fault }, String(verdict.fault));
    if (!/checkpoint|promised/.test(String(fault))) {
      t.match(verdict.fault, /segment is corrupt at byte \d+: entry \d+: /, 'file, byte, entry');
    }
    t.equal(verdict.lastSeq, lastSeq);
  });
}

t.test('damage: a history rewritten as a whole: only the head tells, and at which '
  + 'entry', async (t) => {
  const { entries } = await smallDirectory();
  const forged = await smallDirectory({ amount: 70_000 });
  const verify = (seq: number | undefined, hash: string) => (
    verifyDirectory('b', { io: forged.io, expectedHead: { seq, hash } })
  );
  const [fourth, fifth] = [at(entries, 3).hash, at(entries, 4).hash];
  t.match(await verify(5, fifth), { ok: true, head: { found: false } });
  t.match((await verify(5, fifth)).head?.sentence, /entry 5 has the hash [0-9a-f]{64}; something/);
  t.match((await verify(undefined, fifth)).head?.found, false);
  t.same(await headOf(forged.io, undefined, fourth), {
    found: true, sentence: 'contains the history that ended in this head, at entry 4 of 5',
  }, 'the head may stand inside');
  t.match(await headOf(forged.io, 3, fourth), { found: false, sentence: /that of entry 4, not 3/ });
});

t.test('damage: behind the head: the head is there all the same', async (t) => {
  const { io, entries } = await smallDirectory();
  const bytes = io.files.get(SEGMENTS[1] ?? '') ?? new Uint8Array();
  flip(bytes, 4096 + 64 * 13); // in the fifth entry
  const hash = at(entries, 3).hash;
  const verdict = await verifyDirectory('b', { io, expectedHead: { seq: 4, hash } });
  t.match(verdict, { ok: false, lastSeq: 4, head: { found: true } });
});

t.test('damage: a disk that does not answer, or a right that lacks: thrown, no '
  + 'verdict', async (t) => {
  for (const [code, kind] of [['EACCES', 'permission'], ['EIO', 'io']] as const) {
    const { io } = await smallDirectory();
    io.open = () => Promise.reject(Object.assign(new Error(code), { code }));
    t.equal(await kindOfError(verifyDirectory('b', { io })), kind);
  }
});

async function headOf(io: MemoryFileSystem, seq: number | undefined, hash: string) {
  return (await verifyDirectory('b', { io, expectedHead: { seq, hash } })).head;
}

function at(entries: readonly ExecutedEntry[], index: number): ExecutedEntry {
  const entry = entries[index];
  if (entry === undefined) throw new Error(`there is no entry at ${index}`);
  return entry;
}

/** One cent more in the first operation. */
function withAmount(entry: ExecutedEntry): ExecutedEntry {
  return { ...entry, batch: changedAt(entry.batch, 64 + 24) };
}

function changedAt(bytes: Uint8Array, offset: number): Uint8Array {
  const changed = bytes.slice();
  changed[offset] = (changed[offset] ?? 0) ^ 1;
  return changed;
}

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
}
