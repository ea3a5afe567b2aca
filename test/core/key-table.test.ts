import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import {
  hashContent, hashKeyAt, type Content, type KeyHash,
} from '../../src/core/idempotency-key.ts';
import { KeyTable } from '../../src/core/key-table.ts';
import { encodeChunk, viewOf } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { readTerms, type Terms } from '../../src/core/terms.ts';

function use(seq: number, sealed = false) {
  return { content: seq * 7, seq, index: seq + 1, sealed };
}

t.test('key table: find: what was added, of hashes that differ in any part', async (t) => {
  const keys = new KeyTable(100);
  const hashes: KeyHash[] = [
    { high: 5, middle: 6, low: 7 },
    { high: 5, middle: 6, low: 8 },
    { high: 5, middle: 9, low: 7 },
    { high: 5 + 2 ** 40, middle: 6, low: 7 },
  ];
  hashes.forEach((hash, place) => {
    t.equal(keys.find(hash), undefined);
    keys.add(hash, use(place, place === 2));
  });
  hashes.forEach((hash, place) => t.same(keys.find(hash), use(place, place === 2)));
});

/** The ring against a list of the newest keys. Few high parts, so that buckets hold many. */
function compareWithList(seed: number, capacity: number): number {
  let wrong = 0;
  const random = new Random(seed);
  let keys = new KeyTable(capacity);
  let list: { hash: KeyHash; seq: number }[] = [];
  for (let seq = 1; seq <= 600; seq += 1) {
    const hash = { high: random.int(6) + 2 ** 50, middle: random.int(10), low: random.int(3) };
    const known = list.find((entry) => JSON.stringify(entry.hash) === JSON.stringify(hash));
    const expected = known && use(known.seq);
    if (!isDeepStrictEqual(keys.find(hash), expected)) wrong += 1;
    if (known === undefined) {
      keys.add(hash, use(seq));
      list = [...list, { hash, seq }].slice(-capacity);
    }
    if (!random.chance(0.05)) continue;
    const restored = KeyTable.restore(keys.snapshot(), capacity, keys.next);
    keys.release();
    keys = restored;
  }
  for (const { hash, seq } of list) {
    if (!isDeepStrictEqual(keys.find(hash), use(seq))) wrong += 1;
  }
  return wrong;
}

t.test('key table: random keys, restored now and then: as a list finds them', async (t) => {
  for (const capacity of [1, 2, 5, 16, 40, 100, 1000]) {
    t.equal(compareWithList(capacity, capacity), 0, `capacity ${capacity}`);
  }
});

t.test('key table: it knows whether it has forgotten a key', async (t) => {
  const keys = new KeyTable(3);
  const told: boolean[] = [];
  for (let seq = 1; seq <= 4; seq += 1) {
    keys.add({ high: 1, middle: seq, low: 0 }, use(seq));
    told.push(keys.hasForgotten);
  }
  t.same(told, [false, false, false, true]);
});

t.test('key table: restore: what does not fit is named', async (t) => {
  const keys = new KeyTable(4);
  for (let seq = 1; seq <= 6; seq += 1) keys.add({ high: 1, middle: seq, low: 0 }, use(seq));
  const image = keys.snapshot();
  t.throws(() => KeyTable.restore(image, 4, 3), { message: /holds 4 of 2/ });
  t.throws(() => KeyTable.restore(image, 100, 7), { message: /holds 4 of 6/ });
  // Position 5 stands in the first record, 6 in the second; the link is the eighth field.
  for (const [at, link, key] of [[7, 5, 5], [15, 0, 6]] as const) {
    const broken = { ...image, pages: image.pages.map((page) => page.slice()) };
    (broken.pages[0] as Float64Array)[at] = link;
    const message = new RegExp(`key ${key} does not lead`);
    t.throws(() => KeyTable.restore(broken, 4, 7), { message });
  }
});

