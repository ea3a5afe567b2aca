/**
 * A backend whose files are gone or damaged: it never serves them, and rejoins as empty from the
 * others.
 */
import { openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startBankd, TestBank } from '../support/bank.ts';

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test('a wiped directory: it gets a full copy, and then alone has everything', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100', 'CREATE 50');
  await bank.killBackend(2);
  rmSync(bank.directoryOf(2), { recursive: true });
  await bank.commands('TRANSFER 100 101 10');
  await bank.startBackend(2);
  await bank.statusIs('111');
  await Promise.all([bank.killBackend(1), bank.killBackend(3)]);
  t.same(await bank.commands('QUERY 100', 'QUERY 101'), ['OK 90.00', 'OK 60.00']);
});

t.test('all directories wiped, the frontend kept: refused, never an empty bank', async (t) => {
  const bank = await TestBank.start(t, { count: 2 });
  await bank.commands('CREATE 100');
  await Promise.all(bank.ids.map((id) => bank.killBackend(id)));
  for (const id of bank.ids) rmSync(bank.directoryOf(id), { recursive: true });
  for (const id of bank.ids) bank.launchBackend(id);
  for (const id of bank.ids) {
    await bank.frontend.line(new RegExp(`backend ${id}: connected .*empty`));
  }
  t.match((await bank.commands('QUERY 100'))[0], /^ERR UNAVAILABLE: /);
});

t.test("the frontend's directory wiped: refused; --recover brings the bank back", async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100', 'DEPOSIT 100 1');
  const { cluster } = await bank.status();
  await bank.killFrontend();
  rmSync(join(bank.data, 'frontend'), { recursive: true });
  await bank.startFrontend();
  const { code } = await bank.frontend.exited;
  t.equal(code, 7);
  t.match(bank.frontend.stderr, /^error: .*--recover/m);
  await bank.startFrontend('--recover');
  await bank.statusIs('111');
  t.equal((await bank.status()).cluster, cluster);
  t.same(await bank.commands('QUERY 100', 'CREATE 1'), ['OK 101.00', 'OK 101']);
});

t.test('a flipped byte in the journal: noticed at the start, set aside, copied', async (t) => {
  const bank = await TestBank.start(t);
  for (let round = 0; round < 5; round += 1) await bank.commands('CREATE 100');
  await bank.killBackend(1);
  await bank.commands('DEPOSIT 100 5');
  flipEntry(join(bank.directoryOf(1), 'journal'));
  await bank.startBackend(1);
  await bank.statusIs('111');
  const { stderr } = bank.backend(1);
  t.match(stderr, /^backend 1: corrupt: .*journal/m, 'says where');
  t.match(stderr, /^backend 1: starts anew as empty /m);
  t.match(readdirSync(bank.directoryOf(1)).join(' '), /set-aside-1/);
  await Promise.all([bank.killBackend(2), bank.killBackend(3)]);
  t.same(await bank.commands('QUERY 100', 'QUERY 104'), ['OK 105.00', 'OK 100.00']);
});

t.test('a torn tail: cut, reported, and copied from the others', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  await bank.killBackend(1);
  tearTail(join(bank.directoryOf(1), 'journal'));
  await bank.startBackend(1);
  await bank.statusIs('111');
  t.match(bank.backend(1).stderr, /^backend 1: cut a torn tail of \d+ bytes after entry \d+/m);
  t.notMatch(bank.backend(1).stderr, /corrupt/);
});

t.test('a damaged identity: it does not guess: rejoins as empty', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  await bank.killBackend(3);
  const path = join(bank.directoryOf(3), 'identity');
  flipAt(path, 20);
  await bank.startBackend(3);
  await bank.statusIs('111');
  t.match(bank.backend(3).stderr, /^backend 3: corrupt: .*identity/m);
});

t.test('a backend of another bank: refused: exit 7, and not tried again', async (t) => {
  const one = await TestBank.start(t, { count: 1 });
  const other = await TestBank.start(t, { count: 1 });
  await one.killBackend(1);
  const flags = ['--count', '1', '--port', String(other.port), '--data', one.data];
  await other.killBackend(1);
  const stranger = startBankd(t, ['backend', ...flags]);
  t.equal((await stranger.exited).code, 7);
  t.match(stranger.stderr, /^error: .*belongs to another bank/m);
});

/** The first segment's file. */
function segmentIn(journal: string): string {
  const [name] = readdirSync(journal).filter((each) => /\d{6}/.test(each)).sort();
  if (name === undefined) throw new Error('there is no segment');
  return join(journal, name);
}

/** Damages the first entry, which later ones vouch for. */
function flipEntry(journal: string): void {
  const path = segmentIn(journal);
  flipAt(path, 4096 + 300);
}

/** Damages the last bytes that are not zero, as a write that was cut off by a power loss would. */
function tearTail(journal: string): void {
  const path = segmentIn(journal);
  const fd = openSync(path, 'r+');
  const bytes = Buffer.alloc(1024 * 1024);
  readSync(fd, bytes, 0, bytes.length, 0);
  const last = bytes.findLastIndex((byte) => byte !== 0);
  writeSync(fd, Buffer.alloc(8), 0, 8, last - 7);
}

function flipAt(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  writeSync(fd, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, offset);
}
