import t from 'tap';
import { ColumnMap } from '../../../src/cli/import/columns.ts';

const map = (maps: readonly string[] = [], ignored: readonly string[] = []): ColumnMap =>
  new ColumnMap(maps, ignored);

t.test('import columns: a header says what the rows are', async (t) => {
  t.same(map().layout(['From', ' to ', 'AMOUNT'], true), {
    kind: 'postings', columns: ['from', 'to', 'amount'],
  });
  t.same(map().layout(['key', 'amount', 'to'], true).kind, 'postings');
  t.same(map().layout(['name'], true).kind, 'accounts');
  t.same(map().layout(['balance', 'key'], true).kind, 'accounts');
  const refusedOnce = map().layout(['name', 'refused'], true);
  t.same(refusedOnce.columns, ['name', undefined], 'a file of refused rows comes again');
});

t.test('import columns: mapped by what the file calls them; the rest only if asked', async (t) => {
  const maps = ['from=Debtor', 'to=Credit or', 'amount=Betrag'];
  t.same(map(maps, ['Note']).layout(['betrag', 'Debtor', 'note', 'Credit or'], true), {
    kind: 'postings', columns: ['amount', 'from', undefined, 'to'],
  });
  t.same(map(['name=IBAN'], ['*']).layout(['IBAN', 'branch', 'name'], true).columns,
    ['name', undefined, undefined], 'its own name says nothing where another stands for it');
  t.same(map(maps).layout(['name', 'balance'], true).kind, 'accounts', 'maps of the other kind');
});

t.test('import columns: every mistake has a sentence', async (t) => {
  const mistakes: readonly [maps: string[], header: string[], sentence: RegExp][] = [
    [[], ['from', 'to', 'ammount'], /^unknown column "ammount"; did you mean amount\?$/],
    [[], ['from', 'to', 'Betrag'], /^unknown column "Betrag"; known are name, currency, /],
    [[], ['from', 'to', 'amount', ''], /^unknown column ""/],
    [[], ['from', 'From', 'amount'], /^the column "From" stands there twice$/],
    [['to=Creditor'], ['to', 'Creditor', 'amount'], /^unknown column "to"/],
    [[], ['from', 'to'], /^postings need a column amount$/],
    [[], ['amount', 'key'], /^postings need a column from or to$/],
    [[], ['key'], /^the first line names no column that is known$/],
    [[], ['name', 'from', 'amount'], /^rows are accounts or postings: name and from do not go/],
    [['amount=Betrag'], ['from', 'to', 'amount'], /^unknown column "amount"/],
    [['to=Creditro'], ['from', 'Creditor', 'amount'],
      /^unknown column "Creditor", and no column "creditro" to read to from$/],
    [['id=Nummer'], ['from', 'to', 'amount'], /^there is no column "nummer" to read id from$/],
    [[], ['\u001b[31m'], /^unknown column "\\x1b\[31m"/],
  ];
  for (const [maps, header, sentence] of mistakes) {
    const message = { name: 'CliError', exitStatus: 2, message: sentence };
    t.throws(() => map(maps).layout(header, true), message, header.join());
  }
  t.throws(() => map(['from']), /^--map "from" says nothing$/);
  t.throws(() => map(['=x']), /--map: unknown column ""/);
  t.throws(() => map(['form=x']), /did you mean from\?/);
  t.throws(() => map(['from=x', 'from=y']), /--map gives from twice/);
  t.throws(() => map(['from=x', 'to=X']), /--map reads "x" twice/);
});

t.test('import columns: of rows that differ, the first need not have all', async (t) => {
  t.same(map(['id=Nummer']).layout(['to', 'amount'], false).kind, 'postings');
  t.equal(map().find('reference'), 'reference');
  t.equal(map().find('x'), undefined);
  t.equal(map([], ['x']).find('X'), 'ignored');
});
