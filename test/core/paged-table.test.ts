import t from 'tap';
import { fieldsOfPage, PAGE_FIELDS, PagedTable } from '../../src/core/paged-table.ts';

function filled(records: number): PagedTable {
  const table = new PagedTable('numbers', 4);
  for (let record = 0; record < records; record += 1) {
    table.append();
    for (let field = 0; field < 4; field += 1) table.set(record, field, record * 10 + field);
  }
  return table;
}

/** More than two pages of records of four fields. */
const RECORDS = (2 * PAGE_FIELDS) / 4 + 3;

t.test('paged table: fields: each keeps its own value, across pages', async (t) => {
  const table = new PagedTable('numbers', 4);
  for (let record = 0; record < RECORDS; record += 1) {
    if (table.append() !== record) t.fail('records are numbered in order');
    for (let field = 0; field < 4; field += 1) {
      if (table.get(record, field) !== 0) t.fail('a new record is blank');
      table.set(record, field, record * 10 + field);
    }
  }
  let wrong = 0;
  for (let record = 0; record < RECORDS; record += 1) {
    for (let field = 0; field < 4; field += 1) {
      if (table.get(record, field) !== record * 10 + field) wrong += 1;
    }
  }
  t.equal(wrong, 0);
  t.equal(table.records, RECORDS);
  t.throws(() => table.get(RECORDS, 0), { message: /records that exist/ });
  t.throws(() => table.set(RECORDS, 0, 1), { message: /records that exist/ });
  t.throws(() => new PagedTable('odd', 6), { message: /power of two/ });
});

t.test('paged table: snapshot: later writes and records do not reach it', async (t) => {
  const table = filled(RECORDS);
  const image = table.snapshot();
  t.match(image, { name: 'numbers', fields: 4, records: RECORDS });
  t.equal(image.pages.length, 3);
  const frozen = image.pages.map((page) => page.slice());
  for (let record = 0; record < RECORDS; record += 100) table.set(record, 2, -1);
  const added = table.append();
  table.set(added, 0, -7);
  table.set(0, 2, -2);
  t.same(image.pages, frozen);
  t.equal(table.get(0, 2), -2);
  t.equal(table.get(100, 2), -1);
  t.equal(table.get(added, 0), -7);
  t.throws(() => table.snapshot(), { message: /one snapshot/ });
  table.release();
  t.throws(() => table.release(), { message: /held/ });
});

t.test('paged table: snapshot: a page is copied once, and only when it is written', async (t) => {
  const table = filled(RECORDS);
  const image = table.snapshot();
  t.equal(table.pageToRead(0), image.pages[0], 'read where it is');
  const copy = table.pageToWrite(0);
  t.not(copy, image.pages[0]);
  t.equal(table.pageToWrite(1), copy, 'its own by now');
  t.equal(table.pageToRead(RECORDS - 1), image.pages[2], 'not written');
  table.release();
  t.equal(table.pageToWrite(RECORDS - 1), image.pages[2], 'written in place after release');
  const next = table.snapshot();
  t.equal(next.pages[0], copy);
  t.not(table.pageToWrite(0), copy, 'shared again');
});

t.test('paged table: restore: the same records, sharing nothing', async (t) => {
  const table = filled(RECORDS);
  const image = table.snapshot();
  const restored = PagedTable.restore(image, 'numbers', 4);
  restored.set(5, 1, 999);
  t.equal(table.get(5, 1), 51);
  t.equal(restored.get(5, 1), 999);
  t.equal(restored.get(RECORDS - 1, 3), (RECORDS - 1) * 10 + 3);
  t.equal(restored.append(), RECORDS);
});

t.test('paged table: restore: what does not fit is named', async (t) => {
  const image = filled(3).snapshot();
  const restore = (changes: object) => () => {
    PagedTable.restore({ ...image, ...changes }, 'numbers', 4);
  };
  t.throws(() => PagedTable.restore(undefined, 'numbers', 4), { message: /no table numbers/ });
  t.throws(restore({ fields: 8 }), { message: /8 fields a record, not 4/ });
  t.throws(restore({ records: 5000 }), { message: /5000 records in 1 pages/ });
  t.throws(restore({ records: -1 }), { message: /-1 records/ });
  t.throws(restore({ records: 1.5 }), { message: /1.5 records/ });
  t.throws(restore({ pages: [] }), { message: /in 0 pages/ });
  t.throws(restore({ pages: [new Float64Array(7)] }), { message: /another size/ });
});

t.test('paged table: the first page: as long as its records need, doubling', async (t) => {
  const table = new PagedTable('t', 4);
  const lengths = new Set<number>();
  const copies: Float64Array[] = [];
  for (let record = 0; record < PAGE_FIELDS / 4 + 1; record += 1) {
    t.equal(table.append(), record);
    table.set(record, 3, record);
    const image = table.snapshot();
    const [first = new Float64Array()] = image.pages;
    table.release();
    if (lengths.has(first.length)) continue;
    lengths.add(first.length);
    t.equal(first.length, fieldsOfPage(0, image.records * 4));
    copies.push(first.slice());
    t.equal(PagedTable.restore(image, 't', 4).get(record, 3), record);
  }
  t.same([...lengths], [128, 256, 512, 1024, 2048, 4096, 8192]);
  for (let record = 0; record < table.records; record += 1) {
    if (table.get(record, 3) !== record) t.fail(`record ${record} was lost as the page grew`);
  }
  t.equal(table.snapshot().pages[1]?.length, PAGE_FIELDS, 'the others are whole from the start');
});

t.test('paged table: a page that grows while a snapshot holds it: the snapshot keeps its own',
  async (t) => {
    const table = new PagedTable('t', 4);
    for (let record = 0; record < 32; record += 1) table.set(table.append(), 0, record);
    const image = table.snapshot();
    const [held] = image.pages;
    const before = held?.slice();
    table.set(table.append(), 0, 99);
    table.set(0, 0, 77);
    t.same(held, before);
    t.equal(table.get(0, 0), 77);
    t.equal(table.get(32, 0), 99);
    table.release();
  });

t.test('paged table: pages dropped from the front: those behind are numbered anew', async (t) => {
  const perPage = PAGE_FIELDS / 4;
  const table = new PagedTable('t', 4);
  const append = (value: number): void => table.set(table.append(), 1, value);
  for (let value = 0; value < 3 * perPage + 10; value += 1) append(value);
  const image = table.snapshot();
  table.dropPages(1);
  t.equal(table.records, 2 * perPage + 10);
  t.equal(table.get(0, 1), perPage);
  table.dropPages(2);
  t.equal(table.records, 10);
  t.equal(table.get(9, 1), 3 * perPage + 9);
  append(77);
  t.equal(PagedTable.restore(image, 't', 4).get(perPage, 1), perPage, 'a snapshot has them all');
  t.equal(image.pages[3]?.[4 * 10 + 1], 0, 'and nothing that came later');
  table.release();
  const after = table.snapshot();
  t.equal(after.pages[0]?.length, fieldsOfPage(0, 11 * 4), 'a small table has a small page');
  t.equal(PagedTable.restore(after, 't', 4).get(10, 1), 77);
  table.release();
  for (let value = 11; value < perPage; value += 1) append(value);
  table.dropPages(1);
  t.equal(table.records, 0, 'all of it');
  append(5);
  t.equal(table.get(0, 1), 5);
  t.throws(() => table.dropPages(1), /only whole pages/);
});
