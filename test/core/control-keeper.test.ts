import t from 'tap';
import { ControlKeeper } from '../../src/core/control-keeper.ts';
import type { CoordinatorHost } from '../../src/core/effect.ts';
import type {
  BackendId,
  ClusterId,
  Epoch,
  Incarnation,
  OwnerId,
  Seq,
  ViewNumber,
} from '../../src/core/ids.ts';
import { nextView, type ControlRecord } from '../../src/core/view.ts';

const OWNER = 'aa' as OwnerId;
const RECORD: ControlRecord = {
  cluster: 'c' as ClusterId,
  version: 4,
  epoch: 2 as Epoch,
  owner: 'bb' as OwnerId,
  view: {
    number: 3 as ViewNumber,
    members: [{ id: 1 as BackendId, incarnation: 'i' as Incarnation }],
  },
  commitFloor: 9 as Seq,
recovered: false,
  count: 3,
};

function keeper(): { keeper: ControlKeeper; written: ControlRecord[]; stops: string[] } {
  const written: ControlRecord[] = [];
  const stops: string[] = [];
  const host: CoordinatorHost = {
    send: () => undefined,
    close: () => undefined,
    log: () => undefined,
    trace: undefined,
    wake: () => undefined,
    writeControl: (record) => written.push(record),
    stop: (reason) => stops.push(reason),
  };
  return { keeper: new ControlKeeper(host, OWNER, RECORD), written, stops };
}

t.test(
  'control keeper: a write: the next version, the own owner, and pending until it is known',
  async (t) => {
    const { keeper: control, written } = keeper();
    const view = nextView(RECORD.view, [
      ...RECORD.view.members,
      { id: 2 as BackendId, incarnation: 'j' as Incarnation },
    ]);
    control.write({ view });
    t.same(written, [{ ...RECORD, version: 5, owner: OWNER, view }]);
    t.same(control.view, RECORD.view, 'not durable yet');
    t.same(control.pendingView, view);
    t.equal(control.canWrite(0), false);
    t.throws(() => control.write({ commitFloor: 10 as Seq }), 'one at a time');
    t.same(control.onWritten('written', 0), written[0]);
    t.same(control.view, view);
    t.equal(control.pendingView, undefined);
  },
);

t.test(
  'control keeper: certainly not applied: the old record stands, and it is tried again later',
  async (t) => {
    const { keeper: control, written } = keeper();
    control.write({ epoch: 3 as Epoch });
    t.equal(control.onWritten('failed', 1_000), undefined);
    t.equal(control.record.epoch, 2);
    t.equal(control.canWrite(1_100), false);
    t.equal(control.canWrite(1_500), true);
    control.write({ epoch: 3 as Epoch });
    t.equal(written[1]?.version, 5, 'under the same version');
  },
);

t.test('control keeper: a conflict: deposed', async (t) => {
  const { keeper: control, stops } = keeper();
  control.write({ epoch: 3 as Epoch });
  t.equal(control.onWritten('conflict', 0), undefined);
  t.same(stops, ['deposed']);
});

t.test(
  'control keeper: no answer: pending, and the same record is written again until one comes',
  async (t) => {
    const { keeper: control, written, stops } = keeper();
    const view = nextView(RECORD.view, [{ id: 2 as BackendId, incarnation: 'j' as Incarnation }]);
    control.write({ view });
    t.equal(control.onWritten('unknown', 1_000), undefined);
    t.same(control.pendingView, view, 'the required set is still the union');
    t.equal(control.canWrite(9_000), false, 'nothing else is written');
    control.onTick(1_400);
    t.equal(written.length, 1, 'not at once');
    control.onTick(1_500);
    t.same(written, [written[0], written[0]], 'the very same');
    control.onTick(2_500);
    t.equal(written.length, 2, 'one at a time');
    t.equal(control.onWritten('failed', 2_600), undefined);
    t.same(control.pendingView, view, 'that the second failed says nothing of the first');
    control.onTick(3_100);
    t.same(control.onWritten('written', 3_100), written[0]);
    t.same(control.view, view);
    t.equal(control.canWrite(3_100), true);
    control.write({ commitFloor: 12 as Seq });
    t.equal(control.onWritten('failed', 4_000), undefined);
    t.equal(control.pendingView, undefined, 'of the next write a failure is certain again');
    t.same(stops, []);
  },
);

t.test('control keeper: no answer, then a conflict: another has written: deposed', async (t) => {
  const { keeper: control, stops } = keeper();
  control.write({ epoch: 3 as Epoch });
  control.onWritten('unknown', 0);
  control.onTick(500);
  t.equal(control.onWritten('conflict', 500), undefined);
  t.same(stops, ['deposed']);
});
