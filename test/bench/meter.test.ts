import t from 'tap';
import { Meter } from '../../src/bench/meter.ts';
import { refused, unknown } from '../../src/core/outcome.ts';

t.test('meter: latencies, seconds, and the longest time without an answer', async (t) => {
  const meter = new Meter(1_000);
  t.equal(meter.latencyMs, undefined, 'nothing was done');
  for (let at = 1; at <= 100; at += 1) meter.onDone(1, 1_000 + 10 * at - at / 10, 1_000 + 10 * at);
  meter.onDone(5, 3_400, 3_500);
  t.equal(meter.done, 105);
  t.same(meter.series, [99, 1, 5]);
  const { p50, p90, p99, max } = meter.latencyMs ?? {};
  for (const [found = NaN, expected] of [[p50, 5], [p90, 9], [p99, 10], [max, 100]] as const) {
    t.ok(Math.abs(found / expected - 1) < 0.03, `${found}: about ${expected} ms`);
  }
  t.equal(meter.longestGapMs, 1_500);
  meter.forgetGap();
  meter.onDone(1, 3_500, 3_600);
  t.equal(meter.longestGapMs, 100);
});

t.test('meter: what was not done, by what became of it', async (t) => {
  const meter = new Meter(0);
  meter.onNotDone(3, refused('BUSY', 'later', undefined));
  meter.onNotDone(1, refused('UNAVAILABLE', 'nobody', undefined));
  meter.onNotDone(2, unknown('who knows', '64-1'));
  t.match(meter, { done: 0, busy: 3, unavailable: 1, unknown: 2 });
});
