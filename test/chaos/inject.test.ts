import t from 'tap';
import { withoutPort, type ChaosWorld, type FaultSignal } from '../../src/cli/chaos-world.ts';
import { chooseVictims, runChaos, type ChaosPlan } from '../../src/cli/chaos.ts';
import { CliError } from '../../src/cli/cli-error.ts';
import type { BackendStatus, StatusReport } from '../../src/cli/status-report.ts';
import { ScriptedClient } from '../support/scripted-client.ts';

const COMMAND_LINE = 'node bin/bankd.ts backend --id 1';

/** A machine whose processes 11, 12, 13 are the backends 1, 2, 3. */
class MadeUpMachine implements ChaosWorld {
  readonly sent: string[] = [];
  readonly commandLines = new Map([11, 12, 13].map((pid) => [pid, COMMAND_LINE]));
  randoms: number[] = [];
  onSent: (pid: number, signal: FaultSignal) => void = () => {};

  send(pid: number, signal: FaultSignal): boolean {
    this.sent.push(`${signal} ${pid}`);
    this.onSent(pid, signal);
    return true;
  }

  commandLine(pid: number): string | undefined {
    return this.commandLines.get(pid) ?? '';
  }

  isHere(host: string): boolean {
    return host.startsWith('127.0.0.1');
  }

  random(): number {
    return this.randoms.shift() ?? 0;
  }
}

function backend(id: number, status: 0 | 1, pid = id + 10): BackendStatus {
  return { id, status, state: status === 1 ? 'in-sync' : 'down', pid, host: '127.0.0.1:5000' };
}

function report(...backends: BackendStatus[]): StatusReport {
  return {
    cluster: 'c', epoch: 1, view: 1, commitSeq: 1, status: backends.map(({ status }) => status),
    copies: 3, waitingFor: [], frontend: {}, backends, chaos: true,
  };
}

const ALL = report(backend(1, 1), backend(2, 1), backend(3, 1));
const KILL_ONE: ChaosPlan = { fault: 'kill', count: 1, backend: undefined, forMs: 0 };

