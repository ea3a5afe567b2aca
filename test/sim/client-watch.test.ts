import t from 'tap';
import type { Seq, SessionId } from '../../src/core/ids.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import { ClientWatch } from '../../src/sim/client-watch.ts';

const session = 64 as SessionId;
const chunk = encodeChunk(64, 3, [{ kind: 'create', amount: 1 }]);
const request = { type: 'request', chunk } as const;
const query = { type: 'query', query: 7, chunk: encodeChunk(0, 0, []) } as const;

t.test('client watch: what was asked is owed until it is answered, or refused', async (t) => {
  const watch = new ClientWatch();
  watch.onAsked({ type: 'open-session' });
  t.equal(watch.waitsFor, 'a session');
  watch.onTold({ type: 'session', session });
  t.equal(watch.waitsFor, undefined);
  watch.onAsked(request);
  watch.onAsked(query);
  t.equal(watch.waitsFor, '64-3');
  watch.onTold({
    type: 'refusal', thing: 'request', session, number: 3, code: 'UNAVAILABLE', detail: '',
  });
  t.equal(watch.waitsFor, 'q-7');
  const results = new Uint8Array();
  watch.onTold({ type: 'query-answered', query: 8, seq: 1 as Seq, results });
  t.equal(watch.waitsFor, 'q-7', 'that was another one');
  watch.onTold({ type: 'query-answered', query: 7, seq: 1 as Seq, results });
  t.equal(watch.waitsFor, undefined);
});
