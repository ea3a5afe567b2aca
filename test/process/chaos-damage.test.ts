/**
 * Faults of `bankd chaos` on a supervised bank under load: what is corrupted, wiped or killed comes
 * back, and nothing that was acknowledged is lost.
 */
import t from 'tap';
import { Load } from '../support/load.ts';
import { UpBank } from '../support/up-bank.ts';

t.test('faults under load: corrupt, wipe, frontend', async (t) => {
  const bank = await UpBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 32, clients: 4, pauseMs: 2 });
  await load.answered(200);
  /** Ends when those are back that were in sync when it began: not whom another one has struck. */
  const strike = async (said: RegExp, back: RegExp, ...flags: string[]): Promise<void> => {
    const { status, lines, stderr } = await bank.chaos(...flags);
    t.equal(status, 0, `${flags.join(' ')}: ${stderr}`);
    t.match(lines.join('\n'), said);
    t.match(lines.at(-1), back, lines.join('\n'));
  };
  await Promise.all([
    strike(
      /^corrupted backend 1: byte \d+ of .*\.segment \(entry \d+\)$/m, /^status 1,/,
      '--corrupt', '1', '--backend', '1', '--yes-really',
    ),
    strike(
      /^wiped backend 2: .*backend-2$/m, /^status .,1,/,
      '--wipe', '1', '--backend', '2', '--yes-really',
    ),
  ]);
  t.match(bank.process.stderr, /^backend 1: corrupt: .*segment is corrupt at byte \d+: entry/m);
  t.match(bank.process.stderr, /^backend 1: starts anew as empty/m);
  await strike(/^killed the frontend \(pid \d+\)$/m, /^status 1,1,1$/, '--frontend');
  await load.answered(50);
  await bank.finish(t, load);
});
