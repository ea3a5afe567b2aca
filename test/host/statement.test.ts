/** Statements walked through the journal, against what its history says, read from the front. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import { HistoryPageWriter, readHistoryPage } from '../../src/core/history-page.ts';
import type { Seq } from '../../src/core/ids.ts';
import { readLookup } from '../../src/core/lookup.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import type { AnsweredOutcome, Outcome } from '../../src/core/outcome.ts';
import { Random } from '../../src/core/random.ts';
import { NoReport } from '../../src/host/account-reports.ts';
import { readPastBalance, readStatement as assemble, type StatementOptions } from
  '../../src/host/account-statement.ts';
import type { FileJournal } from '../../src/host/file-journal.ts';
import type { StatementLine } from '../../src/host/statement-page.ts';
import { formatAmount } from '../../src/core/amount.ts';
import { Bank } from '../support/bank-directory.ts';
import { BatchGenerator } from '../support/batch-generator.ts';
import { openForTest } from '../support/open-journal.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { submitTo } from '../support/statement-pages.ts';

interface Books {
  readonly bank: Bank;
  readonly journal: FileJournal;
  readonly entries: readonly ExecutedEntry[];
  readonly directory: string;
}

/** Random batches, and large ones between them, some not even written yet. */
async function openBooks(t: Test, seed: number): Promise<Books> {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openForTest(directory, { segmentBytesMin: 256 * 1024 });
  const bank = new Bank();
  const random = new Random(seed);
  const generator = new BatchGenerator(random);
  const entries: ExecutedEntry[] = [];
  for (let seq = 1; seq <= 120; seq += 1) {
    const isLarge = seq % 40 === 0;
    const batch = isLarge ? largeBatch(bank, random, seq) : generator.batch(seq);
    const entry = seq === 1 ? bank.lease() : bank.entry(batch);
    entries.push(entry);
    journal.append(entry);
    if (seq % 10 === 0 && seq < 120) await journal.flush();
  }
  t.teardown(() => journal.close());
  return { bank, journal, entries, directory };
}

/**
 * Of a session that the first batch has opened, and nobody else uses: a new account, and deposits
 * to it and to older ones. Once in a while with extensions.
 */
function largeBatch({ ledger }: Bank, random: Random, seq: number): Uint8Array {
  const own = 100 + ledger.accountCount;
  const operations = Array.from({ length: 1_300 }, (_, at): Operation => {
    if (at === 0) return { kind: 'create', amount: 1 };
    const key = seq % 80 === 0 && at % 100 === 0 ? { key: `${seq}.${at}` } : {};
    const account = random.chance(0.8) ? own : 100 + random.int(ledger.accountCount);
    return { kind: 'deposit', account, amount: random.int(9), scale: 2, ...key };
  });
  const plain = encodeChunk(127, seq * 10_000, operations.slice(0, 700));
  const rest = encodeChunk(127, seq * 10_000 + 700, operations.slice(700));
  return new Uint8Array([...plain, ...rest]);
}

/** The lines of each account, oldest first, from the history. */
function linesOf({ entries, bank }: Books): Map<number, StatementLine[]> {
  const lines = new Map<number, StatementLine[]>();
  const balances = new Map<number, number>();
  for (const entry of entries) {
    const writer = new HistoryPageWriter({ seq: entry.seq, index: 0 }, entry.seq);
    writer.add(entry);
    for (const item of readHistoryPage(writer.finish())?.items ?? []) {
      const { operation, result, seq, index } = item;
      if (result.code !== 'ok' || operation === undefined) continue;
      const { kind, account = 0, toAccount = 0 } = operation;
      const isPair = ['transfer', 'capture', 'reverse'].includes(kind);
      if (!isPair && !['create', 'update', 'deposit', 'withdraw'].includes(kind)) continue;
      const first = kind === 'update' || kind === 'deposit' || kind === 'withdraw'
        || kind === 'transfer' ? account : result.account;
      const second = result.toAccount ?? toAccount;
      const sides = [[first, result.balance, second], [second, result.toBalance, first]] as const;
      for (const [own, balance, other] of isPair ? sides : sides.slice(0, 1)) {
        const scale = bank.ledger.find(own)?.scale ?? NaN;
        const change = balance - (balances.get(own) ?? 0);
        balances.set(own, balance);
        const line = {
          seq, index, timestamp: `1970-01-01T00:00:00.${String(item.timestamp).padStart(6, '0')}Z`,
          op: kind, amount: formatAmount(change, scale), balance: formatAmount(balance, scale),
          ...(isPair ? { other } : {}),
          ...(operation.id === undefined ? {} : { id: operation.id }),
          ...(operation.key === undefined ? {} : { key: operation.key }),
          ...(operation.reference === undefined ? {} : { reference: operation.reference }),
        };
        const earlier = lines.get(own);
        if (earlier === undefined) lines.set(own, [line]);
        else earlier.push(line);
      }
    }
  }
  return lines;
}

t.test('statement: every account, whole, and any part of it: as the history says', async (t) => {
  const books = await openBooks(t, 1);
  const submit = submitTo(books);
  const expected = linesOf(books);
  const isLong = ({ length }: readonly StatementLine[]): boolean => length > 1_001;
  t.ok([...expected.values()].some(isLong), 'longer than two pages, or than one walk');
  const random = new Random(1);
  for (const [account, lines] of expected) {
    const whole = await assemble(submit, account);
    t.ok(isDeepStrictEqual(whole?.lines, lines), `account ${account}`);
    t.match(whole, { opening: formatAmount(0, scaleAt(books, account)), isCut: false });
    for (let draw = 0; draw < 5; draw += 1) await comparePart(t, books, account, lines, random);
  }
  t.equal(await assemble(submit, 99), undefined);
  t.equal(await assemble(submit, 100 + expected.size), undefined);
});

