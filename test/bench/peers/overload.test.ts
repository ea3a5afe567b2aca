import t from 'tap';
import { judgeOverload, overloadText, type Overload, type OverloadBin } from './growth-plan.ts';

const PEAK_BIN = 100;

function bin(offered: number, done: number, shed = 0, late = 0): OverloadBin {
  return { offered, done, shed, late, p50: 1 };
}

/** Two bins before, four of overload, then those that are given; a bin is a second. */
function trial(during: OverloadBin, after: readonly OverloadBin[], books?: string): Overload {
  const before = [bin(PEAK_BIN, PEAK_BIN), bin(PEAK_BIN, PEAK_BIN)];
  return {
    binMs: 1_000, bins: [...before, during, during, during, during, ...after],
    fromMs: 2_000, toMs: 6_000, peak: PEAK_BIN, offered: 4 * PEAK_BIN,
    p50: 400, p99: 900, books,
  };
}

const served = bin(50, 50);
const shedding = bin(400, 95, 305);

t.test('overload: passed: it sheds, keeps its peak and recovers', async (t) => {
  const overload = trial(shedding, [bin(50, 0, 50), bin(50, 20), bin(50, 80), served]);
  t.same(judgeOverload(overload),
    { hasShed: true, keptPart: 0.95, recoveryMs: 2_000, isPassed: true });
  t.equal(overloadText(overload), 'passed: 100/s sustained, 400/s asked for: sheds with BUSY, ' +
    'keeps 95 % of its peak (p50 400 ms, p99 900), recovered after 2.0 s');
});

t.test('overload: failed: each of the reasons alone', async (t) => {
  const failed = (overload: Overload): void => {
    t.notOk(judgeOverload(overload).isPassed);
  };
  failed(trial(bin(400, 95), [served]));
  failed(trial(bin(400, 85, 315), [served]));
  failed(trial(shedding, [served, bin(50, 49, 1)]));
  failed(trial(shedding, [served, bin(50, 49, 0, 1)]));
  failed(trial(shedding, [...Array.from({ length: 11 }, () => bin(50, 20)), served]));
  failed(trial(shedding, [served], 'two of them differ'));
});

t.test('overload: a relapse counts as not recovered until it is over', async (t) => {
  const overload = trial(shedding, [served, served, bin(50, 10), bin(50, 90), served]);
  t.equal(judgeOverload(overload).recoveryMs, 3_000);
});

t.test('overload: a little that is under way at the end of a bin is no relapse', async (t) => {
  const overload = trial(shedding, [bin(50, 40), bin(50, 60), bin(50, 30), bin(50, 70), served]);
  t.equal(judgeOverload(overload).recoveryMs, 0);
});