function keyRecord(bytes: readonly number[] | string): DataView {
  const record = new Uint8Array(128);
  record.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, 64);
  return viewOf(record);
}

t.test('idempotency key: 1 to 64 visible ASCII, then zeros: a hash, else none', async (t) => {
  const bad = ['', ' ', 'a b', 'a\0b', '\0a', 'a\x1f', 'a\x7f', 'a\x80', 'é', `${'x'.repeat(63)} `];
  for (const text of bad) t.equal(hashKeyAt(keyRecord(text), 64), undefined, JSON.stringify(text));
  const good = ['!', '~', 'a', 'b', 'ab', 'x'.repeat(63), 'x'.repeat(64), '0', 'A'];
  const hashes = good.map((text) => JSON.stringify(hashKeyAt(keyRecord(text), 64)));
  t.equal(new Set(hashes).size, good.length);
  t.notOk(hashes.includes(JSON.stringify(undefined)));
  // SHA-256 of "a" begins ca978112ca1bbdcafac231b39a23dc4d.
  t.same(hashKeyAt(keyRecord('a'), 64), {
    high: 0xca978112ca1bb, middle: 0xdcafac231b39a, low: 0x23dc4d,
  });
});

t.test('content: spellings of one amount are one, anything else is another', async (t) => {
  const base: Content = {
    kind: 4, account: 100, toAccount: 0, amount: 50, scale: 0, terms: undefined, id: '',
    code: 0,
  };
  const same = [
    { amount: 500, scale: 1 }, { amount: 5000, scale: 2 }, { amount: 50_000_000, scale: 6 },
  ];
  for (const change of same) t.equal(hashContent({ ...base, ...change }), hashContent(base));
  const zero = (scale: number) => hashContent({ ...base, amount: 0, scale });
  t.equal(zero(0), zero(255));
  const others = [
    base, { ...base, kind: 5 }, { ...base, account: 101 }, { ...base, toAccount: 1 },
    { ...base, amount: 5 }, { ...base, amount: 500 }, { ...base, scale: 2 }, { ...base, amount: 0 },
    { ...base, amount: 5001, scale: 2 }, { ...base, id: 'a' }, { ...base, id: 'b' },
    { ...base, code: 1 }, { ...base, code: 2 }, { ...base, id: 'a', code: 1 },
  ];
  t.equal(new Set(others.map(hashContent)).size, others.length);
});

t.test('content: terms: spellings of an amount are one, anything else is another', async (t) => {
  const hash = (terms: Terms | undefined) => {
    const chunk = encodeChunk(0, 0, [{ kind: 'amend', ...(terms === undefined ? {} : { terms }) }]);
    const read = terms === undefined ? undefined : readTerms(viewOf(chunk), 128);
    return hashContent({
      kind: 10, account: 100, toAccount: 0, amount: 0, scale: 0, terms: read, id: '', code: 0,
    });
  };
  t.equal(hash({ floor: -50, ceiling: 7 }), hash({ floor: -5000, ceiling: 700, scale: 2 }));
  t.equal(hash({ ifBalance: -50 }), hash({ ifBalance: -500, scale: 1 }));
  t.equal(hash({ floor: 0, scale: 4 }), hash({ floor: 0 }));
  const others: readonly (Terms | undefined)[] = [
    undefined, { floor: 0 }, { ceiling: 0 }, { floor: 0, ceiling: 0 }, { floor: 1 }, { floor: -1 },
    { floor: 1, scale: 1 }, { ceiling: 1 }, { ifVersion: 1 }, { ifBalance: 1 }, { ifVersion: 10 },
    { ifBalance: 0 }, { ifVersion: 0 }, { frozen: true }, { frozen: false }, { closed: true },
    { closed: false }, { name: 'a' }, { name: 'b' }, { name: 'a b' }, { currency: 'EUR' },
    { currency: 'USD' }, { name: '0' }, { name: 'a', frozen: true },
  ];
  t.equal(new Set(others.map(hash)).size, others.length);
});
