/** Files as they are found: in which format, and what is none. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { nameBatches, requireRemembered } from '../../../src/cli/import/batches.ts';
import { ColumnMap } from '../../../src/cli/import/columns.ts';
import { Source, type SourceOptions } from '../../../src/cli/import/source.ts';

const MAP = new ColumnMap([], []);
const FOUND_OUT: SourceOptions = { format: undefined, separator: undefined };

function fileOf(t: Test, name: string, content: string | Uint8Array, options = FOUND_OUT): Source {
  const path = join(t.testdir(), name);
  writeFileSync(path, content);
  return new Source(path, Readable.from([]), options);
}

async function firstOf(source: Source): Promise<unknown> {
  const rows = await source.open(MAP);
  return (await Array.fromAsync(rows.batches)).flat()[0]?.fields;
}

t.test('import source: the format: by the ending, else by the first byte', async (t) => {
  const row = { name: 'a', balance: '1' };
  const found: readonly [string, string][] = [
    ['a.csv', 'name,balance\na,1\n'], ['a.CSV', 'name;balance\na;1\n'],
    ['a', 'name\tbalance\na\t1'],
    ['a.txt', 'name|balance\r\na|1\r\n'], ['a.csv', '"na,me"|name|balance\n|a|1\n'],
    ['a.ndjson', ' {"name":"a","balance":1}'], ['a.json', '\ufeff{"name":"a","balance":1}\n'],
    ['a.jsonl', '{"name":"a","balance":"1"}\n'],
  ];
  const map = new ColumnMap([], ['na,me']);
  for (const [name, content] of found) {
    const rows = await fileOf(t, name, content).open(map);
    const [first] = (await Array.fromAsync(rows.batches)).flat();
    t.same(first?.fields, row, `${name}: ${JSON.stringify(content)}`);
  }
  const said = { format: 'csv', separator: '.' } as const;
  t.same(await firstOf(fileOf(t, 'a.ndjson', 'name.balance\na.1', said)), row);
});

t.test('import source: what is no text of rows is refused by its beginning', async (t) => {
  const rejects = async (content: string | Uint8Array, message: RegExp): Promise<void> => {
    await t.rejects(firstOf(fileOf(t, 'a', content)), { exitStatus: 2, message });
  };
  await rejects('', /is empty$/);
  await rejects(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /is no text in UTF-8$/);
  await rejects(Buffer.from('\ufeffname\na', 'utf16le'), /is no text in UTF-8$/);
  await rejects('[{"name":"a"}]', /this is a JSON array/);
  t.throws(() => new Source(t.testdir(), Readable.from([]), FOUND_OUT), /is a directory$/);
  const missing = join(t.testdir(), 'missing');
  t.throws(() => new Source(missing, Readable.from([]), FOUND_OUT), { name: 'EnvironmentError' });
});

t.test('import source: stdin, in any pieces', async (t) => {
  const pieces = Array.from('name;balance\na;1\n', (piece) => Buffer.from(piece));
  const source = new Source('-', Readable.from(pieces), FOUND_OUT);
  t.equal(source.bytes, undefined);
  t.same(await firstOf(source), { name: 'a', balance: '1' });
  t.equal(source.bytesRead, 17);
});

t.test('import batches: named by every byte of the file, or by the user', async (t) => {
  const nameOf = async (content: string, name?: string): Promise<string | undefined> => {
    const sources = [fileOf(t, 'a.csv', content)];
    return (await nameBatches(sources, MAP, name, () => {}))[0]?.name;
  };
  const rows = 'name,balance\na,1\n';
  const one = await nameOf(rows);
  t.match(one, /^[0-9a-f]{32}$/);
  t.equal(await nameOf(rows), one, 'the same file is the same batch');
  t.not(await nameOf(`${rows}b,1\n`), one);
  t.not(await nameOf(rows.replace('1', '2')), one);
  t.equal(await nameOf(rows, 'may'), 'may');
  await t.rejects(nameOf(rows, 'a b'), /--name is 1 to 40/);
  const two = [fileOf(t, 'a.csv', rows), fileOf(t, 'b.csv', rows)];
  await t.rejects(nameBatches(two, MAP, 'may', () => {}), /--name names one file/);
});

t.test('import batches: no more rows than keys are remembered', async (t) => {
  const source = fileOf(t, 'a.csv', 'name,balance\na,1\n\nb,1\n');
  const batches = await nameBatches([source], MAP, undefined, () => {});
  t.same(batches.map(({ rows }) => rows), [2]);
  requireRemembered(batches, 2);
  t.throws(() => requireRemembered(batches, 1), /has 2 rows, and the bank remembers 1 keys/);
});

t.test('import batches: a file that is broken anywhere is refused as a whole', async (t) => {
  const source = fileOf(t, 'a.csv', `name,balance\n${'a,1\n'.repeat(200_000)}"b,1\n`);
  const message = /: line 200002: a quote that begins in this record does not end$/;
  await t.rejects(nameBatches([source], MAP, undefined, () => {}), { exitStatus: 2, message });
});
