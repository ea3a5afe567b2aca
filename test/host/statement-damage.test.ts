/** Statements of journals that are damaged, and how long a walk of a long one takes. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { findRecords } from '../../src/core/chunk-records.ts';
import { viewOf, type Operation } from '../../src/core/operation.ts';
import { linkOf } from '../../src/core/posting-link.ts';
import { readPastBalance, readStatement as assemble } from '../../src/host/account-statement.ts';
import { EnvironmentError } from '../../src/host/environment-error.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import type { DecidedOperations } from '../../src/host/ports.ts';
import { Bank } from '../support/bank-directory.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { openForTest } from '../support/open-journal.ts';
import { submitTo } from '../support/statement-pages.ts';

t.test('statement: a posting that was changed on the disk is told, not shown', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openForTest(directory);
  t.teardown(() => journal.close());
  const bank = new Bank();
  const [account, index] = [100, 700];
  const deposits = Array.from({ length: 1_000 }, (_, at): Operation =>
    ({ kind: 'deposit', account: at === index ? 100 : 101, amount: 5, scale: 2 }));
  const opened = [bank.lease(), bank.run([{ kind: 'create' }, { kind: 'create' }])];
  // Large, so that it is read in parts.
  const entry = bank.run(deposits);
  for (const each of [...opened, entry, bank.run(deposits.slice(0, 5))]) journal.append(each);
  await journal.flush();
  const submit = submitTo({ bank, journal });
  const whole = await assemble(submit, account);
  t.match(whole?.lines, [{ op: 'create' }, { seq: 3, index: 700, balance: '0.05' }]);
  const paths = readdirSync(directory).map((name) => join(directory, name));
  const path = paths.find((each) => readFileSync(each).includes(entry.batch)) ?? '';
  const batchAt = readFileSync(path).indexOf(entry.batch);
  const resultAt = batchAt + entry.batch.length + 32 * index;
  const recordAt = batchAt + (findRecords(viewOf(entry.batch), index)?.from ?? 0);
  const linkAt = batchAt - entry.links.length + 16 * index;
  const told = async (at: number): Promise<unknown> => {
    flip(path, at);
    const told = await assemble(submit, account).catch((thrown: unknown) => thrown);
    flip(path, at);
    return told;
  };
  for (const at of [recordAt, recordAt + 8, recordAt + 24, linkAt + 5]) {
    t.match(await told(at), { kind: 'corrupt' }, `byte ${at - batchAt}`);
  }
  // What the amounts tell already is not read.
  for (const at of [resultAt, resultAt + 16]) t.same(await told(at), whole);
  t.ok(isDeepStrictEqual(await assemble(submit, account), whole));
});

/** A bank of 100 and 101, these entries of a thousand operations, and a flip of bits in them. */
async function damaged(
  t: Test, { hasLinks }: { readonly hasLinks: boolean },
  ...makes: readonly ((at: number) => Operation)[]
) {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openForTest(directory);
  t.teardown(() => journal.close());
  const bank = new Bank();
  const opened = [bank.lease(), bank.run([{ kind: 'create', amount: 900 }, { kind: 'create' }])];
  const large = makes.map((make) => bank.run(Array.from({ length: 1_000 }, (_, at) => make(at))));
  for (const each of opened) journal.append(each);
  for (const each of large) {
    journal.append(hasLinks ? each : { ...each, links: new Uint8Array() });
  }
  await journal.flush();
  const names = readdirSync(directory).filter((name) => name.endsWith('.segment'));
  const files = names.map((name) => join(directory, name))
    .map((path) => ({ path, bytes: readFileSync(path) }));
  const places = large.map(({ batch }) => {
    const file = files.find(({ bytes }) => bytes.includes(batch));
    return { path: file?.path ?? '', batchAt: file?.bytes.indexOf(batch) ?? NaN };
  });
  return {
    submit: submitTo({ bank, journal }),
    /** Bits of a byte of the entry's batch, or behind it, of its results. */
    flip: (entry: number, at: number, bit = 1): void => {
      const { path, batchAt } = places[entry] ?? { path: '', batchAt: NaN };
      flip(path, batchAt + at, bit);
    },
    batchBytes: (entry: number): number => large[entry]?.batch.length ?? NaN,
  };
}