function refusal(
  status: StatusReport,
  plan: Partial<ChaosPlan>,
  world = new MadeUpMachine(),
): CliError {
  try {
    chooseVictims(status, { ...KILL_ONE, ...plan }, world);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

t.test('chaos: choice: as many as asked for, none twice, only those that are up', async (t) => {
  for (let count = 1; count <= 3; count += 1) {
    for (const random of [0, 0.3, 0.5, 0.999]) {
      const world = new MadeUpMachine();
      world.randoms = [random, random, random];
      const chosen = chooseVictims(ALL, { ...KILL_ONE, count }, world);
      t.equal(new Set(chosen.map(({ id }) => id)).size, count);
    }
  }
  const world = new MadeUpMachine();
  world.randoms = [0.999];
  const two = report(backend(1, 1), backend(2, 1), backend(3, 0));
  t.same(chooseVictims(two, KILL_ONE, world), [{ id: 2, pid: 12 }]);
  t.same(chooseVictims(ALL, { ...KILL_ONE, backend: 3 }, world), [{ id: 3, pid: 13 }]);
});

t.test('chaos: what can not be done: exit 1 and why', async (t) => {
  const two = report(backend(1, 1), backend(2, 0), backend(3, 1));
  t.match(refusal(two, {
    count: 3 }), { exitStatus: 1, message: '2 backends are up, which is fewer than 3',
  });
  t.match(refusal(two, {
    backend: 2 }), { exitStatus: 1, message: 'backend 2 is not up: it is down',
  });
  t.match(refusal(two, { backend: 4 }), { exitStatus: 1, message: 'the bank has no backend 4' });
  t.match(refusal(two, { backend: 1, count: 2 }), { exitStatus: 2 });
  const unknown = report({ id: 1, status: 1, state: 'in-sync', pid: null });
  t.match(refusal(unknown, {}), { exitStatus: 1, message: /does not know the process/ });
  for (const pid of [0, -1, 1, 1.5, NaN]) {
    t.equal(refusal(report(backend(1, 1, pid)), {}).exitStatus, 1, `pid ${pid}`);
  }
});

t.test('chaos: what must not be done: exit 6 and why', async (t) => {
  t.match(refusal({ ...ALL, chaos: false }, {}), { exitStatus: 6, message: /--no-chaos/ });
  const elsewhere = report({ ...backend(1, 1), host: '192.0.2.7:5000' });
  t.match(refusal(elsewhere, {}), { exitStatus: 6, message: /another machine/ });
});

t.test('chaos: a pid that belongs to another process now: is not signalled', async (t) => {
  const world = new MadeUpMachine();
  world.commandLines.set(11, 'vim bankd-backend.txt');
  t.match(refusal(ALL, {}, world), {
    exitStatus: 1, message: 'process 11 is not backend 1 any more',
  });
  world.commandLines.set(11, '');
  t.equal(refusal(ALL, {}, world).exitStatus, 1);
});

t.test('chaos: kill: says whom, shows the array until another process is back', async (t) => {
  const world = new MadeUpMachine();
  const client = new ScriptedClient();
  client.report = ALL;
  const later = [
    ALL,
    report(backend(1, 0), backend(2, 1), backend(3, 1)),
    report(backend(1, 1, 99), backend(2, 1), backend(3, 1)),
  ];
  world.onSent = () => {
    const next = (): void => {
      client.report = later.shift() ?? client.report;
      if (later.length > 0) setTimeout(next, 120);
    };
    next();
  };
  const said: string[] = [];
  const interrupted = new AbortController().signal;
  const say = (line: string) => said.push(line);
  const status = await runChaos(KILL_ONE, { client, world, interrupted, say });
  t.equal(status, 0);
  t.same(world.sent, ['SIGKILL 11']);
  t.same(said, ['status 1,1,1', 'killed backend 1 (pid 11)', 'status 0,1,1', 'status 1,1,1']);
});

t.test('chaos: pause: goes on after the time', async (t) => {
  const world = new MadeUpMachine();
  const client = new ScriptedClient();
  client.report = ALL;
  const times: number[] = [];
  world.onSent = () => times.push(performance.now());
  const said: string[] = [];
  const plan: ChaosPlan = { fault: 'pause', count: 2, backend: undefined, forMs: 200 };
  const interrupted = new AbortController().signal;
  await runChaos(plan, { client, world, interrupted, say: (line) => said.push(line) });
  t.same(world.sent, ['SIGSTOP 11', 'SIGSTOP 12', 'SIGCONT 11', 'SIGCONT 12']);
  t.ok((times[2] ?? 0) - (times[1] ?? 0) >= 190);
  t.same(said, [
    'status 1,1,1', 'paused backend 1 (pid 11) for 0.2 s', 'paused backend 2 (pid 12) for 0.2 s',
    'resumed backend 1, 2',
  ]);
});

t.test('chaos: pause interrupted, or failing half-way: everyone goes on at once', async (t) => {
  const plan: ChaosPlan = { fault: 'pause', count: 2, backend: undefined, forMs: 60_000 };
  const interruption = new AbortController();
  const world = new MadeUpMachine();
  const client = new ScriptedClient();
  client.report = ALL;
  setTimeout(() => interruption.abort(2), 50);
  const startMs = performance.now();
  await runChaos(plan, { client, world, interrupted: interruption.signal, say: () => {} });
  t.ok(performance.now() - startMs < 5_000);
  t.same(world.sent.slice(-2), ['SIGCONT 11', 'SIGCONT 12']);

  const second = new MadeUpMachine();
  second.onSent = () => second.commandLines.delete(12);
  const stage = { client, world: second, interrupted: new AbortController().signal, say: () => {} };
  await t.rejects(runChaos(plan, stage), { message: /process 12 is not backend 2/ });
  t.same(second.sent, ['SIGSTOP 11', 'SIGCONT 11'], 'and no one who was not stopped');
});

t.test('chaos: a frontend that does not answer: exit 3', async (t) => {
  const client = new ScriptedClient();
  client.report = undefined;
  const interrupted = new AbortController().signal;
  const stage = { client, world: new MadeUpMachine(), interrupted, say: () => {} };
  await t.rejects(runChaos(KILL_ONE, stage), /the frontend did not answer/);
});

t.test('chaos: hosts: the address without its port', async (t) => {
  for (const [host, bare] of [
    ['127.0.0.1:8023', '127.0.0.1'], ['127.0.0.1', '127.0.0.1'], ['[::1]:8023', '::1'],
    ['::1', '::1'], ['::ffff:127.0.0.1', '127.0.0.1'], ['bank.example:1', 'bank.example'],
  ] as const) {
    t.equal(withoutPort(host), bare);
  }
});
