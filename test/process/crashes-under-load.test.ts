/**
 * Faults while eight clients write and read without a pause, on one bank after another: no client
 * sees an error of its own, and one order explains all that they were told.
 */
import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { pause, TestBank, until } from '../support/bank.ts';
import { explain } from '../support/history-check.ts';
import { Load } from '../support/load.ts';
import { verified } from '../support/verified.ts';

/** Generous: the promised times are the benchmark's to measure, on a machine of its own. */
const GAP_MS_MAX = 5_000;

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test('backends under load: each kill and each pause is survived', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 21, pauseMs: 4 });
  await load.answered(300);
  load.takeLongestGapMs();
  for (const victims of [[2], [1, 2], [3], [1, 3]]) {
    await Promise.all(victims.map((id) => bank.killBackend(id)));
    await load.answered(200);
    noteGap(t, load, `kill -9 of backend ${victims.join(' and ')}`);
    await Promise.all(victims.map((id) => bank.startBackend(id)));
    await bank.statusIs('111');
    noteGap(t, load, 'its return');
  }
  bank.pauseBackend(2);
  await load.answered(200);
  noteGap(t, load, 'SIGSTOP of backend 2, read timeout 1 s');
  bank.resumeBackend(2);
  await bank.statusIs('111');
  await finish(t, bank, load);
});

t.test('frontend under load: killed, paused, killed with everything else', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 22, pauseMs: 4 });
  for (let round = 0; round < 2; round += 1) {
    await load.answered(200);
    await bank.killFrontend();
    await bank.startFrontend();
  }
  await load.answered(200);
  bank.frontend.signal('SIGSTOP');
  await pause(3_000);
  bank.frontend.signal('SIGCONT');
  await load.answered(200);
  await bank.killAll();
  const order = [3, 1, 2];
  for (const id of order) bank.launchBackend(id);
  await bank.startFrontend();
  await load.answered(200);
  await finish(t, bank, load);
});

t.test('frontend and one backend killed at once: the rest is enough', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 23, pauseMs: 4 });
  for (const id of bank.ids) {
    await load.answered(150);
    await Promise.all([bank.killFrontend(), bank.killBackend(id)]);
    await bank.startFrontend();
    await load.answered(150);
    await bank.startBackend(id);
  }
  await finish(t, bank, load);
});

t.test('a backend killed in the middle of its catch-up, and its source too', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 24, clients: 16, pauseMs: 4 });
  await load.answered(2_000);
  for (const delayMs of [0, 30, 120]) {
    await bank.killBackend(2);
    rmSync(bank.directoryOf(2), { recursive: true });
    const from = bank.frontend.lines.length;
    bank.launchBackend(2);
    await bank.frontend.line(/backend 2: catching up/, from);
    await pause(delayMs);
    await bank.killBackend(2);
    await bank.startBackend(2);
  }
  await bank.killBackend(2);
  rmSync(bank.directoryOf(2), { recursive: true });
  const from = bank.frontend.lines.length;
  bank.launchBackend(2);
  await bank.frontend.line(/backend 2: catching up/, from);
  await bank.killBackend(1);
  await bank.backendReady(2);
  await bank.startBackend(1);
  await finish(t, bank, load);
});

t.test('all backends down under load: refused at once, then first answers again', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect();
  await client.create('0');
  await Promise.all(bank.ids.map((id) => bank.killBackend(id)));
  await bank.statusIs('000');
  const refusals: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const startedMs = performance.now();
    const outcome = await client.deposit(100, '1.00');
    refusals.push(performance.now() - startedMs);
    t.match(outcome, { kind: 'refused', code: 'UNAVAILABLE', definite: true });
  }
  const median = refusals.sort((one, other) => one - other)[10] ?? Infinity;
  t.ok(median < 250, `refused in ${median.toFixed(1)} ms`);
  const { waitingFor } = await bank.status();
  t.ok(waitingFor.length > 0, `waits for ${waitingFor.join(', ')}`);
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  t.match(await client.deposit(100, '1.00'), { kind: 'answered', result: { balance: 100 } });
});

function noteGap(t: Test, load: Load, what: string): void {
  const gapMs = load.takeLongestGapMs();
  t.ok(gapMs < GAP_MS_MAX, `${what}: no answer for ${gapMs} ms at most`);
}

/** Everything was answered, rightly, and every replica ends with the same accounts. */
async function finish(t: Test, bank: TestBank, load: Load): Promise<void> {
  const history = await load.stop();
  t.same(load.troubles, [], 'no client saw an error');
  const { wrong, balances } = explain(history);
  t.same(wrong, [], `one order explains ${history.length} answers`);
  await bank.statusIs('111');
  await until('all have everything', async () => {
    const { commitSeq, backends } = await bank.status();
    return backends.every(({ lastSeq }) => lastSeq === commitSeq);
  });
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  for (const { ok, accounts } of directories) {
    t.ok(ok);
    t.same(accounts, balances);
  }
}
