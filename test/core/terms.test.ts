import t, { type Test } from 'tap';
import { currencyNumber } from '../../src/core/currency.ts';
import { encodeChunk, viewOf } from '../../src/core/operation.ts';
import { AMOUNT_MAX, RECORD_BYTES } from '../../src/core/record.ts';
import { decodeOperation } from '../../src/core/spell-operation.ts';
import {
  isName, readTerms, spellTerms, TERM, writeTerms, type Terms,
} from '../../src/core/terms.ts';
import { readTerms as readTwinTerms } from '../../src/verify/twin/twin-terms.ts';

/** The record of the terms, and 64 bytes before it that do not belong to it. */
function recordOf(terms: Terms): Uint8Array {
  const bytes = new Uint8Array(2 * RECORD_BYTES);
  writeTerms(bytes, viewOf(bytes), RECORD_BYTES, terms);
  return bytes;
}

function read(bytes: Uint8Array) {
  return readTerms(viewOf(bytes), RECORD_BYTES);
}

/** The twin is of the same opinion whether they make sense. */
function isMalformed(t: Test, bytes: Uint8Array, message: string): void {
  t.equal(read(bytes), undefined, message);
  t.equal(readTwinTerms(bytes.subarray(RECORD_BYTES)), undefined, `${message} (twin)`);
}

const LIMITS = { floor: -100, ceiling: 100, scale: 1 };
const ALL: readonly Terms[] = [
  { floor: 0 }, { floor: -1 }, { floor: AMOUNT_MAX }, { floor: -AMOUNT_MAX },
  { floor: -2, scale: 3 }, { ceiling: 0 }, { ceiling: 7 }, { ceiling: AMOUNT_MAX },
  { ceiling: -AMOUNT_MAX },
  { ceiling: 5, scale: 255 }, { currency: 'EUR' }, { currency: 'CLF' }, { name: 'a' },
  { name: 'x'.repeat(32) }, { name: '🏦'.repeat(8) }, { name: 'a b' }, { name: 'a\ufeffb' },
  { frozen: true }, { frozen: false }, { closed: true }, { closed: false }, { ifVersion: 0 },
  { ifVersion: 7 }, { ifVersion: AMOUNT_MAX }, { ifVersion: -1 }, { ifBalance: -50, scale: 2 },
  { ifBalance: 0 }, { ifBalance: -AMOUNT_MAX },
  { ...LIMITS, currency: 'JPY', name: 'alice', frozen: true, ifVersion: 3 },
  { ...LIMITS, currency: 'JPY', name: 'alice', closed: true, ifBalance: 3 },
];

t.test('terms: each field, alone and together: read as it was written', async (t) => {
  for (const terms of ALL) {
    t.same(spellTerms(read(recordOf(terms))), terms, JSON.stringify(terms));
    const operation = { kind: 'amend' as const, account: 100, toAccount: 0, amount: 0, scale: 0 };
    for (const more of [{}, { key: 'k' }]) {
      const chunk = viewOf(encodeChunk(64, 1, [{ ...operation, ...more, terms }]));
      const decoded = decodeOperation(chunk, RECORD_BYTES);
      t.same(decoded, { operation: { ...operation, ...more, terms }, next: chunk.byteLength });
    }
  }
  t.equal(spellTerms(undefined), undefined);
});

t.test('terms: the bytes of the record', async (t) => {
  const terms = {
    scale: 2, floor: -2, ceiling: 2 ** 32, currency: 'EUR', name: 'ab', closed: true,
    ifBalance: 258,
  };
  const number = currencyNumber('EUR') ?? NaN;
  t.same([...recordOf(terms).subarray(RECORD_BYTES, RECORD_BYTES + 36)], [
    TERM.floor + TERM.ceiling + TERM.currency + TERM.name + TERM.closed + TERM.ifBalance, 0, 0, 0,
    number % 256, Math.floor(number / 256), 1, 2,
    254, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0,
    97, 98, 0, 0,
  ]);
});

t.test('terms: a currency that is none: readable, and a number that is none', async (t) => {
  const terms = read(recordOf({ currency: 'XTS' }));
  t.equal(terms?.currency, 0xffff);
  t.same(spellTerms(terms), {}, 'never spelled as another');
});

