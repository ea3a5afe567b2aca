import t from 'tap';
import type { BackendId } from '../../src/core/ids.ts';
import { StatusArray } from '../../src/core/status-array.ts';

const A = 1 as BackendId;
const B = 2 as BackendId;
const TIMEOUT_MS = 1_000;

/** Ticks every 10 ms from `fromMs` on, and says who was found silent, and when. */
function ticks(array: StatusArray, fromMs: number, toMs: number): string[] {
  const silent: string[] = [];
  for (let ms = fromMs; ms <= toMs; ms += 10) {
    for (const id of array.onTick(ms)) {
      silent.push(`${id} at ${ms}`);
      array.gone(id);
    }
  }
  return silent;
}

t.test('status array: silence: noticed right after the read timeout, and once', async (t) => {
  const array = new StatusArray(TIMEOUT_MS, 0);
  array.heard(A, 0);
  array.heard(B, 500);
  t.same(ticks(array, 10, 3_000), ['1 at 1010', '2 at 1510']);
});

t.test('status array: a pause of this process: no one else is to blame', async (t) => {
  const array = new StatusArray(TIMEOUT_MS, 0);
  array.heard(A, 0);
  t.same(ticks(array, 10, 200), []);
  t.same(array.onTick(60_000), [], 'a minute has passed, for this process too');
  t.same(ticks(array, 60_010, 60_700), []);
  t.same(ticks(array, 60_710, 61_500), ['1 at 60810'], 'but real silence goes on counting');
});

t.test('status array: heartbeats: five in a read timeout', async (t) => {
  const array = new StatusArray(TIMEOUT_MS, 0);
  let sent = 0;
  for (let ms = 0; ms < 10_000; ms += 10) if (array.takeHeartbeat(ms)) sent += 1;
  t.equal(sent, 50);
  const patient = new StatusArray(60_000, 0);
  for (let ms = 0; ms < 10_000; ms += 10) if (patient.takeHeartbeat(ms)) sent += 1;
  t.equal(sent, 70, 'twice a second at least: backends listen for them');
});
