import t from 'tap';
import { Random } from '../../src/core/random.ts';
import { readUtc, utcText } from '../../src/core/utc-text.ts';

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

t.test('read utc: every day and any microsecond: back to the same number', async (t) => {
  const random = new Random(2);
  const day = 86_400_000_000;
  let wrong = 0;
  for (let at = 0; at <= Number.MAX_SAFE_INTEGER; at += day) {
    if (readUtc(utcText(at)) !== at || readUtc(utcText(at).slice(0, 10)) !== at) wrong += 1;
  }
  for (let left = 20_000; left > 0; left -= 1) {
    const at = Math.floor(random.next() * Number.MAX_SAFE_INTEGER);
    if (readUtc(utcText(at)) !== at) wrong += 1;
  }
  t.equal(wrong, 0);
});

t.test('read utc: parts left out, zones, other spellings: as the runtime reads them', async (t) => {
  for (const [text, same] of [
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T09:30', '2026-11-01T09:30:00.000Z'],
    ['2026-11-01T09:30Z', '2026-11-01T09:30:00.000Z'],
    ['2026-11-01 09:30:15', '2026-11-01T09:30:15.000Z'],
    ['2026-11-01t09:30:15.5z', '2026-11-01T09:30:15.500Z'],
    ['2026-11-01T00:30:00+01:00', '2026-10-31T23:30:00.000Z'],
    ['2026-12-31T23:30:00-0130', '2027-01-01T01:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ] as const) {
    t.equal(readUtc(text), Date.parse(same) * 1000, text);
  }
  t.equal(readUtc('2026-11-01T00:00:00.000001Z'), 1_793_491_200_000_001);
});

t.test('read utc: what is no time: undefined', async (t) => {
  for (const text of [
    '', 'now', '2026', '2026-11', '2026-13-01', '2026-00-10', '2026-02-29', '2026-04-31',
    '2026-11-00', '2026-11-01T', '2026-11-01T24:00', '2026-11-01T09:60', '2026-11-01T09:30:60',
    '2026-11-01T09', '2026-11-01T09:30:00.1234567Z', '2026-11-01T09:30:00.Z', '1969-12-31',
    '1970-01-01T00:00+00:01', '9999-01-01', '2026-11-01T09:30+24:00', '2026-11-01Z',
    '2026-11-01  09:30', '26-11-01', '2026-11-01T09:30:00 +01:00', '١٩٧٠-01-01',
  ]) {
    t.equal(readUtc(text), undefined, text);
  }
});
