/** What a coordinator remembers of a backend. */
import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
import type { BackendId, Epoch, Seq } from '../../src/core/ids.ts';
import type { Pong } from '../../src/core/message.ts';

t.test('link: what was told under a promise counts as long as the promise', async (t) => {
  const link = new BackendLink(1 as BackendId);
  const pong: Pong = {
    type: 'pong', epoch: 1 as Epoch, probe: 5, lastSeq: 7 as Seq, digest: '0'.repeat(16),
    reserve: { bytes: 1, full: false }, journalBytes: 3, nextExpiry: 1_000, keysMax: 20,
    syncs: 8, writtenBytes: 900, checkpoints: 2,
  };
  link.onPong(pong);
  const diskWork = { syncs: 8, writtenBytes: 900, checkpoints: 2 };
  t.match(link, { confirmedProbe: 5, lastSeq: 7, nextExpiry: 1_000, keysMax: 20, diskWork });
  link.onPong({ ...pong, probe: 4 });
  t.equal(link.confirmedProbe, 5, 'an old one confirms nothing new');
  link.forgetPromise();
  t.match(link, { confirmedProbe: 0, votedSeq: 0, nextExpiry: 0, keysMax: 0, tail: undefined });
});
