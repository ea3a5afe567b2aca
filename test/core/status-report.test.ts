/** What members tell of the keys that they remember, and which of them is believed. */
import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
import type { ConnectionId } from '../../src/core/effect.ts';
import type { BackendId, Epoch, Incarnation, Seq, ViewNumber } from '../../src/core/ids.ts';
import type { Hello, Pong, Promised } from '../../src/core/message.ts';
import { keysMaxOf } from '../../src/core/status-report.ts';
import type { View } from '../../src/core/view.ts';

const RESERVE = { bytes: 0, full: false };

function incarnationOf(id: number): Incarnation {
  return String(id).repeat(32) as Incarnation;
}

/** Members are 1, 2 and 3. */
const VIEW: View = {
  number: 1 as ViewNumber,
  members: [1, 2, 3].map((id) => ({ id: id as BackendId, incarnation: incarnationOf(id) })),
};

function promise(link: BackendLink): void {
  link.onPromised({ tailSeq: 0 as Seq, digest: '', reserve: RESERVE } as Promised);
}

/** Connected, and promised. */
function linkOf(id: number): BackendLink {
  const link = new BackendLink(id as BackendId);
  const incarnation = incarnationOf(id);
  link.greet(id as ConnectionId, { condition: 'intact', detail: '', incarnation } as Hello, '');
  promise(link);
  return link;
}

function tell(link: BackendLink, lastSeq: number, keysMax: number): void {
  link.onPong({
    type: 'pong', epoch: 1 as Epoch, probe: 0, lastSeq: lastSeq as Seq, digest: '',
    reserve: RESERVE, journalBytes: 0, nextExpiry: 0, keysMax,
    syncs: 8, writtenBytes: 900, checkpoints: 2,
  } satisfies Pong);
}

t.test('keys: the member that has come furthest is believed', async (t) => {
  const [one, two, three] = [linkOf(1), linkOf(2), linkOf(3)];
  const all = [one, two, three];
  t.equal(keysMaxOf(all, VIEW), 0, 'none has told');
  tell(two, 7, 50);
  t.equal(keysMaxOf(all, VIEW), 50);
  tell(one, 6, 40);
  tell(three, 9, 60);
  t.equal(keysMaxOf(all, VIEW), 60);
});

t.test('keys: whoever is no member, or has not promised, is not asked', async (t) => {
  const [one, joiner] = [linkOf(1), linkOf(4)];
  tell(one, 6, 40);
  tell(joiner, 9, 90);
  t.equal(keysMaxOf([one, joiner], VIEW), 40);
  const stranger = new BackendLink(1 as BackendId);
  t.equal(keysMaxOf([stranger, joiner], VIEW), 0);
});

t.test('keys: what was told before a promise says nothing of what holds behind it', async (t) => {
  const one = linkOf(1);
  tell(one, 6, 40);
  one.forgetPromise();
  t.equal(keysMaxOf([one], VIEW), 0);
  promise(one);
  t.equal(keysMaxOf([one], VIEW), 0, 'entries may have been dropped since');
  tell(one, 5, 30);
  t.equal(keysMaxOf([one], VIEW), 30);
});
