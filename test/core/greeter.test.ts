import t, { type Test } from 'tap';
import { ControlKeeper } from '../../src/core/control-keeper.ts';
import type { CoordinatorHost } from '../../src/core/effect.ts';
import { Greeter } from '../../src/core/greeter.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, VIEW_NONE, type BackendId, type ClusterId, type Incarnation,
  type OwnerId,
} from '../../src/core/ids.ts';
import type { Hello } from '../../src/core/message.ts';

const OWNER = 'f'.repeat(32) as OwnerId;

function hello(nonce: string): Hello {
  return {
    type: 'hello', cluster: CLUSTER_NONE, backend: 1 as BackendId, nonce, count: 2, pid: 1,
    incarnation: 'a' as Incarnation, condition: 'empty', detail: '', promisedEpoch: EPOCH_NONE,
    view: { number: VIEW_NONE, members: [] }, directory: '',
  };
}

/** A greeter, and what it said: whether each refused connection may try again. */
function setUp(): { greeter: Greeter; refused: Map<number, boolean> } {
  const refused = new Map<number, boolean>();
  const host: CoordinatorHost = {
    send: (connection, message) => {
      if (message.type === 'refused') refused.set(connection, message.retry);
    },
    close: () => {},
    writeControl: () => {},
    wake: () => {},
    log: () => {},
    trace: undefined,
    stop: () => {},
  };
  const options = {
    owner: OWNER, newCluster: 'b' as ClusterId, recover: false, readTimeoutMs: 1_000,
    nowMs: () => 0, probeAll: () => 7,
  };
  const greeter = new Greeter(options, host, new ControlKeeper(host, OWNER, undefined));
  return { greeter, refused };
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
