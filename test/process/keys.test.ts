/** Idempotency keys over restarts: how many are remembered, and what they stood for. */
import t from 'tap';
import { startBankd, TestBank, until } from '../support/bank.ts';

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
