/** Imports that are killed, or whose bank is, and go on: each row once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  pause, startBankd, temporaryDirectory, TestBank, until, type BankdProcess,
} from '../support/bank.ts';

/** Four times as many as are under way at once. */
const ROWS = 30_000;

/** Of all tests, one after another: each leaves it in sync. */
const shared = await TestBank.start(t);
const client = await shared.connect();

/** Two accounts, and a file that moves a cent from one to the other, ROWS times. */
class Long {
  readonly bank = shared;
  readonly file: string;
  readonly #test: Test;
  readonly #from: number;
  readonly #to: number;

  private constructor(test: Test, from: number, to: number) {
    this.#test = test;
    this.#from = from;
    this.#to = to;
    this.file = join(temporaryDirectory(test), 'long.csv');
    writeFileSync(this.file, `from,to,amount\n${`${from},${to},0.01\n`.repeat(ROWS)}`);
  }

  static async start(test: Test): Promise<Long> {
    await shared.statusIs('111');
    return new Long(test, await createdWith('10000'), await createdWith('0'));
  }

  import(...args: readonly string[]): BankdProcess {
    const port = String(this.bank.port);
    return startBankd(this.#test, ['import', '--port', port, ...args, this.file]);
  }

  /** How many rows have happened. */
  async done(): Promise<number> {
    const outcome = await client.query(this.#to);
    return outcome.kind === 'answered' ? outcome.result.balance : NaN;
  }

  async begun(): Promise<void> {
    await until('some rows have happened', async () => (await this.done()) > 0);
  }

  /** All of it has happened, once. */
  async finish(): Promise<void> {
    const last = this.import('--json');
    this.#test.equal((await last.exited).code, 0, last.stderr);
    this.#test.match(JSON.parse(last.stdout), { rows: ROWS, done: ROWS, refused: 0 });
    this.#test.equal(await this.done(), ROWS, 'each row once');
    const from = await client.query(this.#from);
    this.#test.match(from, { result: { balance: 1_000_000 - ROWS } }, 'and from the other');
  }
}

async function createdWith(amount: string): Promise<number> {
  const outcome = await client.create(amount);
  return outcome.kind === 'answered' ? outcome.result.account : NaN;
}

t.test('import: killed in its midst, again and again: goes on, each row once', async (t) => {
  const long = await Long.start(t);
  let before = 0;
  for (let round = 0; round < 2; round += 1) {
    const killed = long.import();
    await until('it goes on', async () => (await long.done()) > before || !killed.running);
    await killed.kill();
    before = await long.done();
    t.ok(before > 0 && before <= ROWS, `${before} of ${ROWS}`);
  }
  await long.finish();
});

t.test('import: a backend is killed in its midst: it goes on by itself', async (t) => {
  const long = await Long.start(t);
  const running = long.import('--unordered');
  await long.begun();
  await long.bank.killBackend(2);
  t.equal((await running.exited).code, 0, running.stderr);
  t.match(running.stdout, new RegExp(`: ${ROWS} postings: ${ROWS} done, 0 refused`));
  t.equal(await long.done(), ROWS);
  await long.bank.startBackend(2);
});

t.test('import: the frontend is killed and comes back: it goes on by itself', async (t) => {
  const long = await Long.start(t);
  const running = long.import('--timeout', '20s');
  await long.begun();
  await long.bank.killFrontend();
  await pause(300);
  await long.bank.startFrontend();
  t.equal((await running.exited).code, 0, running.stderr);
  t.equal(await long.done(), ROWS);
});

t.test('import: nobody answers any more: exit 4, or 3; then it is gone on with', async (t) => {
  const long = await Long.start(t);
  const unknown = long.import('--timeout', '500ms');
  await long.begun();
  long.bank.frontend.signal('SIGSTOP');
  t.equal((await unknown.exited).code, 4, unknown.stderr);
  const sentence = /^error: .*lines \d+ to \d+: .*; \d+ rows may or may not have happened$/m;
  t.match(unknown.stderr, sentence);
  t.match(unknown.stderr, /^tip: run the same command again/m);
  t.match(unknown.stdout, /NOT TO THE END$/m);
  long.bank.frontend.signal('SIGCONT');
  for (const id of long.bank.ids) await long.bank.killBackend(id);
  await long.bank.statusIs('000');
  const down = long.import('--timeout', '500ms');
  t.equal((await down.exited).code, 3, down.stderr);
  await Promise.all(long.bank.ids.map((id) => long.bank.startBackend(id)));
  await long.finish();
});

t.test('import: interrupted: what was under way is waited for and told', async (t) => {
  const long = await Long.start(t);
  const running = long.import('--json');
  await long.begun();
  const { code } = await running.terminate();
  const told = JSON.parse(running.stdout) as { readonly done: number; readonly stopped: string };
  t.equal(code, 143, running.stderr);
  t.equal(told.stopped, 'interrupted');
  t.equal(await long.done(), told.done);
  await long.finish();
});
