/**
 * `bankd chaos --cut` on a bank of real processes under load: each is survived, ends by itself, and
 * one order explains all that the clients were told.
 */
import t from 'tap';
import { TestBank, until } from '../support/bank.ts';
import { Load } from '../support/load.ts';
import { UpBank } from '../support/up-bank.ts';

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test('cuts under load: two of three backends', async (t) => {
  const bank = await UpBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 31, clients: 4, pauseMs: 2 });
  for (const [mode, forTime] of [
    ['both', '1300ms'], ['half-open', '100ms'], ['slow', '600ms'],
  ] as const) {
    const { status, lines, stderr } = await bank.chaos(
      '--cut', '2', '--mode', mode, '--for', forTime);
    t.equal(status, 0, `${mode}: ${stderr}`);
    t.equal(lines.filter((line) => line.startsWith('cut off backend ')).length, 2, mode);
    t.equal(lines.findLast((line) => line.startsWith('status')), 'status 1,1,1', mode);
    if (mode === 'both') t.match(lines.join(' '), /status (1,0,0|0,1,0|0,0,1)/, 'and noticed');
    await load.answered(50);
  }
  await bank.finish(t, load);
});

t.test('a cut: ends by itself, whoever is gone meanwhile', async (t) => {
  const bank = await TestBank.start(t, { count: 2 });
  const run = bank.chaos('--cut', '1', '--backend', '2', '--for', '2s');
  await until('it is cut', () => run.stdout.includes('cut off backend 2'));
  await Promise.all([run.kill(), bank.killFrontend()]);
  await bank.startFrontend();
  await bank.statusIs('10');
  await bank.statusIs('11', 5_000);
  t.match(bank.backend(2).stderr, /^backend 2: bankd chaos: cut off .* for 2 s \(both\)$/m);

  const interrupted = bank.chaos('--cut', '1', '--mode', 'slow', '--for', '10s');
  await until('it is cut', () => interrupted.stdout.includes('cut off backend'));
  interrupted.signal('SIGINT');
  t.equal((await interrupted.exited).code, 0);
  t.match(interrupted.stdout, /backend \d: the cut ends by itself in \d+\.\d s \(interrupted\)\n$/);

  const client = await bank.connect();
  t.same(await client.cut(1, 'both', 60_000), { outcome: 'begins', detail: '' });
  const startMs = performance.now();
  t.equal((await bank.backend(1).terminate()).code, 0, 'a stop ends it, too');
  t.ok(performance.now() - startMs < 2_000);
});
