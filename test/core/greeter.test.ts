import t, { type Test } from 'tap';
import { ControlKeeper } from '../../src/core/control-keeper.ts';
import type { CoordinatorHost } from '../../src/core/effect.ts';
import { Greeter } from '../../src/core/greeter.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, VIEW_NONE, type BackendId, type ClusterId, type Epoch,
  type Incarnation, type OwnerId, type Seq, type ViewNumber,
} from '../../src/core/ids.ts';
import type { Hello } from '../../src/core/message.ts';
import type { ControlRecord, View } from '../../src/core/view.ts';

const OWNER = 'f'.repeat(32) as OwnerId;

function hello(nonce: string, changes: Partial<Hello> = {}): Hello {
  return {
    type: 'hello', cluster: CLUSTER_NONE, backend: 1 as BackendId, nonce, count: 2, pid: 1,
    incarnation: 'a' as Incarnation, condition: 'empty', detail: '', promisedEpoch: EPOCH_NONE,
    view: { number: VIEW_NONE, members: [] }, directory: '', ...changes,
  };
}

interface Start {
  readonly record?: ControlRecord;
  readonly recover?: boolean;
}

/** A greeter, and what it said: whether each refused connection may try again. */
function setUp({ record, recover = false }: Start = {}) {
  const refused = new Map<number, boolean>();
  const closed: number[] = [];
  const written: ControlRecord[] = [];
  const stops: string[] = [];
  const logged: string[] = [];
  const host: CoordinatorHost = {
    send: (connection, message) => {
      if (message.type === 'refused') refused.set(connection, message.retry);
    },
    close: (connection) => closed.push(connection),
    writeControl: (each) => written.push(each),
    wake: () => {},
    log: (line) => logged.push(line),
    trace: undefined,
    stop: (reason) => stops.push(reason),
  };
  const options = {
    owner: OWNER, newCluster: 'b' as ClusterId, recover, readTimeoutMs: 1_000,
    nowMs: () => 0, probeAll: () => 7,
  };
  const greeter = new Greeter(options, host, new ControlKeeper(host, OWNER, record));
  return { greeter, refused, closed, written, stops, logged };
}

function greet(greeter: Greeter, connection: number, nonce: string): void {
  greeter.onHello(connection, hello(nonce), 'peer');
}

function link(t: Test, greeter: Greeter): NonNullable<ReturnType<Greeter['link']>> {
  const found = greeter.link(1 as BackendId);
  if (found === undefined) throw new Error('it was greeted');
  t.equal(found.id, 1);
  return found;
}

t.test('greeter: a second process while the first answers: refused for good', async (t) => {
  const { greeter, refused } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 2, 'second');
  t.same([...refused], [], 'not before the first has shown that it lives');
  greeter.onPong(link(t, greeter), 7);
  t.same([...refused], [[2, false]]);
});

t.test('greeter: killed twice before an end arrived: the third may try again', async (t) => {
  const { greeter, refused } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 2, 'second');
  greet(greeter, 3, 'third');
  t.same([...refused], [[3, true]]);
  greeter.onGone(2);
  greeter.onGone(1);
  link(t, greeter).forget();
  greet(greeter, 4, 'third');
  t.equal(link(t, greeter).connection, 4, 'and then it is taken');
});

t.test('greeter: an old hello arrives late: who came after it may try again', async (t) => {
  const { greeter, refused } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 3, 'second');
  greet(greeter, 2, 'first');
  t.same([...refused], [[3, true]]);
});

t.test('greeter: a contender that hangs up: nobody waits any more', async (t) => {
  const { greeter, refused } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 2, 'second');
  greeter.onPong(link(t, greeter), 6);
  t.same([...refused], [], 'a pong that was under way before proves nothing');
  t.equal(greeter.onGone(2), undefined);
  t.equal(greeter.takeContender(1 as BackendId), undefined);
  t.equal(greeter.onGone(1)?.id, 1);
  t.equal(greeter.linkOf(1), undefined);
});

t.test('greeter: the same process over a new connection: takes the place of the old '
  + 'one', async (t) => {
  const { greeter, refused } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 2, 'first');
  t.same(greeter.overdueContests(), [link(t, greeter)], 'at once');
  greeter.onPong(link(t, greeter), 1_000);
  t.same([...refused], [], 'what the old one still says is no word against it');
  greeter.onGone(1);
  t.equal(greeter.takeContender(1 as BackendId)?.connection, 2);
});

t.test('greeter: who waits comes again over a new connection: the old one is '
  + 'closed', async (t) => {
  const { greeter, refused, closed } = setUp();
  greet(greeter, 1, 'first');
  greet(greeter, 2, 'second');
  greet(greeter, 3, 'second');
  t.same([closed, [...refused]], [[2], []]);
  greeter.onPong(link(t, greeter), 7);
  t.same([...refused], [[3, false]]);
});

const CLUSTER = 'c'.repeat(32) as ClusterId;

