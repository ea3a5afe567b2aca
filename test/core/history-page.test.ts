/** Pages of the history: each operation once, in order, wherever pages are cut. */
import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import {
  HISTORY_PAGE_BYTES_MAX, HistoryPageWriter, readHistoryPage, type HistoryItem, type Position,
} from '../../src/core/history-page.ts';
import type { Seq } from '../../src/core/ids.ts';
import { encodeChunk, RESULT_BYTES, type Operation } from '../../src/core/operation.ts';
import { readHistory } from '../../src/host/history.ts';
import { joinChunks, Teller } from '../support/ledger-batches.ts';

class Book {
  readonly teller = new Teller();
  readonly entries: ExecutedEntry[] = [];

  add(...chunks: readonly Uint8Array[]): void {
    const batch = joinChunks(chunks);
    const results = this.teller.executeBytes(batch);
    const { seq } = this.teller;
    this.entries.push({ seq, timestamp: 1_000 * seq, batch, results } as unknown as ExecutedEntry);
  }

  page(from: Position): Uint8Array {
    const writer = new HistoryPageWriter(from, this.entries.length);
    for (let seq = writer.wanted; seq !== undefined; seq = writer.wanted) {
      writer.add(this.entries[seq - 1] as ExecutedEntry);
    }
    return writer.finish();
  }

  /** Everything from there, page after page, and how many pages it took. */
  read(from: Position): { readonly items: HistoryItem[]; readonly pages: number } {
    const items: HistoryItem[] = [];
    for (let [next, pages] = [from, 1]; ; pages += 1) {
      const bytes = this.page(next);
      t.ok(bytes.length <= HISTORY_PAGE_BYTES_MAX && bytes.length % RESULT_BYTES === 0);
      const page = readHistoryPage(bytes);
      if (page === undefined) throw new Error('no page');
      items.push(...page.items);
      if (page.next.seq > page.lastSeq) return { items, pages };
      next = page.next;
    }
  }
}

function deposits(count: number, key = ''): Operation[] {
  return Array.from({ length: count }, (_, at) => ({
    kind: 'deposit', account: 100, amount: at, ...(key === '' ? {} : { key: `${key}${at}` }),
  }));
}

/** Sessions, numbers, groups, extensions, entries of several chunks, refusals. */
function smallBook(): Book {
  const book = new Book();
  book.add(encodeChunk(0, 0, [{ kind: 'lease' }]));
  book.add(
    encodeChunk(64, 1, [{ kind: 'create', amount: 500, terms: { name: 'alice' } }, ...deposits(2)]),
    encodeChunk(65, 1, [{ kind: 'withdraw', account: 100, amount: 9_000, key: 'k' }]),
  );
  book.add(encodeChunk(65, 2, [{ kind: 'create', amount: 1 }, ...deposits(2)], true));
  book.add(encodeChunk(65, 5, deposits(3), true));
  return book;
}

t.test('pages: an operation each, with its place, request and result', (test) => {
  const { items, pages } = smallBook().read({ seq: 1, index: 0 });
  test.equal(pages, 1);
  test.match(items.map(({ seq, index, timestamp, session, request, group }) =>
    [seq, index, timestamp, session, request, group].join(' ')), [
    '1 0 1000 0 0 ',
    '2 0 2000 64 1 ', '2 1 2000 64 2 ', '2 2 2000 64 3 ', '2 3 2000 65 1 ',
    '3 0 3000 65 2 2', '3 1 3000 65 3 2', '3 2 3000 65 4 2',
    '4 0 4000 65 5 5', '4 1 4000 65 6 5', '4 2 4000 65 7 5',
  ]);
  test.match(items[1], {
    operation: { kind: 'create', amount: 500, terms: { name: 'alice' } },
    result: { code: 'ok', account: 100, balance: 50_000 },
  });
  test.match(items[4], {
    operation: { kind: 'withdraw', key: 'k' }, result: { code: 'insufficientFunds' },
  });
  test.match(items[6], { result: { code: 'groupRefused' } });
  test.end();
});

