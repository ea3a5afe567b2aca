import t from 'tap';
import { formatAmount, parseAmount } from '../../src/core/amount.ts';

t.test('amount: parse: accepts what the interface promises', async (t) => {
  const accepted: readonly [text: string, amount: number, scale: number][] = [
    ['0', 0, 0],
    ['50', 50, 0],
    ['50.0', 500, 1],
    ['50.00', 5000, 2],
    ['0.07', 7, 2],
    ['0.29', 29, 2],
    ['1.10', 110, 2],
    ['007', 7, 0],
    ['0'.repeat(500) + '1', 1, 0],
    ['90071992547409', 90071992547409, 0],
    ['90071992547409.9', 900719925474099, 1],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER, 2],
  ];
  for (const [text, amount, scale] of accepted) {
    t.same(parseAmount(text), { amount, scale }, text.slice(0, 20));
  }
});

t.test('amount: parse: refuses everything else, and rounds nothing', async (t) => {
  const refused = [
    '', ' ', '.', '.5', '5.', '-1', '+1', '-0', '1e3', '1E3', '0x10', '1_000', '1,00', '1.234',
    '1.2.3',
    ' 1', '1 ', '1\n', '1\0', '١', '５', '1.٥', 'NaN', 'Infinity', '1n', '½',
    '90071992547409.92', '90071992547410', '900719925474100', '9'.repeat(5000),
  ];
  for (const text of refused) {
    t.equal(parseAmount(text), undefined, JSON.stringify(text.slice(0, 20)));
  }
});

t.test('amount: format: every digit of the scale is shown', async (t) => {
  t.equal(formatAmount(100, 0), '100');
  t.equal(formatAmount(0, 0), '0');
  t.equal(formatAmount(0, 2), '0.00');
  t.equal(formatAmount(7, 2), '0.07');
  t.equal(formatAmount(70, 2), '0.70');
  t.equal(formatAmount(5000, 2), '50.00');
  t.equal(formatAmount(5, 1), '0.5');
  t.equal(formatAmount(-7, 2), '-0.07');
  t.equal(formatAmount(Number.MAX_SAFE_INTEGER, 2), '90071992547409.91');
});

t.test('amount: format, then parse: the same amount (every cent of a few units)', async (t) => {
  for (let amount = 0; amount <= 1234; amount += 1) {
    const back = parseAmount(formatAmount(amount, 2));
    if (back?.amount !== amount || back.scale !== 2) t.fail(`${amount} came back otherwise`);
  }
});
