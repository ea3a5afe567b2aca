import t from 'tap';
import { ChaosError } from '../../src/chaos/chaos-error.ts';
import { destroysData, type FaultKind, type FaultOrder } from '../../src/chaos/fault.ts';
import { inject, untilWhole } from '../../src/chaos/inject.ts';
import { ALL_UP, backend, MadeUpStage, reportOf } from '../support/made-up-machine.ts';

function order(kind: FaultKind, rest: Partial<FaultOrder> = {}): FaultOrder {
  return { kind, count: 1, backend: undefined, forMs: 100, mode: undefined, ...rest };
}

async function refusal(stage: MadeUpStage, what: FaultOrder): Promise<ChaosError> {
  try {
    await inject(what, stage);
  } catch (error) {
    if (error instanceof ChaosError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const KINDS: readonly FaultKind[] = [
  'kill', 'pause', 'cut', 'corrupt', 'wipe', 'frontend', 'all', 'disk-full',
];

t.test('chaos: --no-chaos: every fault is refused, and nothing is done', async (t) => {
  for (const kind of KINDS) {
    const stage = new MadeUpStage({ ...ALL_UP, chaos: false });
    t.match(await refusal(stage, order(kind)), { reason: 'not-allowed', message: /--no-chaos/ });
    t.same([stage.world.done, stage.said, stage.client.calls], [[], [], ['status']], kind);
  }
});

t.test('chaos: a frontend that does not answer: unreachable', async (t) => {
  for (const kind of KINDS) {
    const stage = new MadeUpStage();
    stage.client.report = undefined;
    t.match(await refusal(stage, order(kind)), { reason: 'unreachable' });
  }
});

t.test('chaos: which faults take data: those that need --yes-really', async (t) => {
  t.same(KINDS.filter(destroysData), ['corrupt', 'wipe', 'all']);
});

t.test('chaos: kill: says whom, shows the array until another process is back', async (t) => {
  const stage = new MadeUpStage();
  stage.world.onSent = () => stage.reportLater(
    120, ALL_UP, reportOf(backend(1, 0), backend(2, 1), backend(3, 1)),
    reportOf(backend(1, 1, 99), backend(2, 1), backend(3, 1)),
  );
  await inject(order('kill'), stage);
  t.equal(await untilWhole(stage, 5_000), true);
  t.same(stage.world.done, ['SIGKILL 11']);
  t.same(stage.said, ['status 1,1,1', 'killed backend 1 (pid 11)', 'status 0,1,1', 'status 1,1,1']);
});

t.test('chaos: whole: also where one was down before; not where one stays away', async (t) => {
  const stage = new MadeUpStage(reportOf(backend(1, 1), backend(2, 0), backend(3, 1)));
  stage.world.onSent = () =>
    stage.reportLater(0, reportOf(backend(1, 1, 99), backend(2, 0), backend(3, 1)));
  await inject(order('kill'), stage);
  t.equal(await untilWhole(stage, 5_000), true);
  stage.client.report = reportOf(backend(1, 1, 99), backend(2, 0), backend(3, 0));
  t.equal(await untilWhole(stage, 100), false);
  stage.interruption.abort();
  t.equal(await untilWhole(stage, 60_000), false, 'nor does it wait where it is interrupted');
});

t.test('chaos: pause: goes on after the time', async (t) => {
  const stage = new MadeUpStage();
  const times: number[] = [];
  stage.world.onSent = () => times.push(performance.now());
  await inject(order('pause', { count: 2, forMs: 200 }), stage);
  t.same(stage.world.done, ['SIGSTOP 11', 'SIGSTOP 12', 'SIGCONT 11', 'SIGCONT 12']);
  t.ok((times[2] ?? 0) - (times[1] ?? 0) >= 190);
  t.same(stage.said, [
    'status 1,1,1', 'paused backend 1 (pid 11) for 0.2 s', 'paused backend 2 (pid 12) for 0.2 s',
    'resumed backend 1, 2',
  ]);
});

t.test('chaos: pause interrupted, or failing half-way: everyone goes on at once', async (t) => {
  const stage = new MadeUpStage();
  setTimeout(() => stage.interruption.abort(2), 50);
  const startMs = performance.now();
  await inject(order('pause', { count: 2, forMs: 60_000 }), stage);
  t.ok(performance.now() - startMs < 5_000);
  t.same(stage.world.done.slice(-2), ['SIGCONT 11', 'SIGCONT 12']);

  const second = new MadeUpStage();
  second.world.onSent = () => second.world.commandLines.delete(12);
  const failed = await refusal(second, order('pause', { count: 2, forMs: 60_000 }));
  t.match(failed.message, /process 12 is not backend 2/);
  t.same(second.world.done, ['SIGSTOP 11', 'SIGCONT 11'], 'and no one who was not stopped');
});

t.test('chaos: cut: asks the frontend, needs no process', async (t) => {
  const elsewhere = [1, 2, 3].map((id) => ({ ...backend(id, 1), host: '192.0.2.7:5000', pid: 0 }));
  const stage = new MadeUpStage(reportOf(...elsewhere));
  await inject(order('cut', { count: 2, mode: 'half-open' }), stage);
  const cuts = stage.client.calls.filter((call) => call !== 'status');
  t.same(cuts, ['cut 1 half-open 100', 'cut 2 half-open 100']);
  t.same(stage.world.done, []);
  const how = 'its connection is lost, which the frontend does not learn';
  t.same(stage.said, [
    'status 1,1,1', `cut off backend 1 for 0.1 s: ${how}`, `cut off backend 2 for 0.1 s: ${how}`,
    'backend 1, 2: the cut has ended',
  ]);
  await inject(order('cut'), stage);
  t.ok(stage.client.calls.includes('cut 1 both 100'), 'both ways, where nothing is said');
});

t.test('chaos: cut refused, or interrupted: why, and that it ends by itself', async (t) => {
  for (const outcome of ['refused', 'not-allowed'] as const) {
    const stage = new MadeUpStage();
    stage.client.cutAnswers = [{ outcome, detail: 'the reason' }];
    t.match(await refusal(stage, order('cut')), { reason: outcome, message: /the reason/ });
  }
  const stage = new MadeUpStage();
  setTimeout(() => stage.interruption.abort(2), 50);
  await inject(order('cut', { forMs: 60_000 }), stage);
  const end = /^backend 1: the cut ends by itself in (59\.\d|60\.0) s \(interrupted\)$/;
  t.match(stage.said.at(-1), end);
});

t.test('chaos: corrupt: in place, then killed so that its start meets it', async (t) => {
  const stage = new MadeUpStage();
  await inject(order('corrupt', { backend: 2 }), stage);
  t.same(stage.world.done, ['flip /bank/backend-2', 'SIGKILL 12']);
  t.same(stage.said.slice(1), [
    'corrupted backend 2: byte 7 of file (entry 3)', 'killed backend 2 (pid 12)',
  ]);
  const empty = new MadeUpStage();
  empty.world.isEmpty = true;
  t.match(await refusal(empty, order('corrupt')), { reason: 'refused', message: /nothing yet/ });
  t.notOk(empty.world.done.includes('SIGKILL 11'));
});

t.test('chaos: wipe: killed first, and never while a process has it', async (t) => {
  const stage = new MadeUpStage();
  await inject(order('wipe', { count: 2 }), stage);
  t.same(stage.world.done, [
    'SIGKILL 11', 'wipe /bank/backend-1', 'SIGKILL 12', 'wipe /bank/backend-2',
  ]);
  const held = new MadeUpStage();
  held.world.isHeld = true;
  t.match(await refusal(held, order('wipe')), { reason: 'refused', message: /holds .*not wiped/ });
});

t.test('chaos: the last copy: is neither wiped nor corrupted', async (t) => {
  for (const kind of ['wipe', 'corrupt'] as const) {
    const last = new MadeUpStage(reportOf(backend(1, 0), backend(2, 1), backend(3, 0)));
    t.match(await refusal(last, order(kind)), {
      reason: 'refused', message: /only with backend 2$/,
    });
    t.same(last.world.done, []);
    const all = new MadeUpStage();
    const three = await refusal(all, order(kind, { count: 3 }));
    t.match(three.message, /only with backend 1, 2, 3$/);
    t.same(all.world.done, []);
  }
});

t.test("chaos: a directory that is not that backend's: is not touched", async (t) => {
  for (const kind of ['wipe', 'corrupt', 'disk-full'] as const) {
    for (const wrong of [
      { directory: null }, { directory: '/elsewhere' }, { directory: '/bank/backend-2' },
      { incarnation: 'i9' },
    ]) {
      const stage = new MadeUpStage(reportOf({ ...backend(1, 1), ...wrong }, backend(2, 1)));
      t.match(await refusal(stage, order(kind)), {
        reason: 'refused', message: /directory of backend 1 is not to be found/,
      });
      t.same(stage.world.done, []);
    }
    const stage = new MadeUpStage({ ...ALL_UP, cluster: 'another' });
    t.equal((await refusal(stage, order(kind))).reason, 'refused');
  }
});

t.test('chaos: disk-full: for a while, only a small disk of its own', async (t) => {
  const stage = new MadeUpStage();
  await inject(order('disk-full'), stage);
  t.same(stage.world.done, ['fill /bank/backend-1', 'release /bank/backend-1']);
  t.same(stage.said.slice(1), [
    'filled the disk of backend 1 for 0.1 s: /bank/backend-1',
    'backend 1: the disk has room again',
  ]);
  const shared = new MadeUpStage();
  shared.world.isAlone = false;
  t.match(await refusal(shared, order('disk-full')), { reason: 'not-allowed', tip: /tmpfs/ });
  const large = new MadeUpStage();
  large.world.diskBytes = 2 ** 40;
  t.match(await refusal(large, order('disk-full')), { message: /larger than 1 GiB/ });
  t.same([shared.world.done, large.world.done], [[], []]);
});

t.test('chaos: frontend, all: killed at once, and whether they come back', async (t) => {
  const stage = new MadeUpStage();
  await inject(order('frontend'), stage);
  t.same(stage.world.done, ['SIGKILL 10']);
  t.same(stage.said, ['status 1,1,1', 'killed the frontend (pid 10)']);
  t.equal(await untilWhole(stage, 100), false, 'not by the same process');
  stage.client.report = { ...ALL_UP, frontend: { pid: 20 } };
  t.equal(await untilWhole(stage, 5_000), true);

  const bare = new MadeUpStage();
  bare.world.commandLines.set(9, 'bash');
  await inject(order('all'), bare);
  t.same(bare.world.done, ['SIGKILL 10', 'SIGKILL 11', 'SIGKILL 12', 'SIGKILL 13']);
  t.equal(bare.said[2], 'nothing starts it again: `bankd frontend` does');

  const another = new MadeUpStage();
  another.world.commandLines.set(10, 'vim bankd-notes.txt');
  t.match(await refusal(another, order('all')), {
    reason: 'not-allowed', message: 'process 10 of this machine is not the frontend',
  });
  t.same(another.world.done, []);
});
