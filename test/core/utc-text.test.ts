import t from 'tap';
import { Random } from '../../src/core/random.ts';
import { utcText } from '../../src/core/utc-text.ts';

t.test('utc text: as the runtime has it, with three digits more', async (t) => {
  const random = new Random(1);
  const day = 86_400_000_000;
  let wrong = 0;
  const check = (microseconds: number) => {
    const expected = new Date(Math.floor(microseconds / 1000)).toISOString()
      .replace('Z', `${String(microseconds % 1000).padStart(3, '0')}Z`);
    if (utcText(microseconds) !== expected) wrong += 1;
  };
  // Every day from 1970 to 2255, the last that 2^53 - 1 microseconds reach.
  for (let at = 0; at <= Number.MAX_SAFE_INTEGER; at += day) check(at);
  for (let at = day - 1; at <= Number.MAX_SAFE_INTEGER; at += 100 * day) check(at);
  for (let left = 20_000; left > 0; left -= 1) {
    check(Math.floor(random.next() * Number.MAX_SAFE_INTEGER));
  }
  check(Number.MAX_SAFE_INTEGER);
  t.equal(wrong, 0);
  t.equal(utcText(1_793_491_200_000_001), '2026-11-01T00:00:00.000001Z');
});
