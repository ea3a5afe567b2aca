import t from 'tap';
import { Patience } from '../../src/core/patience.ts';

/** When it is over, to the millisecond, from a time on. */
function endOf(patience: Patience, fromMs: number): number {
  let ms = fromMs;
  while (!patience.isOver(ms)) ms += 1;
  return ms;
}

t.test('patience: a start, and each takeover: two read timeouts, never fewer', async (t) => {
  const patience = new Patience(1_000, 100);
  t.equal(endOf(patience, 0), 2_100);
  patience.onTakeover(500);
  t.equal(endOf(patience, 500), 2_500);
  patience.onTakeover(300);
  t.equal(endOf(patience, 300), 2_500);
});

t.test('patience: all are lost: over at once, but for what a pause of its own did', async (t) => {
  const patience = new Patience(1_000, 0);
  patience.onAllLost(500);
  t.equal(endOf(patience, 500), 500);
  patience.onOwnPause(60_000);
  patience.onAllLost(60_100);
  t.equal(endOf(patience, 60_100), 62_000);
});
