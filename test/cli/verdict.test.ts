/** What `bankd verify` tells of a bank with currencies; one without is in small-parts.test.ts. */
import t from 'tap';
import { verdictJson, verdictLines } from '../../src/cli/verdict.ts';
import { currencyNumber } from '../../src/core/currency.ts';
import type { EntryHash, Seq } from '../../src/core/ids.ts';
import type { DirectoryVerdict } from '../../src/verify/directory/directory.ts';
import { EMPTY_BOOKS } from '../../src/verify/twin/twin-currencies.ts';

const [YEN, DINAR] = [currencyNumber('JPY') ?? 0, currencyNumber('BHD') ?? 0];
const BOOKS = { created: 6000n, adjusted: -500n, deposited: 2000n, withdrawn: 500n };

const VERDICT: DirectoryVerdict = {
  directory: 'b1', ok: true, lastSeq: 9 as Seq, commitSeq: 8 as Seq,
  digest: 'd1', hash: 'h1' as EntryHash, operations: 12, accountCount: 3, total: 7000n,
  books: BOOKS, identity: undefined, accounts: [[100, 7000], [101, 7000, YEN], [102, -5, DINAR]],
  currencies: [
    { currency: YEN, total: 7000n, books: BOOKS },
    { currency: DINAR, total: -5n, books: { ...EMPTY_BOOKS, withdrawn: 5n } },
  ],
};

t.test('verdict: currencies: each by itself, in its own digits', async (t) => {
  const none = { created: '0.000', adjusted: '0.000', deposited: '0.000' };
  t.match(verdictJson(VERDICT), {
    total: '70.00', created: '60.00', adjusted: '-5.00', deposited: '20.00', withdrawn: '5.00',
    currencies: {
      JPY: {
        total: '7000', created: '6000', adjusted: '-500', deposited: '2000', withdrawn: '500',
      },
      BHD: { total: '-0.005', ...none, withdrawn: '0.005' },
    },
    accounts: { 100: '70.00', 101: '7000 JPY', 102: '-0.005 BHD' },
  });
  t.same(verdictLines(VERDICT).slice(3), [
    '  total 70.00 = created 60.00 + adjusted -5.00 + deposited 20.00 - withdrawn 5.00',
    '  total 7000 JPY = created 6000 + adjusted -500 + deposited 2000 - withdrawn 500',
    '  total -0.005 BHD = created 0.000 + adjusted 0.000 + deposited 0.000 - withdrawn 0.005',
    '  100  70.00',
    '  101  7000 JPY',
    '  102  -0.005 BHD',
  ]);
});

t.test('verdict: currencies, and no account without one: no total without one', async (t) => {
  const lines = verdictLines({ ...VERDICT, total: 0n, books: EMPTY_BOOKS });
  t.equal(lines.filter((line) => line.startsWith('  total')).length, 2);
});
