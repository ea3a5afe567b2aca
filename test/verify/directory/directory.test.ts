/** The check of a single directory. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { currencyNumber } from '../../../src/core/currency.ts';
import type { EntryId } from '../../../src/core/entry.ts';
import type { Seq } from '../../../src/core/ids.ts';
import { nodeMachine } from '../../../src/host/node-machine.ts';
import { DataDirectory } from '../../../src/host/data-directory.ts';
import { FileCheckpointStore } from '../../../src/host/file-checkpoint.ts';
import { verifyDirectory } from '../../../src/verify/directory/directory.ts';
import { makeDirectory, snapshotOf } from '../../support/bank-directory.ts';
import { damage } from '../../support/damage.ts';
import { kindOfError } from '../../support/open-journal.ts';

t.test('verify: a directory that is right: its accounts, digests and seqs; '
  + 'unchanged', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const bank = await makeDirectory(path);
  const before = snapshotOf(path);
  const progress: number[] = [];
  const verdict = await verifyDirectory(path, {
    onProgress: (bytes, total, seq) => progress.push(bytes, total, seq),
    withAccounts: true,
  });
  t.match(verdict, { directory: path, ok: true, lastSeq: 3, commitSeq: 2, hash: bank.tail.hash });
  t.equal(verdict.digest, bank.ledger.stateDigest);
  t.same(verdict.accounts, [[100, 6000], [101, 4000]]);
  t.match(verdict, { operations: 4, accountCount: 2, total: 10_000n });
  t.notOk('currencies' in verdict, 'there are none');
  t.same(verdict.books, { created: 10_000n, adjusted: 0n, deposited: 0n, withdrawn: 0n });
  t.equal(verdict.fault, undefined);
  const size = 1024 * 1024;
  t.same(progress, [4096, size, 1, 4608, size, 2, 5120, size, 3]);
  t.same(snapshotOf(path), before);
});

t.test('verify: a bank with currencies: totals and books of each, and all terms '
  + 'replayed', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const yen = currencyNumber('JPY');
  const bank = await makeDirectory(path, {
    more: (open) => [
      open.run([
        { kind: 'create', amount: 500, terms: { currency: 'JPY', name: 'yen', floor: -100 } },
        { kind: 'withdraw', account: 102, amount: 570, terms: { ifVersion: 1 } },
      ]),
      open.run([{ kind: 'amend', account: 102, terms: { frozen: true, name: 'frozen yen' } }]),
    ],
  });
  const verdict = await verifyDirectory(path, { withAccounts: true });
  t.equal(verdict.fault, undefined);
  t.equal(verdict.digest, bank.ledger.stateDigest);
  t.same(verdict.accounts, [[100, 6000], [101, 4000], [102, -70, yen]]);
  t.equal(verdict.total, 10_000n, 'of the accounts without a currency');
  t.same(verdict.currencies, [{
    currency: yen, total: -70n,
    books: { created: 500n, adjusted: 0n, deposited: 0n, withdrawn: 570n },
  }]);
});

t.test('verify: a bank with holds, reversals and groups: replayed, and the books explain it',
  async (t) => {
    const path = join(t.testdir(), 'backend-1');
    const pay = { account: 100, toAccount: 101, scale: 2 };
    const deposit = { kind: 'deposit', account: 100, amount: 7 } as const;
    const bank = await makeDirectory(path, {
      more: (open) => [
        open.run([
          { kind: 'hold', ...pay, amount: 1000, id: 'h' }, { kind: 'hold', ...pay, amount: 100 },
          { kind: 'transfer', ...pay, amount: 500, id: 'tx', key: 'k' },
        ]),
        open.run([
          { kind: 'capture', id: 'h', amount: 300, scale: 2 }, { kind: 'reverse', id: 'tx' },
        ]),
        open.run([deposit, { kind: 'withdraw', account: 101, amount: 1 }], true),
        open.run([deposit, { kind: 'withdraw', account: 101, amount: 1000 }], true),
      ],
    });
    const verdict = await verifyDirectory(path, { withAccounts: true });
    t.equal(verdict.fault, undefined);
    t.equal(verdict.digest, bank.ledger.stateDigest);
    t.same(verdict.accounts, [[100, 6400], [101, 4200]]);
    t.equal(verdict.total, 10_600n);
    t.same(verdict.books, { created: 10_000n, adjusted: 0n, deposited: 700n, withdrawn: 100n });
    const directory = await DataDirectory.open(path, nodeMachine);
    const image = bank.ledger.snapshot();
    await new FileCheckpointStore(directory, nodeMachine).save(bank.tail, image);
    directory.close();
    t.equal((await verifyDirectory(path)).fault, undefined, 'a checkpoint of movements');
    const [page] = image.tables.find(({ name }) => name === 'movements')?.pages ?? [];
    (page as Float64Array)[3] = 1;
    const damaged = await DataDirectory.open(path, nodeMachine);
    await new FileCheckpointStore(damaged, nodeMachine).save(bank.tail, image);
    damaged.close();
    t.match((await verifyDirectory(path)).fault, /record 0 of movements: reversed is 1, not 0/);
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
  await makeDirectory(wrongResults, { change: (entry) => (
    entry.seq === 3 ? { ...entry, results: entry.results.map((byte) => byte ^ 1) } : entry
  ) });
  t.match(await verifyDirectory(wrongResults), {
    ok: false, lastSeq: 2, fault: /entry 3: replaying it gives other results/,
  });
  const wrongDigest = join(base, 'backend-2');
  await makeDirectory(wrongDigest, { change: (entry) => (
    entry.seq === 2 ? { ...entry, digest: '0'.repeat(32) } : entry
  ) });
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
  const held = await DataDirectory.open(path, nodeMachine);
  t.equal(await kindOfError(verifyDirectory(path)), 'locked');
  held.close();
  t.equal((await verifyDirectory(path)).ok, true);
});
