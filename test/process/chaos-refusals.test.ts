/** What `bankd chaos` refuses on banks of real processes, and its faults where nobody restarts. */
import { join } from 'node:path';
import t from 'tap';
import { temporaryDirectory, TestBank, until } from '../support/bank.ts';
import { SmallDisk } from '../support/small-disk.ts';

t.test('one backend: what must not be done to it, and all at once', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  t.match(await bank.status(), {
    frontend: { directory: join(bank.data, 'frontend') },
    backends: [{ directory: bank.directoryOf(1) }],
  }, 'the status report tells the directories');
  const refusals = [
    [1, /^error: no other backend is in sync: .* only with backend 1$/m, '--wipe'],
    [1, /^error: no other backend is in sync: .* only with backend 1$/m, '--corrupt'],
    [6, /^error: the file system of backend 1 .* holds other things, too\ntip: /m, '--disk-full'],
  ] as const;
  await Promise.all(refusals.map(async ([status, error, fault]) => {
    const run = bank.chaos(fault, '1', '--yes-really');
    t.equal((await run.exited).code, status, fault);
    t.match(run.stderr, error);
  }));
  t.ok(bank.backend(1).running);
  const all = bank.chaos('--all', '--yes-really');
  await until('it is said', () => all.stdout.includes('killed backend 1'));
  t.match(all.stdout, /^killed the frontend .*\nnothing starts it again: .*\nkilled backend 1 /m);
  t.equal((await bank.frontend.exited).signal, 'SIGKILL');
  t.equal((await bank.backend(1).exited).signal, 'SIGKILL');
  await bank.startFrontend();
  await bank.startBackend(1);
  t.equal((await all.exited).code, 0, 'it waits for those that an operator starts');
});

t.test('--no-chaos: every fault is refused, also by the frontend itself', async (t) => {
  const bank = await TestBank.start(t, { count: 1, frontend: ['--no-chaos'] });
  const faults = [
    ['--kill', '1'], ['--pause', '1'], ['--cut', '1'], ['--frontend'],
    ['--wipe', '1', '--yes-really'],
  ];
  await Promise.all(faults.map(async (flags) => {
    const run = bank.chaos(...flags);
    t.equal((await run.exited).code, 6, flags.join(' '));
    t.match(run.stderr, /^error: this bank was started with --no-chaos$/m);
    t.equal(run.stdout, '');
  }));
  const client = await bank.connect();
  t.match(await client.cut(1, 'both', 60_000), { outcome: 'not-allowed' });
  t.same((await bank.status()).status, [1]);
});

t.test('a disk of its own: is filled for a while', async (t) => {
  const data = temporaryDirectory(t);
  const disk = SmallDisk.mount(t, join(data, 'backend-1'), 24);
  if (disk === undefined) return;
  const bank = await TestBank.start(t, { data, count: 1 });
  const run = bank.chaos('--disk-full', '1', '--for', '500ms');
  t.equal((await run.exited).code, 0, run.stderr);
  t.match(run.stdout, /filled the disk of backend 1 for 0.5 s: .*\nbackend 1: the disk has room/);
  const killed = bank.chaos('--disk-full', '1', '--for', '60s');
  await until('it is full', () => killed.stdout.includes('filled'));
  t.equal(disk.freeBytes(), 0);
  await killed.kill();
  t.ok(disk.freeBytes() > 0, 'there is room again, though who took it is gone');
  t.same(await bank.commands('CREATE 1'), ['OK 100']);
});
