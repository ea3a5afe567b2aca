import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hashEntry, type EntryId, type ExecutedEntry } from '../../src/core/entry.ts';
import {
  SESSION_NONE,
  type BackendId, type ClusterId, type Epoch, type OwnerId, type Seq, type Timestamp,
  type ViewNumber,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import { SESSIONS_PER_LEASE } from '../../src/core/session-table.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { FileCheckpointStore } from '../../src/host/file-checkpoint.ts';
import { saveIdentity } from '../../src/host/identity.ts';
import { ENTRY_NONE } from '../../src/host/journal-recovery.ts';
import { verifyDirectory } from '../../src/host/verify-directory.ts';
import { damage } from '../support/damage.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { INCARNATION } from '../support/journal-entries.ts';
import { kindOfError, openForTest } from '../support/open-journal.ts';

/** A bank's entries, executed as a participant does. */
class Bank {
  readonly ledger = new Ledger();
  tail: EntryId = ENTRY_NONE;
  #request = 1;

  lease(): ExecutedEntry {
    return this.entry(encodeChunk(SESSION_NONE, 0, [{ kind: 'lease' }]));
  }

  run(operations: readonly Operation[]): ExecutedEntry {
    const chunk = encodeChunk(SESSIONS_PER_LEASE, this.#request, operations);
    this.#request += operations.length;
    return this.entry(chunk);
  }

  entry(batch: Uint8Array): ExecutedEntry {
    const seq = (this.tail.seq + 1) as Seq;
    const timestamp = (1000 + seq) as Timestamp;
    const { results, digest } = this.ledger.execute(seq, timestamp, batch);
    const view = {
      number: 1 as ViewNumber, members: [{ id: 1 as BackendId, incarnation: INCARNATION }],
    };
    const { hash: previousHash } = this.tail;
    const entry = { seq, timestamp, entryEpoch: 1 as Epoch, view, previousHash, batch };
    const executed = { ...entry, hash: hashEntry(entry), results, digest };
    this.tail = executed;
    return executed;
  }
}

/** A closed directory: 100 holds 60.00, 101 holds 40.00; a checkpoint at entry 2. */
async function makeDirectory(
  path: string,
  change: (entry: ExecutedEntry) => ExecutedEntry = (entry) => entry,
): Promise<Bank> {
  const directory = await DataDirectory.open(path, nodeMachine);
  const cluster = 'c0'.repeat(16) as ClusterId;
  const promise = { cluster, epoch: 1 as Epoch, owner: 'd1'.repeat(16) as OwnerId };
  const identity = { cluster, backend: 1 as BackendId, incarnation: INCARNATION, promise };
  await saveIdentity(directory, identity, nodeMachine.io);
  const io = new FaultyFileSystem();
  io.free = 0;
  const { journal } = await openForTest(directory.journal, { io });
  const bank = new Bank();
  journal.append(change(bank.lease()));
  journal.append(change(bank.run([{ kind: 'create', amount: 10000, scale: 2 }])));
  const store = new FileCheckpointStore(directory, nodeMachine);
  await store.save(bank.tail, bank.ledger.snapshot());
  bank.ledger.releaseSnapshot();
  journal.append(change(bank.run([
    { kind: 'create', amount: 0, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 4000, scale: 2 },
  ])));
  await journal.flush();
  await journal.close();
  directory.close();
  return bank;
}

t.test('verify: a directory that is right: its accounts, digests and seqs; '
  + 'unchanged', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const bank = await makeDirectory(path);
  const before = snapshotOf(path);
  const progress: Seq[] = [];
  const verdict = await verifyDirectory(path, (seq) => progress.push(seq));
  t.match(verdict, { directory: path, ok: true, lastSeq: 3, commitSeq: 2, hash: bank.tail.hash });
  t.equal(verdict.digest, bank.ledger.stateDigest);
  t.same(
    [...verdict.accounts], [[100, { balance: 6000, scale: 2 }], [101, { balance: 4000, scale: 2 }]]
  );
  t.equal(verdict.fault, undefined);
  t.same(progress, [1, 2, 3]);
  t.same(snapshotOf(path), before);
});

t.test('verify: every flipped bit in journal header and entries: a fault with its '
  + 'place', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  await makeDirectory(path);
  const segment = join(path, 'journal', '0000000000000001.segment');
  for (let at = 0; at < 4096 + 1536; at += at < 4096 ? 97 : 7) {
    damage(segment, at, at % 8);
    const { ok, fault } = await verifyDirectory(path);
    if (ok || !fault?.includes('corrupt at byte')) t.fail(`byte ${at}: ${fault}`);
    damage(segment, at, at % 8);
  }
  t.equal((await verifyDirectory(path)).ok, true);
});

