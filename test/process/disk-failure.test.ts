/**
 * A disk that fails: an fsync answers EIO, injected by strace. The process stops and starts again
 * from its disk; nothing is acknowledged on the strength of what it could not sync.
 */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { pause, TestBank } from '../support/bank.ts';
import type { StartOptions } from '../support/bankd-process.ts';
import { explain } from '../support/history-check.ts';
import { Load } from '../support/load.ts';
import { verified } from '../support/verified.ts';

/** The call that fails, and which one of them: strace's words. */
const BACKEND_FAULTS = ['fdatasync:when=1', 'fdatasync:when=25', 'fsync:when=3'];
/** With a filter in the kernel: no other call of the process waits for strace. */
const STRACE = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null'] as const;
const skip = canTrace() ? false : 'strace is not installed, or not allowed';

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 3;

t.test('a backend: EIO from fsync: it stops; the others go on; it rejoins', { skip }, async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, clients: 4, seed: 31, pauseMs: 4 });
  for (const fault of BACKEND_FAULTS) {
    await bank.killBackend(2);
    const failing = bank.launchBackend(2, failingAt(fault));
    // Only a new segment needs an fsync: the clients alone would take seconds to fill one.
    if (fault.startsWith('fsync:')) await load.fill(10_000);
    const { code } = await failing.exited;
    t.equal(code, 7, fault);
    t.match(failing.stderr, /^error: .*the disk failed \(EIO\)$/m, fault);
    await load.answered(50);
    await bank.startBackend(2);
    t.notMatch(bank.backend(2).stderr, /corrupt/);
  }
  const history = await load.stop();
  t.same(load.troubles, []);
  const { wrong, balances } = explain(history);
  t.same(wrong, []);
  await bank.statusIs('111');
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  for (const { ok, accounts } of directories) {
    t.same({ ok, accounts }, { ok: true, accounts: balances });
  }
});

t.test('the sole in-sync backend: EIO: no answer on its strength', { skip }, async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 1');
  await bank.killBackend(1);
  const failing = bank.launchBackend(1, failingAt('fdatasync:when=12'));
  await bank.backendReady(1);
  const client = await bank.connect(60_000);
  let answered = 0;
  let asked = 0;
  const depositing = (async (): Promise<void> => {
    while (failing.running) {
      asked += 1;
      const outcome = await client.deposit(100, '1.00');
      if (outcome.kind === 'answered') answered += 1;
    }
  })();
  t.equal((await failing.exited).code, 7);
  await bank.startBackend(1);
  await depositing;
  const outcome = await client.query(100);
  const there = outcome.kind === 'answered' ? outcome.result.balance / 100 - 1 : -1;
  t.ok(there >= answered && there <= asked, `${answered} of ${asked} answered, ${there} are there`);
});

t.test('the frontend: EIO from its control record: it stops, then goes on', { skip }, async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(60_000);
  await client.create('0');
  await bank.killFrontend();
  await bank.startFrontendWith(failingAt('fsync:when=2'));
  const failing = bank.frontend;
  let asked = 0;
  const depositing = (async (): Promise<void> => {
    for (; failing.running; asked += 1) {
      t.match(await client.deposit(100, '1.00'), { kind: 'answered', result: { code: 'ok' } });
      await pause(50);
    }
  })();
  // Views and commit floors have to be written.
  for (let round = 0; round < 10 && failing.running; round += 1) {
    await bank.killBackend(3);
    await Promise.race([bank.startBackend(3), failing.exited]);
  }
  t.equal((await failing.exited).code, 7);
  t.match(failing.stderr, /^error: .*control.*the disk failed \(EIO\)$/m);
  await bank.startFrontend();
  await depositing;
  await bank.statusIs('111');
  t.same(await bank.commands('QUERY 100'), [`OK ${asked}.00`]);
});

/** One thread for files: strace counts for each. */
function failingAt(fault: string): StartOptions {
  return { wrapper: strace(fault), env: { UV_THREADPOOL_SIZE: '1' } };
}

function strace(fault: string): string[] {
  const [call = '', when = ''] = fault.split(':');
  const inject = `inject=${call}:error=EIO:${when}`;
  return [...STRACE, '-e', `trace=${call}`, '-e', inject];
}

function canTrace(): boolean {
  try {
    const [file, ...args] = STRACE;
    execFileSync(file, [...args, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
