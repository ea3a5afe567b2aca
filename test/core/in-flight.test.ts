import t from 'tap';
import {
  HASH_NONE, type BackendId, type Epoch, type Seq, type Timestamp, type ViewNumber,
} from '../../src/core/ids.ts';
import { InFlight, type Batch } from '../../src/core/in-flight.ts';

const MIB = 1024 * 1024;
const COUNT = 20;

/** Batches of a MiB each, none of them answered. */
function flight(): { inFlight: InFlight; batches: Batch[] } {
  const inFlight = new InFlight(0 as Seq);
  const view = { number: 1 as ViewNumber, members: [] };
  const batches = Array.from({ length: COUNT }, (_, at) => inFlight.add({
    seq: (at + 1) as Seq, entryEpoch: 1 as Epoch, timestamp: 1 as Timestamp, view,
    previousHash: HASH_NONE, hash: HASH_NONE, batch: new Uint8Array(MIB),
  }, [], 1 as BackendId, 0));
  return { inFlight, batches };
}

function kept(inFlight: InFlight): number[] {
  const seqs = Array.from({ length: COUNT }, (_, at) => at + 1);
  return seqs.filter((seq) => inFlight.get(seq as Seq) !== undefined);
}

t.test('in flight: answered: the latest 16 MiB are kept for those who join', async (t) => {
  const { inFlight, batches } = flight();
  for (const batch of batches) inFlight.onAnswered(batch);
  t.same(kept(inFlight), Array.from({ length: 16 }, (_, at) => COUNT - 15 + at));
  t.equal([...inFlight.unanswered()].length, 0);
});

t.test('in flight: not answered: kept, whatever comes after it', async (t) => {
  const { inFlight, batches } = flight();
  const [first, ...others] = batches as [Batch, ...Batch[]];
  for (const batch of others) inFlight.onAnswered(batch);
  t.equal(kept(inFlight).length, COUNT);
  t.same([...inFlight.unanswered()].map(({ seq }) => seq), [first.seq]);
  inFlight.onAnswered(first);
  t.equal(kept(inFlight).length, 16);
});
