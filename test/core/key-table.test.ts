import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import {
  hashContent, hashKeyAt, type Content, type KeyHash,
} from '../../src/core/idempotency-key.ts';
import { KeyTable, type KeyCounts } from '../../src/core/key-table.ts';
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

/**
 * The table against a list of the newest keys, of which another number is kept now and then. Few
 * high parts, so that buckets hold many.
 */
function compareWithList(seed: number, capacity: number): number {
  let wrong = 0;
  const random = new Random(seed);
  let keys = new KeyTable(capacity);
  let keysMax = capacity;
  let hasForgotten = false;
  let list: { hash: KeyHash; seq: number }[] = [];
  const keep = (all: typeof list): void => {
    hasForgotten ||= all.length > keysMax;
    list = all.slice(-keysMax);
  };
  for (let seq = 1; seq <= 4_000; seq += 1) {
    const [middle, low] = [random.int(10 + capacity), random.int(3)];
    const hash = { high: random.int(6) + 2 ** 50, middle, low };
    const known = list.find((entry) => JSON.stringify(entry.hash) === JSON.stringify(hash));
    const expected = known && use(known.seq);
    if (!isDeepStrictEqual(keys.find(hash), expected)) wrong += 1;
    if (known === undefined) {
      keys.add(hash, use(seq));
      keep([...list, { hash, seq }]);
    }
    if (random.chance(0.02)) {
      keysMax = 1 + random.int(2 * capacity);
      keys.remember(keysMax);
      keep(list);
    }
    const [oldest = seq] = list.map((entry) => entry.seq);
    if (keys.hasForgotten !== hasForgotten || keys.keysMax !== keysMax || oldest > seq) wrong += 1;
    if (!random.chance(0.05)) continue;
    const { first, next } = keys;
    const restored = KeyTable.restore(keys.snapshot(), capacity, { keysMax, first, next });
    keys.release();
    keys = restored;
  }
  for (const { hash, seq } of list) {
    if (!isDeepStrictEqual(keys.find(hash), use(seq))) wrong += 1;
  }
  return wrong;
}

t.test('key table: random keys, restored now and then: as a list finds them', async (t) => {
  for (const capacity of [1, 2, 5, 16, 40, 100, 1000, 1500]) {
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

t.test('key table: more are kept: none comes back; fewer: the oldest go', async (t) => {
  const keys = new KeyTable(3);
  const hash = (middle: number): KeyHash => ({ high: 1, middle, low: 0 });
  const found = () => Array.from({ length: 9 }, (_, seq) => seq).filter((seq) =>
    keys.find(hash(seq)) !== undefined);
  for (let seq = 1; seq <= 4; seq += 1) keys.add(hash(seq), use(seq));
  t.same(found(), [2, 3, 4]);
  keys.remember(5);
  t.same(found(), [2, 3, 4]);
  for (let seq = 5; seq <= 7; seq += 1) keys.add(hash(seq), use(seq));
  t.same(found(), [3, 4, 5, 6, 7]);
  keys.remember(2);
  t.same(found(), [6, 7]);
  keys.remember(100);
  keys.add(hash(8), use(8));
  t.same(found(), [6, 7, 8]);
  t.equal(keys.hasForgotten, true, 'for ever');
});

t.test('key table: a snapshot is not changed by what is dropped', async (t) => {
  const keys = new KeyTable(5_000);
  for (let seq = 1; seq <= 5_000; seq += 1) keys.add({ high: seq, middle: 1, low: 0 }, use(seq));
  const { first, next, keysMax } = keys;
  const image = keys.snapshot();
  keys.remember(1);
  keys.add({ high: 1, middle: 2, low: 0 }, use(5_001));
  const before = KeyTable.restore(image, 5_000, { first, next, keysMax });
  t.same(before.find({ high: 1, middle: 1, low: 0 }), use(1));
  keys.release();
  const after = KeyTable.restore(keys.snapshot(), 5_000, keys);
  t.same(after.find({ high: 1, middle: 2, low: 0 }), use(5_001));
  t.equal(after.find({ high: 5_000, middle: 1, low: 0 }), undefined);
});

t.test('key table: restore: what does not fit is named', async (t) => {
  const keys = new KeyTable(4);
  for (let seq = 1; seq <= 6; seq += 1) keys.add({ high: 1, middle: seq, low: 0 }, use(seq));
  const image = keys.snapshot();
  const counts = { keysMax: 4, first: 3, next: 7 };
  const restore = (change: Partial<KeyCounts>) => () =>
    KeyTable.restore(image, 4, { ...counts, ...change });
  t.doesNotThrow(restore({}));
  t.doesNotThrow(restore({ keysMax: 100 }), 'it has grown since');
  t.throws(restore({ next: 6 }), { message: /^there are 6 records of keys 3 to 5$/ });
  t.throws(restore({ next: 8, keysMax: 5 }), { message: /6 records of keys 3 to 7/ });
  const wrong = [{ keysMax: 3 }, { first: 7 }, { first: 2 }, { first: 2, next: 1 }];
  for (const change of wrong) t.throws(restore(change), { message: /those from . are kept/ });
  // Record 4 is of position 5; the link is the eighth field.
  for (const [at, link, key] of [[39, 5, 5], [47, 0, 6], [31, 4, 4]] as const) {
    const broken = { ...image, pages: image.pages.map((page) => page.slice()) };
    (broken.pages[0] as Float64Array)[at] = link;
    const message = new RegExp(`key ${key} does not lead`);
    t.throws(() => KeyTable.restore(broken, 4, counts), { message });
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
    kind: 4, account: 100, toAccount: 0, amount: 50, scale: 0, terms: undefined, reference: '',
    id: '', code: 0,
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
    { ...base, reference: 'a' }, { ...base, reference: 'b' }, { ...base, reference: '0 a' },
    { ...base, reference: 'a', id: 'a' },
  ];
  t.equal(new Set(others.map(hashContent)).size, others.length);
});

t.test('content: terms: spellings of an amount are one, anything else is another', async (t) => {
  const hash = (terms: Terms | undefined) => {
    const chunk = encodeChunk(0, 0, [{ kind: 'amend', ...(terms === undefined ? {} : { terms }) }]);
    const read = terms === undefined ? undefined : readTerms(viewOf(chunk), 128);
    return hashContent({
      kind: 10, account: 100, toAccount: 0, amount: 0, scale: 0, terms: read, reference: '', id: '',
      code: 0,
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
