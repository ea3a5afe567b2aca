import t from 'tap';
import { costOf, ServiceRate } from '../../src/core/service-rate.ts';

const OUTAGE_MS = 250;

/** Takes full rounds of this cost, so far apart, for so long; tells when the last was. */
function load(rate: ServiceRate, cost: number, apartMs: number, fromMs: number, ms: number) {
  let nowMs = fromMs + apartMs;
  for (; nowMs <= fromMs + ms; nowMs += apartMs) rate.onTaken(cost, true, nowMs);
  return nowMs - apartMs;
}

t.test('service rate: what a chunk costs: its bytes, and something for itself', async (t) => {
  t.equal(costOf(500_000) - costOf(400_000), 100_000);
  t.ok(costOf(128) > 1_000, 'thousands of small ones cost more than their bytes in one');
});

t.test('service rate: full rounds: what they took, by the time between them', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  const nowMs = load(rate, 5_000, 10, 0, 450);
  t.equal(rate.perMs(nowMs), Infinity, 'not known yet');
  t.equal(rate.perMs(load(rate, 5_000, 10, nowMs, 100)), 500);
});

t.test('service rate: looked at again before anything could be taken: the same wait', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 10) {
    rate.onTaken(nowMs % 200 === 0 ? 100_000 : 0, true, nowMs);
  }
  t.equal(rate.perMs(1_000), 500);
});

t.test('service rate: one sample that differs counts little, a lasting change all', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  let nowMs = load(rate, 5_000, 10, 0, 1_000);
  nowMs = load(rate, 1_000, 10, nowMs, 100);
  t.ok(rate.perMs(nowMs) > 400 && rate.perMs(nowMs) < 500);
  nowMs = load(rate, 1_000, 10, nowMs, 5_000);
  t.ok(rate.perMs(nowMs) < 110);
});

t.test('service rate: rounds with room in them: the clients were slow, not the bank', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) rate.onTaken(5, false, nowMs);
  t.equal(rate.perMs(10_000), Infinity);
});

t.test('service rate: an outage, or rounds that were put back: nothing counts', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  let nowMs = load(rate, 5_000, 10, 0, 1_000);
  nowMs = load(rate, 5_000, 10, nowMs + OUTAGE_MS + 1, 100);
  t.equal(rate.perMs(nowMs), 500, 'after an outage');
  for (const end = nowMs + 500; nowMs < end; nowMs += 10) {
    rate.onTaken(1, true, nowMs);
    rate.onPutBack();
  }
  t.equal(rate.perMs(nowMs), 500, 'put back');
});

t.test('service rate: forgotten where it was not measured for a while', async (t) => {
  const rate = new ServiceRate(OUTAGE_MS);
  const nowMs = load(rate, 5_000, 10, 0, 1_010);
  t.equal(rate.perMs(nowMs + 4 * OUTAGE_MS), 500);
  t.equal(rate.perMs(nowMs + 4 * OUTAGE_MS + 1), Infinity);
  const againMs = load(rate, 100, 10, 60_000, 400);
  t.equal(rate.perMs(againMs), Infinity, 'also after the first samples of another load');
  t.equal(rate.perMs(load(rate, 100, 10, againMs, 200)), 10, 'and what it was is of no weight');
});