t.test('statement: an amount that was changed on the disk, at any line of a page', async (t) => {
  const deposit = onceAt100({ kind: 'deposit', amount: 1, scale: 2 });
  const { submit, flip: flipIn } = await damaged(t, LINKED, deposit, deposit, deposit, deposit);
  const amountAt = 64 * (1 + INDEX) + 24;
  for (const entry of [0, 1, 2, 3]) {
    flipIn(entry, amountAt);
    for (const options of [{}, { limit: 5 - entry }, { from: { seq: 3 + entry } }]) {
      const error = await assemble(submit, 100, options).catch((thrown: unknown) => thrown);
      t.match(error, { kind: 'corrupt' }, `${entry} ${JSON.stringify(options)}`);
    }
    flipIn(entry, amountAt);
  }
  t.equal((await assemble(submit, 100))?.lines.length, 5);
});

t.test('statement: damage that is read ahead, but not asked for, does no harm', async (t) => {
  const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'));
  t.teardown(() => journal.close());
  const bank = new Bank();
  journal.append(bank.lease());
  journal.append(bank.run([{ kind: 'create' }]));
  for (let count = 0; count < 5; count += 1) {
    journal.append(bank.run([{ kind: 'deposit', account: 100, amount: 1 }]));
  }
  let damagedReads = 0;
  const submit = submitTo({ bank, journal: {
    walk: (walker) => journal.walk((operations) => walker({
      bytes: 0,
      find: async (seq, index, isChecked) => {
        if (seq > 3) return operations.find(seq, index, isChecked);
        damagedReads += 1;
        throw new EnvironmentError('corrupt', 'damaged');
      },
    })),
  } });
  t.equal((await assemble(submit, 100, { from: { seq: 5 } }))?.lines.length, 3);
  t.ok(damagedReads > 0, 'it was read');
  const error = await assemble(submit, 100).catch((thrown: unknown) => thrown);
  t.match(error, { kind: 'corrupt', message: 'damaged' });
});

const INDEX = 700;
const LINKED = { hasLinks: true };
const elsewhere: Operation = { kind: 'deposit', account: 101, amount: 5, scale: 2 };

function onceAt100(operation: Operation) {
  return (at: number): Operation => (at === INDEX ? { ...operation, account: 100 } : elsewhere);
}

t.test('statement: a balance that was changed on the disk, where no line tells it', async (t) => {
  const update = onceAt100({ kind: 'update', amount: 700 });
  const deposit = onceAt100({ kind: 'deposit', amount: 1 });
  for (const make of [update, deposit]) {
    const { submit, flip: flipIn, batchBytes } = await damaged(t, LINKED, make, update, deposit);
    const whole = await assemble(submit, 100);
    t.equal(whole?.lines.length, 4);
    flipIn(0, batchBytes(0) + 32 * INDEX + 16);
    // As a line, as what is before a line, and as the first line of a page.
    for (const options of [{}, { limit: 2 }, { to: { seq: 3 }, limit: 1 }, { from: { seq: 4 } }]) {
      const error = await assemble(submit, 100, options).catch((thrown: unknown) => thrown);
      t.match(error, { kind: 'corrupt' }, JSON.stringify(options));
    }
    flipIn(0, batchBytes(0) + 32 * INDEX + 16);
    t.same(await assemble(submit, 100), whole);
  }
});

t.test('statement: an amount that was changed on the disk, with no line before it', async (t) => {
  const deposit = onceAt100({ kind: 'deposit', amount: 1 });
  const { submit, flip: flipIn } = await damaged(t, { hasLinks: false }, deposit);
  const whole = await assemble(submit, 100);
  t.match(whole, { opening: null, lines: [{ amount: '1.00' }] });
  const recordAt = 64 * (1 + INDEX);
  // Of the amount, and of its scale.
  for (const [at, bit] of [[24, 2], [2, 0x40]] as const) {
    flipIn(0, recordAt + at, bit);
    t.match(await assemble(submit, 100).catch((thrown: unknown) => thrown), { kind: 'corrupt' });
    flipIn(0, recordAt + at, bit);
  }
  t.same(await assemble(submit, 100), whole);
});