t.test('verify: a torn tail is told, and neither a fault nor cut', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  await makeDirectory(path);
  const segment = join(path, 'journal', '0000000000000001.segment');
  damage(segment, 200_000);
  const before = snapshotOf(path);
  t.match(await verifyDirectory(path), { ok: true, lastSeq: 3, torn: /after entry 3/ });
  t.same(snapshotOf(path), before);
});

t.test('verify: results or digests that replaying does not give: a fault', async (t) => {
  const base = t.testdir();
  const wrongResults = join(base, 'backend-1');
  await makeDirectory(wrongResults, (entry) => (
    entry.seq === 3 ? { ...entry, results: entry.results.map((byte) => byte ^ 1) } : entry
  ));
  t.match(await verifyDirectory(wrongResults), {
    ok: false, lastSeq: 2, fault: /entry 3: replaying it gives other results/,
  });
  const wrongDigest = join(base, 'backend-2');
  await makeDirectory(wrongDigest, (entry) => (
    entry.seq === 2 ? { ...entry, digest: '0'.repeat(32) } : entry
  ));
  t.match(
    await verifyDirectory(wrongDigest),
    { ok: false, fault: /entry 2: replaying it gives another state/ },
  );
});

t.test('verify: a checkpoint that is damaged, of other balances, or beyond the journal: a '
  + 'fault', async (t) => {
  const base = t.testdir();
  const path = join(base, 'backend-1');
  const bank = await makeDirectory(path);
  const place = { checkpoint: join(path, 'checkpoint') };
  const { byteLength } = readFileSync(place.checkpoint);
  for (let at = 0; at < byteLength; at += at < 4096 ? 61 : 9973) {
    damage(place.checkpoint, at, at % 8);
    const { ok, fault } = await verifyDirectory(path);
    if (ok || !fault?.includes('checkpoint is corrupt at byte')) t.fail(`byte ${at}: ${fault}`);
    damage(place.checkpoint, at, at % 8);
  }
  const store = new FileCheckpointStore(place, nodeMachine);
  const saved = await store.load();
  t.ok(saved);
  const newer = bank.ledger.snapshot();
  await store.save(saved?.entry as EntryId, newer);
  t.match(await verifyDirectory(path), { ok: false, fault: /the checkpoint at entry 2/ });
  await store.save({ ...bank.tail, seq: 9 as Seq }, newer);
  t.match(await verifyDirectory(path), { ok: false, fault: /the checkpoint is at entry 9/ });
  await store.save({ ...bank.tail, hash: saved?.entry.hash ?? bank.tail.hash }, newer);
  t.match(await verifyDirectory(path), { ok: false, fault: /another entry/ });
});

t.test('verify: what is missing: identity or journal: a fault; no directory, a locked one: '
  + 'thrown', async (t) => {
  const base = t.testdir();
  const path = join(base, 'backend-1');
  await makeDirectory(path);
  for (const name of ['identity', 'journal']) {
    const copy = join(base, name);
    cpSync(path, copy, { recursive: true });
    rmSync(join(copy, name), { recursive: true });
    t.match(await verifyDirectory(copy), { ok: false, fault: new RegExp(`${name} is missing`) });
  }
  t.equal(await kindOfError(verifyDirectory(join(base, 'nowhere'))), 'missing');
  const held = await DataDirectory.open(path, nodeMachine);
  t.equal(await kindOfError(verifyDirectory(path)), 'locked');
  held.close();
  t.equal((await verifyDirectory(path)).ok, true);
});

/** Every file's content. */
function snapshotOf(path: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files[file] = readFileSync(file).toString('base64');
  }
  return files;
}
