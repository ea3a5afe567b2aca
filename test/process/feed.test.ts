/** `bankd feed` at a real bank, while backends and the frontend are killed under load. */
import { spawn } from 'node:child_process';
import t, { type Test } from 'tap';
import { startBankd, TestBank, until, type BankdProcess } from '../support/bank.ts';
import { bankdCommand } from '../support/bankd-process.ts';
import { Load } from '../support/load.ts';

interface Line {
  readonly seq: number;
  readonly index: number;
  readonly op: string;
  readonly timestamp: string;
}

function feed(t: Test, bank: TestBank, ...args: readonly string[]): BankdProcess {
  return startBankd(t, ['feed', '--port', String(bank.port), ...args]);
}

/** The whole lines; each of them is JSON. */
function linesOf({ stdout }: BankdProcess): readonly Line[] {
  return stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Line);
}

const placeOf = ({ seq, index }: Line): string => `${seq}.${index}`;

t.test('feed: kills of backends and frontend under load: each change once', async (t) => {
  const bank = await TestBank.start(t);
  const live = feed(t, bank, '--timeout', '30s');
  const load = await Load.start(t, { port: bank.port, seed: 5, pauseMs: 1 });
  await load.answered(300);
  const early = feed(t, bank, '--no-follow');
  t.same(await early.exited, { code: 0, signal: null });
  await bank.killBackend(1);
  await load.answered(200);
  await bank.startBackend(1);
  await bank.killFrontend();
  await bank.startFrontend();
  await load.answered(200);
  await Promise.all([2, 3].map((id) => bank.killBackend(id)));
  await load.answered(100);
  await load.stop();
  const whole = feed(t, bank, '--no-follow');
  await whole.exited;
  const all = linesOf(whole);
  t.ok(all.length > 300, String(all.length));
  await until('the live feed has all', () => linesOf(live).length >= all.length);
  live.signal('SIGINT');
  t.same(await live.exited, { code: 0, signal: null }, 'Ctrl-C ends it well');
  t.equal(live.stdout, whole.stdout);
  t.equal(new Set(all.map(placeOf)).size, all.length);
  t.ok(all.every((line, at) => at === 0 || line.timestamp >= (all[at - 1]?.timestamp ?? '')));
  const last = placeOf(linesOf(early).at(-1) as Line);
  const rest = feed(t, bank, '--no-follow', '--after', last);
  await rest.exited;
  const places = [...linesOf(early), ...linesOf(rest)].map(placeOf);
  t.same(places, all.map(placeOf), 'resumed with the last line that one has');
});

t.test('feed: readers that leave, and wrong questions', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 5', ...Array.from({ length: 50 }, () => 'DEPOSIT 100 1'));
  const port = String(bank.port);
  const { file, args } = bankdCommand(['feed', '--port', port]);
  const leaving = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => leaving.kill('SIGKILL'));
  let stderr = '';
  leaving.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const left = new Promise((resolve) => leaving.once('close', resolve));
  leaving.stdout.once('data', () => leaving.stdout.destroy());
  const client = await bank.connect();
  const writing = setInterval(() => void client.deposit(100, '1'), 20);
  t.teardown(() => clearInterval(writing));
  t.equal(await left, 0, 'a reader that has gone ends it quietly');
  t.equal(stderr, '');
  clearInterval(writing);

  for (const [asked, code, sentence] of [
    [['--from', '999'], 2, /^error: seq 999 is beyond the last of the history, which is \d+$/],
    [['--to', '999', '--no-follow'], 2, /^error: seq 999 is beyond the last/],
    [['--from', '1.x'], 2, /--from: expected SEQ, or SEQ.INDEX such as 17.3 \(got "1.x"\)/],
    [['--from', '1', '--after', '2'], 2, /--from and --after exclude each other/],
    [['--from', '5', '--to', '4'], 2, /--to is before the beginning/],
  ] as const) {
    const process = feed(t, bank, ...asked);
    t.equal((await process.exited).code, code, asked.join(' '));
    t.match(process.stderr, sentence);
    t.equal(process.stdout, '');
  }
  const nobody = startBankd(t, ['feed', '--port', '1']);
  t.equal((await nobody.exited).code, 3);
  await bank.killFrontend();
  const alone = feed(t, bank, '--no-follow', '--timeout', '300ms');
  t.equal((await alone.exited).code, 3);
});
