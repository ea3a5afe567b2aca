/** Results leave as they are, or with first answers: wherever in them something came again. */
import t from 'tap';
import type { ParticipantHost } from '../../src/core/effect.ts';
import { Errands } from '../../src/core/errands.ts';
import type { Epoch, Seq, Timestamp } from '../../src/core/ids.ts';
import type { FromBackend, Original } from '../../src/core/message.ts';
import { RESULT_BYTES } from '../../src/core/operation.ts';
import { encodeResults, result } from '../support/recorded-session.ts';

const EPOCH = 3 as Epoch;
const SEQ = 9 as Seq;
const OK = result('ok');
const AGAIN = result('duplicate', { account: 4 });

function open() {
  const sent: FromBackend[] = [];
  const asked: number[] = [];
  const errands = new Errands({
    send: (message: FromBackend) => sent.push(message),
    resolve: (_seq: Seq, _results: Uint8Array, token: number) => asked.push(token),
  } as unknown as ParticipantHost);
  errands.beginAnew(EPOCH);
  return { errands, sent, asked };
}

t.test('errands: a duplicate at any place: its first answer is looked up first', async (t) => {
  const layouts = [[AGAIN, OK, OK], [OK, AGAIN, OK], [OK, OK, AGAIN]];
  for (const [place, all] of layouts.entries()) {
    const { errands, sent, asked } = open();
    const results = encodeResults(all);
    errands.sendResults(SEQ, results);
    t.same([sent.length, asked.length], [0, 1], `at ${place}`);
    const first = new Uint8Array(RESULT_BYTES);
    const original: Original = { index: place, seq: SEQ, timestamp: 1 as Timestamp, result: first };
    errands.onResolved(asked[0] as number, [original]);
    t.match(sent, [{ type: 'results', epoch: EPOCH, seq: SEQ, results, originals: [original] }]);
  }
});

t.test('errands: no duplicate: they leave at once', async (t) => {
  const { errands, sent, asked } = open();
  errands.sendResults(SEQ, encodeResults([OK, OK]));
  t.match(sent, [{ type: 'results', originals: [] }]);
  t.same(asked, []);
});

t.test('errands: first answers asked for under an earlier promise: dropped', async (t) => {
  const { errands, sent, asked } = open();
  errands.sendResults(SEQ, encodeResults([AGAIN]));
  errands.beginAnew(4 as Epoch);
  errands.onResolved(asked[0] as number, []);
  t.same(sent, []);
});
