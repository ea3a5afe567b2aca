import t from 'tap';
import type { BackendId, Epoch, OwnerId } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { FailureWatch } from '../../src/sim/failure-watch.ts';
import { PromiseWatch } from '../../src/sim/promise-watch.ts';

const [ONE, OTHER] = ['one' as OwnerId, 'other' as OwnerId];

const says = (type: Message['type'], epoch: number): Message =>
  ({ type, epoch: epoch as Epoch }) as Message;

function promised(): PromiseWatch {
  const watch = new PromiseWatch();
  watch.onSaid(1, ONE, says('promised', 5));
  return watch;
}

t.test('promise watch: what was promised on this connection may be said', async (t) => {
  const watch = promised();
  t.equal(watch.onSaid(1, ONE, says('vote', 5)), undefined);
  t.equal(watch.onSaid(1, ONE, says('pong', 0)), undefined, 'under no epoch');
  t.equal(watch.onSaid(2, ONE, says('promised', 5)), undefined, 'again, to the same owner');
  t.equal(watch.onSaid(2, OTHER, says('promised', 6)), undefined);
});

t.test('promise watch: what was not is reported', async (t) => {
  t.match(promised().onSaid(2, ONE, says('vote', 5)), /not promised on this connection/);
  t.match(promised().onSaid(1, ONE, says('pong', 4)), /says pong under epoch 4/);
  t.match(promised().onSaid(2, OTHER, says('promised', 5)), /epoch 5 to a second owner/);
  t.match(promised().onSaid(2, OTHER, says('promised', 4)), /epoch 4 after 5/);
});

t.test('promise watch: a directory that may be older: what it promised counts anew', async (t) => {
  const watch = promised();
  watch.forget();
  t.equal(watch.granted, undefined);
  t.equal(watch.onSaid(2, OTHER, says('promised', 4)), undefined);
});

t.test('failure watch: an answer counts only after the loss', async (t) => {
  const watch = new FailureWatch();
  const [lost, stays] = [1 as BackendId, 2 as BackendId];
  watch.onHeard(stays);
  t.ok(watch.haveAnswered([stays], [lost]), 'nothing was lost');
  watch.onLost(lost);
  t.notOk(watch.haveAnswered([stays], [lost]));
  watch.onHeard(stays);
  t.ok(watch.haveAnswered([stays], [lost]));
});

t.test('failure watch: one that is lost has failed until a view is written after it', async (t) => {
  const watch = new FailureWatch();
  const lost = 1 as BackendId;
  watch.onWritten(1, watch.onWriting());
  const late = watch.onWriting();
  watch.onLost(lost);
  watch.onHeard(lost);
  t.ok(watch.hasFailed(lost), 'it is back, and a member by name only');
  watch.onWritten(1, watch.onWriting());
  t.ok(watch.hasFailed(lost), 'the same view');
  watch.onWritten(2, late);
  t.ok(watch.hasFailed(lost), 'a view that names it still');
  watch.onWritten(3, watch.onWriting());
  t.notOk(watch.hasFailed(lost));
});