t.test('statement: the head of a chunk that was changed on the disk: damage, no bug', async (t) => {
  const plain = onceAt100({ kind: 'deposit', amount: 1 });
  const make = (at: number): Operation => ({ ...plain(at), reference: `r${at}` });
  const { submit, flip: flipIn } = await damaged(t, LINKED, make);
  const whole = await assemble(submit, 100);
  t.match(whole?.lines, [{ op: 'create' }, { reference: `r${INDEX}` }]);
  for (const [at, bit] of [[0, 1], [5, 0x40], [6, 1], [27, 1], [26, 0xff]] as const) {
    flipIn(0, at, bit);
    const error = await assemble(submit, 100).catch((thrown: unknown) => thrown);
    t.match(error, { kind: 'corrupt' }, `byte ${at}`);
    flipIn(0, at, bit);
  }
  t.same(await assemble(submit, 100), whole);
});

function flip(path: string, at: number, bit = 1): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ bit;
  writeFileSync(path, bytes, { flag: 'r+' });
}

t.test('statement: a link that does not lead back: damage, and no walk in circles', async (t) => {
  const bank = new Bank();
  const nothing: Operation = { kind: 'deposit', account: 100, amount: 0 };
  const opened = [bank.lease(), bank.run([{ kind: 'create' }]), bank.run([nothing])];
  const last = bank.run([nothing]);
  for (const link of [linkOf({ seq: 4, index: 0, side: 0 }), 1, 2 ** 53, NaN, -65_536, 65_536.5]) {
    const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'));
    t.teardown(() => journal.close());
    const links = last.links.slice();
    viewOf(links).setFloat64(0, link, true);
    for (const entry of [...opened, { ...last, links }]) journal.append(entry);
    const submit = submitTo({ bank, journal });
    const error = await assemble(submit, 100).catch((thrown: unknown) => thrown);
    t.match(error, { kind: 'corrupt', message: /the one before 4\.0/ }, `${link}`);
  }
});

t.test('statement: the first posting of all is the CREATE: else damage', async (t) => {
  const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'));
  t.teardown(() => journal.close());
  const bank = new Bank();
  journal.append(bank.lease());
  journal.append(bank.run([{ kind: 'create' }]));
  const last = bank.run([{ kind: 'deposit', account: 100, amount: 1 }]);
  journal.append({ ...last, links: new Uint8Array(last.links.length) });
  const submit = submitTo({ bank, journal });
  const error = await assemble(submit, 100).catch((thrown: unknown) => thrown);
  t.match(error, { kind: 'corrupt', message: /the first one/ });
});

t.test('statement: a page ends when much was read; the next goes on', async (t) => {
  const { submit, pages } = await deposits(t, (operations) => ({
    bytes: 16 * 1024 * 1024, find: operations.find.bind(operations),
  }));
  t.equal((await assemble(submit, 100, { limit: 5 }))?.lines.length, 5);
  t.equal(pages(), 5, 'a line each');
  t.match(await readPastBalance(submit, 100, { seq: 2 }), { balance: '0.00' });
});

t.test('statement: of one account in one entry, not written yet: others have turns', async (t) => {
  let [nowMs, yields] = [0, 0];
  const machine = {
    ...nodeMachine, nowMs: () => (nowMs += 1), yield: async () => void (yields += 1),
  };
  const { submit } = await deposits(t, (operations) => operations, { machine });
  await assemble(submit, 100, { limit: 500 });
  t.ok(yields > 50, `${yields} turns`);
});

/** A thousand deposits to 100 in an entry that is not on the disk yet, and who walks them. */
async function deposits(
  t: Test, wrap: (operations: DecidedOperations) => DecidedOperations, options = {},
) {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openForTest(directory, options);
  t.teardown(() => journal.close());
  const bank = new Bank();
  for (const entry of [bank.lease(), bank.run([{ kind: 'create' }])]) journal.append(entry);
  await journal.flush();
  journal.append(bank.run(Array.from({ length: 1_000 }, (): Operation =>
    ({ kind: 'deposit', account: 100, amount: 5, scale: 2 }))));
  let count = 0;
  const walk = <Value>(walker: (operations: DecidedOperations) => Promise<Value>) => {
    count += 1;
    return journal.walk((operations) => walker(wrap(operations)));
  };
  const submit = submitTo({ bank, journal: { walk } });
  return { submit, pages: () => count };
}
