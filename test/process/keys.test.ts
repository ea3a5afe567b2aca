/** Idempotency keys over restarts: how many are remembered, and what they stood for. */
import t from 'tap';
import { startBankd, TestBank, until } from '../support/bank.ts';

const GROUP = [
  { kind: 'transfer', account: 100, toAccount: 101, amount: 30 },
  { kind: 'withdraw', account: 101, amount: 5 },
] as const;

t.test('a group under a key: everything is killed; again: the first answers, once', async (t) => {
  const bank = await TestBank.start(t);
  const lines = ['@g BEGIN', 'TRANSFER 100 101 30', 'WITHDRAW 101 5'];
  const poor = ['@poor BEGIN', 'DEPOSIT 100 1', 'WITHDRAW 101 99', 'COMMIT'];
  const refusal = /^ERR INSUFFICIENT FUNDS: line 2 of the group: account 101 has 45\.00/;
  t.same(await bank.commands('CREATE 50', 'CREATE 20'), ['OK 100', 'OK 101']);
  const first = await (await bank.connect()).group(GROUP, { key: 'g' });
  if (first.kind !== 'answered') throw new Error(first.kind);
  t.match(first.results, [{ balance: 2_000, toBalance: 5_000 }, { balance: 4_500 }]);
  t.match(await bank.commands(...poor), ['OK', 'OK QUEUED', 'OK QUEUED', refusal]);
  await bank.killAll();
  await startAll(bank);
  const client = await bank.connect();
  await client.deposit(101, '500');
  for (const each of [client, await bank.connect()]) {
    const { kind, results, seq, timestamp } = first;
    t.match(await each.group(GROUP, { key: 'g' }), { kind, results, seq, timestamp });
  }
  t.match(await client.group(GROUP.toReversed(), { key: 'g' }), {
    kind: 'group-refused', result: { code: 'keyReused' },
  });
  t.match(await client.outcome('@g'), { result: { code: 'ok', balance: 2_000, toBalance: 5_000 } });
  t.match((await bank.commands(...poor)).at(-1), refusal, 'though there is enough now');
  t.equal((await bank.commands(...lines, 'COMMIT')).at(-1), 'OK 2', 'from the command line, too');
  t.match((await bank.commands(...lines.slice(0, 2), 'COMMIT')).at(-1), /^ERR KEY REUSED: /);
  t.match(await bank.commands('OUTCOME @poor', 'OUTCOME @none', 'QUERY 100', 'QUERY 101'), [
    /^ERR GROUP REFUSED: line 2 of its group/, 'OK NEVER HAPPENED', 'OK 20.00', 'OK 545.00',
  ]);
  const lost = ['@none BEGIN', 'DEPOSIT 100 1', 'COMMIT'];
  t.match((await bank.commands(...lost)).at(-1), /^ERR KEY REUSED: /, 'it was sealed');
  await bank.stop();
  const verify = startBankd(t, ['verify', ...bank.ids.map((id) => bank.directoryOf(id))]);
  t.equal((await verify.exited).code, 0, verify.stdout);
});

/** As status tells, after a heartbeat. */
async function keysAre(bank: TestBank, keys: number): Promise<void> {
  const told = async (): Promise<unknown> => (await bank.status() as { keys?: unknown }).keys;
  await until(`${keys} keys`, async () => (await told()) === keys);
}

async function startAll(bank: TestBank, ...flags: string[]): Promise<void> {
  await bank.startFrontend(...flags);
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
}

t.test('--keys: it stays until another is said, over every restart', async (t) => {
  const bank = await TestBank.start(t, { count: 2 });
  await keysAre(bank, 10_000_000);
  await bank.killFrontend();
  await bank.startFrontend('--keys', '3');
  await bank.statusIs('11');
  await keysAre(bank, 3);
  const answers = await bank.commands(...['a', 'b', 'c', 'd'].map((key) => `@${key} CREATE 1`));
  t.same(answers, ['OK 100', 'OK 101', 'OK 102', 'OK 103']);
  await bank.killAll();
  await startAll(bank);
  await keysAre(bank, 3);
  t.same(await bank.commands('@b CREATE 1', '@d CREATE 1'), ['OK 101', 'OK 103']);
  await bank.killAll();
  await startAll(bank, '--keys', '5');
  await keysAre(bank, 5);
  t.same(await bank.commands('@e CREATE 1', '@f CREATE 1'), ['OK 104', 'OK 105']);
  t.same(await bank.commands('@b CREATE 1', '@f CREATE 1'), ['OK 101', 'OK 105'], 'all kept');
  t.match(await bank.commands('OUTCOME @a'), [/^ERR SESSION EXPIRED: /], 'it had been');
  await bank.stop();
  const directories = bank.ids.map((id) => bank.directoryOf(id));
  const verify = startBankd(t, ['verify', ...directories]);
  t.equal((await verify.exited).code, 0, verify.stdout);
});
