/** Rows of CSV and NDJSON: what stands in them, and in which line. */
import t from 'tap';
import { ColumnMap } from '../../../src/cli/import/columns.ts';
import { CsvRows } from '../../../src/cli/import/csv-rows.ts';
import { NdjsonRows } from '../../../src/cli/import/ndjson-rows.ts';
import {
  ROW_BYTES_MAX, ROWS_TOGETHER_MAX, type Row, type Rows,
} from '../../../src/cli/import/rows.ts';

const MAP = new ColumnMap([], ['note']);

async function* inPieces(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const csv = (text: string, { separator = ',', size = 7, map = MAP } = {}): Promise<Rows> =>
  CsvRows.open(inPieces(text, size), separator, map);

const ndjson = (text: string, map = MAP): Promise<Rows> => NdjsonRows.open(inPieces(text, 7), map);

async function all(rows: Rows): Promise<Row[]> {
  return (await Array.fromAsync(rows.batches)).flat();
}

async function fieldsOf(rows: Promise<Rows>): Promise<unknown[]> {
  return (await all(await rows)).map(({ line, fields, trouble }) => [line, trouble ?? fields]);
}

t.test('import CSV: quotes, separators, line ends in cells, BOM, CRLF, any pieces', async (t) => {
  const lf = 'name,balance,note\n"Bob, ""B""",1,\n\n"two\nlines",2,x\n,3,\nlast,4,y';
  const expected = [
    [2, { name: 'Bob, "B"', balance: '1' }], [4, { name: 'two\nlines', balance: '2' }],
    [6, { balance: '3' }], [7, { name: 'last', balance: '4' }],
  ];
  for (const size of [1, 2, 3, 5, 1_000]) {
    t.same(await fieldsOf(csv(lf, { size })), expected, `LF, ${size}`);
    const crlf = `\ufeff${lf.replaceAll('\n', '\r\n')}\r\n`;
    const twoLines = [4, { name: 'two\r\nlines', balance: '2' }];
    t.same(await fieldsOf(csv(crlf, { size })), expected.with(1, twoLines), `CRLF, BOM, ${size}`);
  }
  t.same(await fieldsOf(csv('name;balance\n"a;b";1,5', { separator: ';' })),
    [[2, { name: 'a;b', balance: '1,5' }]]);
  t.same(await fieldsOf(csv('name\tbalance\na b\t1', { separator: '\t' })),
    [[2, { name: 'a b', balance: '1' }]]);
  t.same(await fieldsOf(csv('name,balance\n')), [], 'no rows');
});

t.test('import CSV: a row with other columns than the header is no row', async (t) => {
  const rows = await csv('name,balance\na\nb,1\nc,1,2\n');
  t.same((await all(rows)).map(({ line, trouble }) => [line, trouble]), [
    [2, 'it has 1 columns, and the header 2'], [3, undefined],
    [4, 'it has 3 columns, and the header 2'],
  ]);
  const again = await all(await csv('name,balance\nc,1,2,3\n'));
  t.same(again.map((row) => rows.originalOf(row)), [{ name: 'c', balance: '1', '': '2,3' }]);
});

t.test('import CSV: what is broken ends it, with the line', async (t) => {
  const rejects = async (text: string, message: string | RegExp): Promise<void> => {
    const rows = csv(text, { size: 1_000 });
    await t.rejects(rows.then(all), { name: 'RowsError', message });
  };
  const head = 'name,balance\na,1\n"x\ny",1\n';
  await rejects(`${head}"b,1\nc,1\n`, 'line 5: a quote that begins in this record does not end');
  await rejects(`${head}"b"c,1\n`, /^line 5: something stands behind a closing quote/);
  await rejects(`${head}b"c,1\n`, /^line 5: a quote stands in the midst of a cell/);
  const tooLong = /^line 5: it is longer than 65536 bytes$/;
  await rejects(`${head}${'x'.repeat(ROW_BYTES_MAX + 1)}`, tooLong);
  await rejects(`${head}${','.repeat(ROW_BYTES_MAX + 1)}`, tooLong);
  await rejects(`${head}"${'x\n'.repeat(ROW_BYTES_MAX)}`, /^line 5: the record that begins here/);
  await rejects('\n\n', /there is no header/);
});

t.test('import NDJSON: texts and numbers as they are written', async (t) => {
  const text = '{"to":"a","amount":10.10}\r\n\n'
    + '{"from":7,"to":"b","amount":"5","note":{"amount":9}}\n'
    + '{"to":1.0,"amount":12345678901234567890.12}\n{"amount":1e3,"to":null,"from":""}';
  t.same(await fieldsOf(ndjson(text)), [
    [1, { to: 'a', amount: '10.10' }], [3, { from: '7', to: 'b', amount: '5' }],
    [4, { to: '1.0', amount: '12345678901234567890.12' }], [5, { amount: '1e3' }],
  ]);
});

t.test('import NDJSON: what is no row is none, and the next ones are', async (t) => {
  const long = `{"to":"${'x'.repeat(ROW_BYTES_MAX)}","amount":1}`;
  const lines = ['{"to":"a","amount":1}', '{"to":', '[1]', 'null', '"x"', '{"to":true,"amount":1}',
    '{"to":"a","amount":{}}', '{"too":"a"}', long, '{"to":"b","amount":2}', '{"To":1,"to":2}',
    '{"__proto__":1}'];
  t.match(await fieldsOf(ndjson(lines.join('\n'))), [
    [1, { to: 'a' }], [2, 'it is no JSON'], [3, 'it is no JSON object'],
    [4, 'it is no JSON object'], [5, 'it is no JSON object'],
    [6, 'to is neither a text nor a number'], [7, 'amount is neither a text nor a number'],
    [8, 'unknown column "too"; did you mean to?'], [9, 'it is longer than 65536 bytes'],
    [10, { to: 'b', amount: '2' }], [11, 'two of its names stand for to'],
    [12, /^unknown column "__proto__"/],
  ]);
  await t.rejects(ndjson('\n{"to"\n'), { name: 'RowsError', message: 'line 2: it is no JSON' });
  await t.rejects(ndjson('\n \n'), { message: 'line 1: there is no row' });
  await t.rejects(ndjson('{"x":1}'), { name: 'CliError', message: /^unknown column "x"/ });
});

t.test('import rows: no more at once than go to the bank at once', async (t) => {
  const count = 2 * ROWS_TOGETHER_MAX + 1;
  const sizes = async (rows: Rows): Promise<number[]> =>
    (await Array.fromAsync(rows.batches)).map(({ length }) => length);
  const expected = [ROWS_TOGETHER_MAX, ROWS_TOGETHER_MAX, 1];
  const text = `name,balance\n${'a,1\n'.repeat(count)}`;
  t.same(await sizes(await csv(text, { size: 9_999 })), expected);
  t.same(await sizes(await ndjson('{"name":"a"}\n'.repeat(count))), expected);
});