async function comparePart(
  t: Test, books: Books, account: number, lines: readonly StatementLine[], random: Random,
): Promise<void> {
  const moment = () => {
    const seq = 1 + random.int(120);
    return random.pick([undefined, { seq }, { time: 1_000 + seq } as never]);
  };
  const [from, to] = [moment(), moment()];
  const after = random.chance(0.4) ? random.pick(lines) : undefined;
  const limit = random.chance(0.6) ? 1 + random.int(700) : undefined;
  const options: StatementOptions = { from, to, after, limit };
  const seqOf = (bound: { seq: number } | { time: number }) =>
    ('time' in bound ? bound.time - 1_000 : bound.seq);
  const start = after === undefined ? 0 : lines.indexOf(after) + 1;
  const inSpan = lines.slice(start).filter(({ seq }) =>
    (from === undefined || seq >= seqOf(from)) && (to === undefined || seq <= seqOf(to)));
  const most = limit ?? Infinity;
  const shown = after === undefined ? inSpan.slice(-most) : inSpan.slice(0, most);
  const found = await assemble(submitTo(books), account, options);
  const what = JSON.stringify({ account, ...options, after: after && [after.seq, after.index] });
  t.ok(isDeepStrictEqual(found?.lines, shown), what);
  t.equal(found?.isCut, shown.length < inSpan.length, what);
  const [first] = shown;
  if (first !== undefined) {
    const before = lines[lines.indexOf(first) - 1];
    t.equal(found?.opening, before?.balance ?? formatAmount(0, scaleAt(books, account)), what);
    t.equal(found?.closing, shown.at(-1)?.balance, what);
  }
}

function scaleAt({ bank }: Books, account: number): number {
  return bank.ledger.find(account)?.scale ?? NaN;
}

t.test('balance at a moment: that of the last line then', async (t) => {
  const books = await openBooks(t, 3);
  const submit = submitTo(books);
  for (const [account, lines] of linesOf(books)) {
    for (let seq = 3; seq <= 120; seq += 39) {
      const line = lines.findLast((each) => each.seq <= seq);
      const at = [{ seq }, { time: 1_000 + seq } as never];
      for (const moment of at) {
        const found = await readPastBalance(submit, account, moment);
        t.equal(found?.balance, line?.balance, `${account} at ${seq}`);
        t.ok(isDeepStrictEqual(found?.posting, line), `the posting of ${account} then`);
      }
    }
  }
  const error = await readPastBalance(submit, 100, { seq: 121 }).catch((thrown: unknown) => thrown);
  t.match(error, { name: 'BeyondHistory', message: /^seq 121 is beyond .* which is 120$/ });
});

t.test('statement: entries of a version without links: as far as they tell', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openForTest(directory);
  t.teardown(() => journal.close());
  const bank = new Bank();
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 1 };
  const old = [bank.lease(), bank.run([{ kind: 'create' }]), bank.run([deposit])];
  for (const entry of old) journal.append({ ...entry, links: new Uint8Array() });
  for (let seq = 4; seq <= 5; seq += 1) journal.append(bank.run([deposit]));
  await journal.flush();
  const submit = submitTo({ bank, journal });
  t.match(await assemble(submit, 100), {
    opening: null, closing: '3.00', lines: [{ seq: 3, amount: '1.00' }, { seq: 4 }, { seq: 5 }],
  });
  t.match(await readPastBalance(submit, 100, { seq: 3 }), { balance: '1.00' });
  // It was there; nobody can tell its balance.
  await t.rejects(readPastBalance(submit, 100, { seq: 2 }), NoReport);
});

t.test('statement: to go on from anything but a posting of the account: no answer', async (t) => {
  const books = await openBooks(t, 4);
  const submit = submitTo(books);
  const random = new Random(4);
  for (let draw = 0; draw < 300; draw += 1) {
    const seq = random.int(123);
    const link = random.pick([
      random.int(70_000), seq * 65_536 + random.int(4_000), seq * 65_536 + random.int(65_536),
      Number.MAX_SAFE_INTEGER,
    ]);
    const outcome = await submit({
      kind: 'statement', account: 100, toAccount: link, amount: 3,
    }) as AnsweredOutcome;
    if (outcome.report === undefined) continue;
    const { lines } = JSON.parse(outcome.report);
    t.ok(link === 0 || lines[0].seq === Math.floor(link / 65_536), `${link}`);
  }
  t.same(books.journal.tail?.seq, 120);
  for (const fields of [{ amount: 0 }, { amount: 501 }, { toAccount: -1, amount: 1 }]) {
    const chunk = encodeChunk(0, 0, [{ kind: 'statement', account: 100, ...fields }]);
    t.equal(readLookup(chunk, books.bank.ledger, 120 as Seq), undefined);
  }
});

t.test('no such report: an error that carries the outcome', async (t) => {
  const submit = async (): Promise<Outcome> =>
    ({ kind: 'refused', definite: true, code: 'UNAVAILABLE', detail: 'none', request: undefined });
  await t.rejects(assemble(submit, 100), NoReport);
});

t.test('moments that are none: refused, not taken for no bound', async (t) => {
  const submit = (): Promise<Outcome> => Promise.reject(new Error('nobody is asked'));
  for (const time of [NaN, -1, 1.5, 2 ** 60, new Date(NaN), new Date(8.64e15), 'never']) {
    await t.rejects(assemble(submit, 100, { from: { time: time as Date } }), NoReport);
  }
});
