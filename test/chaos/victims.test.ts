import t from 'tap';
import { ChaosError } from '../../src/chaos/chaos-error.ts';
import { withoutPort } from '../../src/chaos/chaos-world.ts';
import type { FaultOrder } from '../../src/chaos/fault.ts';
import { chooseVictims } from '../../src/chaos/victims.ts';
import type { StatusReport } from '../../src/host/status-report.ts';
import { ALL_UP, backend, MadeUpMachine, reportOf } from '../support/made-up-machine.ts';

type Choice = Pick<FaultOrder, 'count' | 'backend'>;
const ONE: Choice = { count: 1, backend: undefined };

function refusal(
  status: StatusReport,
  choice: Partial<Choice>,
  world = new MadeUpMachine(),
): ChaosError {
  try {
    chooseVictims(status, { ...ONE, ...choice }, world);
  } catch (error) {
    if (error instanceof ChaosError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

t.test('victims: choice: as many as asked for, none twice, only those that are up', async (t) => {
  for (let count = 1; count <= 3; count += 1) {
    for (const random of [0, 0.3, 0.5, 0.999]) {
      const world = new MadeUpMachine();
      world.randoms = [random, random, random];
      const chosen = chooseVictims(ALL_UP, { ...ONE, count }, world);
      t.equal(new Set(chosen.map(({ id }) => id)).size, count);
    }
  }
  const world = new MadeUpMachine();
  world.randoms = [0.999];
  const two = reportOf(backend(1, 1), backend(2, 1), backend(3, 0));
  t.same(chooseVictims(two, ONE, world), [{ id: 2, pid: 12 }]);
  t.same(chooseVictims(ALL_UP, { count: 1, backend: 3 }, world), [{ id: 3, pid: 13 }]);
});

t.test('victims: what can not be done: refused and why', async (t) => {
  const two = reportOf(backend(1, 1), backend(2, 0), backend(3, 1));
  t.match(refusal(two, { count: 3 }), {
    reason: 'refused', message: '2 backends are up, which is fewer than 3',
  });
  t.match(refusal(two, { backend: 2 }), {
    reason: 'refused', message: 'backend 2 is not up: it is down',
  });
  t.match(refusal(two, { backend: 4 }), {
    reason: 'refused', message: 'the bank has no backend 4',
  });
  t.match(refusal(two, { backend: 1, count: 2 }), { reason: 'usage' });
  const unknown = reportOf({ id: 1, status: 1, state: 'in-sync', pid: null });
  t.match(refusal(unknown, {}), { reason: 'refused', message: /does not know the process/ });
  for (const pid of [0, -1, 1, 1.5, NaN]) {
    t.equal(refusal(reportOf(backend(1, 1, pid)), {}).reason, 'refused', `pid ${pid}`);
  }
});

t.test('victims: what must not be done: not allowed and why', async (t) => {
  t.match(refusal({ ...ALL_UP, chaos: false }, {}), { reason: 'not-allowed', message: /no-chaos/ });
  const elsewhere = reportOf({ ...backend(1, 1), host: '192.0.2.7:5000' });
  t.match(refusal(elsewhere, {}), { reason: 'not-allowed', message: /another machine/ });
});

t.test('victims: a pid that belongs to another process now: is not taken', async (t) => {
  const world = new MadeUpMachine();
  world.commandLines.set(11, 'vim bankd-backend.txt');
  t.match(refusal(ALL_UP, {}, world), {
    reason: 'refused', message: 'process 11 is not backend 1 any more',
  });
  world.commandLines.set(11, '');
  t.equal(refusal(ALL_UP, {}, world).reason, 'refused');
});

t.test('chaos: hosts: the address without its port', async (t) => {
  for (const [host, bare] of [
    ['127.0.0.1:8023', '127.0.0.1'], ['127.0.0.1', '127.0.0.1'], ['[::1]:8023', '::1'],
    ['::1', '::1'], ['::ffff:127.0.0.1', '127.0.0.1'], ['bank.example:1', 'bank.example'],
  ] as const) {
    t.equal(withoutPort(host), bare);
  }
});