t.test('pages: from any operation on, what follows is the same', (test) => {
  const book = smallBook();
  const { items } = book.read({ seq: 1, index: 0 });
  for (const [at, { seq, index }] of items.entries()) {
    test.same(book.read({ seq, index }).items, items.slice(at));
  }
  test.same(book.read({ seq: 2, index: 4 }).items, items.slice(5), 'behind the last of its entry');
  test.same(book.read({ seq: 5, index: 0 }).items, [], 'behind everything');
  test.end();
});

t.test('pages: the largest batches are cut between operations, and none is lost', (test) => {
  const book = new Book();
  book.add(encodeChunk(0, 0, [{ kind: 'lease' }]));
  book.add(encodeChunk(64, 1, [{ kind: 'create', amount: 0 }]));
  book.add(encodeChunk(64, 2, deposits(8_000)), encodeChunk(65, 1, deposits(8_190)));
  const group = encodeChunk(66, 1, deposits(1_000), true);
  book.add(encodeChunk(64, 8_002, deposits(8_000, 'key-')), group);
  // Too large for a group: refused, and yet larger than a page.
  book.add(encodeChunk(67, 1, deposits(8_190, 'of-a-group-'), true));
  const { items, pages } = book.read({ seq: 1, index: 0 });
  test.ok(pages > 4);
  const places = items.map(({ seq, index }) => `${seq}.${index}`);
  test.equal(new Set(places).size, places.length);
  test.equal(items.length, 2 + 8_000 + 8_190 + 8_000 + 1_000 + 8_190);
  test.equal(items.at(-1)?.request, 8_190);
  test.equal(items.at(-1)?.group, 1);
  test.match(items.findLast(({ seq }) => seq === 3)?.operation, { amount: 8_189 });
  const keys = items.filter(({ seq, session }) => seq === 4 && session === 64);
  const asked = deposits(8_000, 'key-').map(({ key }) => key);
  test.same(keys.map(({ operation }) => operation?.key), asked);
  test.end();
});

t.test('pages: a group that would be cut begins the next page', (test) => {
  const book = new Book();
  book.add(encodeChunk(0, 0, [{ kind: 'lease' }]));
  book.add(encodeChunk(64, 1, deposits(8_190)), encodeChunk(64, 8_191, deposits(2_400)),
    encodeChunk(65, 1, deposits(1_000), true));
  const page = readHistoryPage(book.page({ seq: 1, index: 0 }));
  test.match(page, { next: { seq: 2, index: 8_190 + 2_400 } });
  const rest = readHistoryPage(book.page({ seq: 2, index: 8_190 + 2_400 }));
  test.match(rest, { next: { seq: 3, index: 0 }, items: { length: 1_000 } });
  test.end();
});

t.test('pages: a piece without an operation is passed over', (test) => {
  const page = smallBook().page({ seq: 1, index: 0 });
  const whole = readHistoryPage(page)?.items ?? [];
  const empty = page.slice(64, 128);
  empty.fill(0, 40);
  const bytes = new Uint8Array([...page.subarray(0, 64), ...empty, ...page.subarray(64), ...empty]);
  test.same(readHistoryPage(bytes)?.items, whole);
  test.end();
});

t.test('pages: of very many small entries, a bounded part', async (test) => {
  const book = new Book();
  for (let seq = 1; seq <= 1_500; seq += 1) book.add(encodeChunk(0, 0, [{ kind: 'lease' }]));
  const read = async (seq: Seq): Promise<ExecutedEntry | undefined> => book.entries[seq - 1];
  const ask = async (seq: number) =>
    readHistoryPage(await readHistory({ seq, index: 0 }, 1_500 as Seq, read));
  test.match(await ask(1), { next: { seq: 1_001, index: 0 }, lastSeq: 1_500 });
  test.match(await ask(1_001), { next: { seq: 1_501, index: 0 }, items: { length: 500 } });
});

t.test('pages: bytes that are none are undefined, at every truncation', (test) => {
  const page = smallBook().page({ seq: 1, index: 0 });
  test.ok(readHistoryPage(page));
  for (let length = 0; length < page.length; length += RESULT_BYTES) {
    const cut = readHistoryPage(page.subarray(0, length));
    test.ok(cut === undefined || cut.items.length < 11);
  }
  test.end();
});
