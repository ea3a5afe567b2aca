import t from 'tap';
import { AccountDraw, type Distribution } from '../../src/bench/account-draw.ts';

const COUNT = 1_000;
const DRAWS = 400_000;
const DISTRIBUTIONS: readonly Distribution[] = ['uniform', 'zipfian'];

function drawn(draw: AccountDraw, count: number): number[] {
  return Array.from({ length: count }, () => draw.next());
}

/** How often each was drawn. */
function frequencies(distribution: Distribution, seed: number): Float64Array {
  const draw = new AccountDraw(COUNT, distribution, seed);
  const counts = new Float64Array(COUNT);
  for (const index of drawn(draw, DRAWS)) counts[index] = (counts[index] ?? NaN) + 1;
  return counts;
}

for (const distribution of DISTRIBUTIONS) {
  t.test(`draw: ${distribution}: by its seed, and repeatable`, async (t) => {
    const one = new AccountDraw(COUNT, distribution, 7);
    t.same(drawn(one, 9_000), drawn(new AccountDraw(COUNT, distribution, 7), 9_000));
    t.not(
      String(drawn(one, 50)), String(drawn(new AccountDraw(COUNT, distribution, 8), 50)),
      'another seed draws others',
    );
    const [first, again] = [new Uint32Array(5_000), new Uint32Array(5_000)];
    const state = one.fillPairs(first);
    const behind = one.fillPairs(new Uint32Array(10));
    t.equal(one.refillPairs(again, state), behind, 'the next one begins behind it');
    t.same(again, first, 'drawn again from the same state');
  });

  t.test(`draw: ${distribution}: every account, and pairs of two`, async (t) => {
    for (const count of [2, 3, 100]) {
      const draw = new AccountDraw(count, distribution, 1);
      const pairs = new Uint32Array(20_000);
      draw.fillPairs(pairs);
      t.equal(new Set(pairs).size, count, `all of ${count}`);
      t.ok(pairs.every((index) => index < count));
      const isFine = (index: number, at: number): boolean =>
        at % 2 === 1 || index !== pairs[at + 1];
      t.ok(pairs.every(isFine), 'from is not to');
      for (let index = 0; index < count; index += 1) t.not(draw.nextBut(index), index);
    }
  });
}

t.test('draw: uniform: as likely one as another', async (t) => {
  const mean = DRAWS / COUNT;
  for (const count of frequencies('uniform', 3)) {
    // Six standard deviations.
    if (Math.abs(count - mean) > 6 * Math.sqrt(mean)) t.fail(`${count}, mean ${mean}`);
  }
});

t.test('draw: zipfian: the popularity of ranks falls by the law, scattered', async (t) => {
  const counts = frequencies('zipfian', 3);
  const byRank = counts.toSorted((one, other) => other - one);
  let sum = 0;
  for (let rank = 1; rank <= COUNT; rank += 1) sum += rank ** -0.99;
  for (const rank of [1, 2, 3, 5, 10, 50, 200]) {
    const expected = (DRAWS * rank ** -0.99) / sum;
    const found = byRank[rank - 1] ?? NaN;
    t.ok(Math.abs(found / expected - 1) < 0.1, `rank ${rank}: ${found}, by the law ${expected}`);
  }
  const popular = [...counts.keys()].toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  t.ok(Math.max(...popular.slice(0, 20)) > COUNT / 2, 'not all among the first accounts');
  const others = frequencies('zipfian', 4);
  t.not(others.indexOf(Math.max(...others)), popular[0], 'which, the seed says');
});
