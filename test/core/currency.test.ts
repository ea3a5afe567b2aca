import t from 'tap';
import {
  CURRENCIES, CURRENCY_LIMIT, CURRENCY_NONE, currencyCode, currencyNumber, isCurrency, SCALE_MAX,
  scaleOf,
} from '../../src/core/currency.ts';

t.test('currency: digits after the point, as ISO 4217 has them', async (t) => {
  const digits = {
    EUR: 2, USD: 2, CHF: 2, JPY: 0, KRW: 0, ISK: 0, CLP: 0, UGX: 0, XAF: 0, BHD: 3, KWD: 3, TND: 3,
    CLF: 4, UYW: 4, UYI: 0, MGA: 2, MRU: 2, AED: 2, ZWG: 2,
  };
  for (const [code, count] of Object.entries(digits)) {
    t.equal(scaleOf(currencyNumber(code) ?? NaN), count, code);
  }
  t.equal(scaleOf(CURRENCY_NONE), 2, 'without a currency');
});

t.test('currency: each code has a number of its own, and the number that code', async (t) => {
  const codes = CURRENCIES.flatMap(([, text]) => text.trim().split(/\s+/));
  const numbers = codes.map((code) => currencyNumber(code) ?? NaN);
  t.ok(codes.length > 150 && codes.every((code) => /^[A-Z]{3}$/.test(code)));
  t.equal(new Set(numbers).size, codes.length, 'no code twice');
  t.same(numbers.map(currencyCode), codes);
  t.ok(numbers.every((number) => number > CURRENCY_NONE && number < CURRENCY_LIMIT));
  t.ok(numbers.every((number) => isCurrency(number) && scaleOf(number) <= SCALE_MAX));
  t.equal(currencyNumber('AED'), 4 * 26 + 3 + 1, 'AAA would be 1');
  let known = 0;
  for (let number = -1; number < 70_000; number += 1) if (isCurrency(number)) known += 1;
  t.equal(known, codes.length + 1, 'these, none, and no others');
});

t.test('currency: what is none', async (t) => {
  for (const code of ['', 'eur', 'EU', 'EURO', 'XTS', 'XAU', 'AAA', 'E€R', ' EUR', 'EUR\n']) {
    t.equal(currencyNumber(code), undefined, JSON.stringify(code));
  }
  t.equal(currencyCode(CURRENCY_NONE), undefined);
  for (const number of [1, 17_576, 32_767, 32_768, 65_535, -1, 0.5, NaN]) {
    t.notOk(isCurrency(number), `${number}`);
    t.equal(currencyCode(number), undefined, `${number}`);
  }
  t.ok(isCurrency(CURRENCY_NONE), 'but to have none is fine');
});