function viewOf(number: number, ...members: readonly (readonly [number, string])[]): View {
  return {
    number: number as ViewNumber,
    members: members.map(([id, incarnation]) =>
      ({ id: id as BackendId, incarnation: incarnation as Incarnation })),
  };
}

const RECORD: ControlRecord = {
  cluster: CLUSTER, version: 4, epoch: 2 as Epoch, owner: OWNER, view: viewOf(3, [1, 'a']),
  commitFloor: 9 as Seq, count: 2, recovered: false,
};

t.test('greeter: who can not be a backend of this bank: refused for good', async (t) => {
  const strangers: readonly (readonly [ControlRecord | undefined, Partial<Hello>])[] = [
    [undefined, { backend: 0 as BackendId }],
    [undefined, { backend: 3 as BackendId }],
    [undefined, { count: 8 }],
    [RECORD, { cluster: 'd'.repeat(32) as ClusterId }],
    [RECORD, { cluster: CLUSTER, count: 1 }],
    [RECORD, { cluster: CLUSTER, count: 3 }],
  ];
  for (const [record, changes] of strangers) {
    const { greeter, refused, closed } = setUp(record && { record });
    t.equal(greeter.onHello(1, hello('n', changes), 'peer'), undefined);
    t.same([[...refused], closed], [[[1, false]], [1]], JSON.stringify(changes));
  }
  for (const cluster of [CLUSTER, CLUSTER_NONE]) {
    const { greeter } = setUp({ record: RECORD });
    t.ok(greeter.onHello(1, hello('n', { cluster }), 'peer'), 'its own, or an empty one');
  }
});

/** What becomes of a start without a record where these are here. */
function startWith(hellos: readonly Partial<Hello>[], recover = false) {
  const { greeter, written, stops, logged } = setUp({ recover });
  hellos.forEach((changes, at) =>
    greeter.onHello(at + 1, hello(`${at}`, { backend: (at + 1) as BackendId, ...changes }), 'x'));
  greeter.bootstrapIfReady(true);
  return { greeter, record: written[0], stops, waits: logged.at(-1) };
}

t.test('greeter: a new bank: once all are here, empty, and of one mind', async (t) => {
  const two = { backend: 2 as BackendId, incarnation: 'b' as Incarnation };
  const { record } = startWith([two, { backend: 1 as BackendId }]);
  t.match(record, { version: 1, epoch: 0, count: 2, recovered: false });
  t.same(record?.view, viewOf(1, [1, 'a'], [2, 'b']), 'in the order of their ids');
  t.match(startWith([{}]), { record: undefined, waits: /waits for backend 2 of 2/ });
  t.match(startWith([{}, { count: 3 }]), { record: undefined, waits: /disagree about --count/ });
  const corrupt = startWith([{}, { condition: 'corrupt' }]);
  t.match(corrupt, { record: undefined, waits: /needs empty backends/ });
});

t.test('greeter: a new bank: one that has gone again is waited for', async (t) => {
  const { greeter, written } = setUp();
  greet(greeter, 1, 'first');
  greeter.onGone(1)?.forget();
  greeter.onHello(2, hello('second', { backend: 2 as BackendId }), 'peer');
  greeter.bootstrapIfReady(true);
  t.same(written, []);
});

t.test('greeter: a lost record: stop, unless --recover; then all members of the newest view '
  + 'must be here', async (t) => {
  const old = { cluster: CLUSTER, view: viewOf(3, [1, 'a']), promisedEpoch: 9 as Epoch };
  const newest = {
    cluster: CLUSTER, view: viewOf(4, [1, 'a'], [2, 'b']), promisedEpoch: 8 as Epoch,
  };
  const second = { ...newest, incarnation: 'b' as Incarnation };
  t.same(startWith([old, second]).stops, ['foreign']);
  const other = { ...second, cluster: 'd'.repeat(32) as ClusterId };
  t.match(startWith([old, other], true), { record: undefined, stops: ['foreign'] });
  for (const all of [[old, second], [{ ...old, promisedEpoch: 7 as Epoch }, second]]) {
    const epoch = Math.max(...all.map(({ promisedEpoch }) => promisedEpoch));
    t.match(startWith(all, true).record, {
      cluster: CLUSTER, epoch, view: newest.view, recovered: true,
    });
  }
  const stranger = startWith([newest, { ...second, incarnation: 'x' as Incarnation }], true);
  t.match(stranger, { record: undefined, waits: /waits for backend 2 of view 4/ });
  t.match(startWith([newest], true), { record: undefined, waits: /waits for backend 2 of view 4/ });
});

t.test('greeter: a lost record of a bank that was never used: all backends must be '
  + 'here', async (t) => {
  const one = { cluster: CLUSTER };
  const two = { cluster: CLUSTER, incarnation: 'b' as Incarnation };
  t.match(startWith([one], true), { record: undefined, waits: /waits for all 2 backends/ });
  t.same(startWith([one, two], true).record?.view, viewOf(1, [1, 'a'], [2, 'b']));
  t.match(startWith([{}, {}], true), { record: undefined, waits: /that carry a bank/ });
});