t.test('terms: malformed: nothing given, or what nobody knows', async (t) => {
  isMalformed(t, recordOf({}), 'nothing');
  for (const given of [256, 257, 0x0100_0000, 0x8000_0001, 0xffff_ffff]) {
    const bytes = recordOf({ frozen: false });
    viewOf(bytes).setUint32(RECORD_BYTES, given, true);
    isMalformed(t, bytes, `given ${given}`);
  }
});

t.test('terms: malformed: two of which there can be one', async (t) => {
  isMalformed(t, recordOf({ frozen: true, closed: true }), 'frozen and closed');
  for (const [terms, term] of [
    [{ ifVersion: 3 }, TERM.ifBalance], [{ ifBalance: 3 }, TERM.ifVersion],
  ] as const) {
    const bytes = recordOf(terms);
    bytes[RECORD_BYTES] = (bytes[RECORD_BYTES] ?? 0) | term;
    isMalformed(t, bytes, 'two conditions');
  }
  t.throws(() => recordOf({ ifVersion: 1, ifBalance: 1 }), { name: 'AssertionFailure' });
});

t.test('terms: malformed: frozen or closed, neither yes nor no', async (t) => {
  for (const yes of [2, 3, 128, 255]) {
    const bytes = recordOf({ frozen: true });
    bytes[RECORD_BYTES + 6] = yes;
    isMalformed(t, bytes, `${yes}`);
  }
});

t.test('terms: malformed: numbers beyond ±(2^53 - 1)', async (t) => {
  const places = [[{ floor: 1 }, 8], [{ ceiling: 1 }, 16], [{ ifVersion: 1 }, 24]] as const;
  for (const [terms, at] of places) {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = recordOf(terms);
      viewOf(bytes).setBigInt64(RECORD_BYTES + at, value, true);
      isMalformed(t, bytes, `${value} at ${at}`);
    }
  }
});

t.test('terms: malformed: any byte of a field that is not given', async (t) => {
  const fields: readonly (readonly [terms: Terms, from: number, to: number])[] = [
    [{ floor: 1, scale: 1 }, 8, 16], [{ ceiling: 1, scale: 1 }, 16, 24],
    [{ ifVersion: 1 }, 24, 32], [{ ifBalance: 1, scale: 1 }, 24, 32],
    [{ currency: 'EUR' }, 4, 6], [{ frozen: true }, 6, 7], [{ closed: true }, 6, 7],
    [{ name: 'n' }, 32, 64],
  ];
  for (const [terms, from, to] of fields) {
    const isAmount = terms.scale !== undefined;
    for (let at = 4; at < RECORD_BYTES; at += 1) {
      if ((at >= from && at < to) || (isAmount && at === 7)) continue;
      const bytes = recordOf(terms);
      bytes[RECORD_BYTES + at] = 1;
      isMalformed(t, bytes, `${JSON.stringify(terms)}, byte ${at}`);
    }
  }
});

t.test('terms: malformed: names', async (t) => {
  const names: readonly (string | readonly number[])[] = [
    '', ' ', ' a', 'a ', '\ta', 'a\n', 'a\u0000b', '\u0000a', 'a\u001fb', 'a\u007f', 'a\u0085b',
    '\u00a0a', 'a\u3000', '\ufeffa', 'a\ufeff', '\u2028a', 'a\u2028b', 'a\u2029b',
    [0x80], [0xff], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
    [0x61, 0xc3], [0xc3, 0, 0xa9],
  ];
  for (const name of names) {
    const bytes = recordOf({ name: 'n' });
    bytes.fill(0, RECORD_BYTES + 32);
    bytes.set(typeof name === 'string' ? new TextEncoder().encode(name) : name, RECORD_BYTES + 32);
    const told = typeof name === 'string' ? encodeURI(name) : name.join(' ');
    isMalformed(t, bytes, `the name ${told}`);
    if (typeof name === 'string') t.notOk(isName(name), `the name ${told}`);
  }
  const last = recordOf({ name: 'n' });
  last[2 * RECORD_BYTES - 1] = 1;
  isMalformed(t, last, 'something behind the zeros');
  t.notOk(isName('x'.repeat(33)));
  t.notOk(isName('é'.repeat(17)), 'bytes count, not characters');
  t.notOk(isName('\ud800'), 'half a character');
  for (const name of ['x'.repeat(32), 'é'.repeat(16), 'a b', '0', '👩‍👩‍👧']) {
    t.ok(isName(name), name);
  }
});
