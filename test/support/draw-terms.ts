/** Terms at random, sane ones and nonsense: few names, so that they collide, and extreme limits. */
import type { Kind } from '../../src/core/operation.ts';
import { AMOUNT_MAX } from '../../src/core/operation.ts';
import type { Random } from '../../src/core/random.ts';
import { RECORD_BYTES } from '../../src/core/record.ts';
import { TERM, type Terms } from '../../src/core/terms.ts';

/** What somebody knows of an account before an operation is drawn. */
export interface Known {
  readonly balance: bigint;
  readonly version: number;
  readonly digits: number;
  readonly frozen: boolean;
  readonly closed: boolean;
}

const NAMES = [
  'a', 'b', 'alice', 'bob', 'x y', 'é', 'e\u0301', 'Ж', '名前', '🏦', '\ufffd', 'a\ufeffb',
  'x'.repeat(31), 'x'.repeat(32), 'é'.repeat(16), '🏦'.repeat(8), '€'.repeat(11),
];
const NO_NAMES = [
  '', ' ', ' a', 'a ', 'a\u00a0', '\u2028a', '\ufeffa', 'a\tb', 'a\n', '\u0001', 'a\u007fb',
  'a\u0085b',
];
/** No UTF-8, or bytes behind the end. */
const BROKEN_NAMES: readonly (readonly number[])[] = [
  [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x61, 0, 0x61],
  [0, 0x61], [0x80], [0x61, 0xc3],
];
const FLOORS = [
  0, 0, -100, -10_000, -5_000, 50, 10, 200, -AMOUNT_MAX, AMOUNT_MAX, -(2 ** 52), -1,
  -90_071_992_547_409,
];
const CEILINGS = [
  0, 100, 1_000, 30_000, 50_000, -50, 5, AMOUNT_MAX, AMOUNT_MAX, -AMOUNT_MAX, 2 ** 52,
];
const CURRENCIES = ['EUR', 'EUR', 'JPY', 'BHD', 'CLF', 'XTS'];

export function drawName(random: Random): string {
  if (random.chance(0.08)) return random.pick(NO_NAMES);
  return random.chance(0.4) ? random.pick(NAMES) : `n${random.int(50)}`;
}

/** Few, so that what is written under a key again has the same one now and then. */
export function drawReference(random: Random): string {
  if (random.chance(0.2)) return drawName(random);
  return random.pick(['rent', 'Invoice 17', 'é'.repeat(32), '🏦'.repeat(16), 'y'.repeat(65)]);
}

/** For an operation of this kind; now and then for one of another. Undefined: none. */
export function drawTerms(random: Random, kind: Kind, known: Known | undefined): Terms | undefined {
  const isAmend = kind === 'amend';
  if (!random.chance(isAmend ? 0.97 : kind === 'create' ? 0.4 : 0.25)) return undefined;
  const like = random.chance(0.03) ? random.pick(['create', 'amend', 'update'] as const) : kind;
  const scale = random.pick([0, 0, 1, 2, 2, 3, 4, 5]);
  const floor = random.chance(0.35) ? { scale, floor: random.pick(FLOORS) } : {};
  const ceiling = random.chance(0.35) ? { scale, ceiling: random.pick(CEILINGS) } : {};
  const name = random.chance(0.45) ? { name: drawName(random) } : {};
  switch (like) {
    case 'create': {
      const currency = random.chance(0.5) ? { currency: random.pick(CURRENCIES) } : {};
      return { ...floor, ...ceiling, ...name, ...currency };
    }
    case 'amend': {
      const condition = random.chance(0.2) ? drawCondition(random, known) : {};
      return { ...floor, ...ceiling, ...name, ...drawStanding(random, known), ...condition };
    }
    default:
      return drawCondition(random, known);
  }
}

/** The same amounts in other words: one more digit of each. */
export function respell(terms: Terms): Terms {
  const { floor, ceiling, ifBalance, scale = 0 } = terms;
  const amounts = Object.entries({ floor, ceiling, ifBalance })
    .flatMap(([name, amount]) => amount === undefined ? [] : [[name, amount * 10] as const]);
  if (amounts.length === 0) return terms;
  if (amounts.some(([, amount]) => !Number.isSafeInteger(amount))) return terms;
  return { ...terms, scale: scale + 1, ...Object.fromEntries(amounts) };
}

/** Makes nonsense of the terms in the record at `at`, mostly. */
export function spoilTerms(random: Random, chunk: Uint8Array, at: number): void {
  const record = chunk.subarray(at, at + RECORD_BYTES);
  const view = new DataView(record.buffer, record.byteOffset, RECORD_BYTES);
  const bit = 2 ** random.int(8);
  switch (random.int(8)) {
    case 0:
      return view.setUint32(0, random.pick([0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1]), true);
    case 1:
      return view.setUint32(0, (view.getUint32(0, true) ^ bit) >>> 0, true);
    case 2:
      return view.setUint16(4, random.pick([0, 1, 17_576, 17_577, 32_767, 32_768, 65_535]), true);
    case 3:
      record[6] = random.int(4);
      return;
    case 4:
      record[7] = random.pick([0, 1, 4, 5, 15, 16, 255]);
      return;
    case 5: {
      const amount = random.pick([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 1n, -1n]);
      return view.setBigInt64(random.pick([8, 16, 24]), amount, true);
    }
    case 6:
      view.setUint32(0, (view.getUint32(0, true) | TERM.name) >>> 0, true);
      record.fill(0, 32);
      return record.set(random.pick(BROKEN_NAMES), random.pick([32, 32, 32, 50]));
    default:
      record[random.int(RECORD_BYTES)] = random.int(256);
  }
}

/** Makes nonsense of the reference in the record at `at`, mostly. */
export function spoilText(random: Random, chunk: Uint8Array, at: number): void {
  const record = chunk.subarray(at, at + RECORD_BYTES);
  if (random.chance(0.3)) record[random.int(RECORD_BYTES)] = random.int(256);
  else record.fill(0).set(random.pick(BROKEN_NAMES), random.pick([0, 0, 0, 50]));
}

/** Only what is empty can be closed. */
function drawStanding(random: Random, known: Known | undefined): Terms {
  if (random.chance(known?.balance === 0n ? 0.4 : 0.1)) return { closed: random.chance(0.8) };
  if (random.chance(0.5)) return { frozen: random.chance(0.8) };
  return random.chance(0.02) ? { frozen: true, closed: true } : {};
}

/** One that holds, where the account is known and nothing comes between; else any. */
function drawCondition(random: Random, known: Known | undefined): Terms {
  const isKnown = known !== undefined && random.chance(0.7);
  if (random.chance(0.5)) {
    return { ifVersion: isKnown ? known.version : random.pick([-1, 0, 1, 2, 3, AMOUNT_MAX]) };
  }
  if (!isKnown) {
    return { ifBalance: random.pick([0, 10, -10, AMOUNT_MAX, -AMOUNT_MAX]), scale: random.int(6) };
  }
  const balance = Number(known.balance);
  const isRound = known.digits > 0 && balance % 10 === 0 && random.chance(0.3);
  if (isRound) return { ifBalance: balance / 10, scale: known.digits - 1 };
  return { ifBalance: balance, scale: known.digits };
}
