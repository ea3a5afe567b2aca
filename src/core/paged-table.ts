/**
 * Fixed-size records of f64 fields in pages of 64 KiB: where all replicated state lives. A table's
 * first page begins small and doubles, so that a small bank has small checkpoints.
 *
 * Keeps true: what `snapshot` returned is not changed by any later write until `release`, and
 * taking it costs one pass over the page references, not over the records. A write to a page that a
 * snapshot holds copies the page first (copy-on-write, as fork(2) does for Redis' RDB files), so
 * that a checkpoint can be written beside the hot path.
 */
import { assert } from './assert.ts';

/** Fields of one page: 64 KiB. */
export const PAGE_FIELDS = 8192;
/** Of a first page, at least: 1 KiB. */
const FIRST_PAGE_FIELDS = 128;

/** How long a page is in a table that has so many fields in all. */
export function fieldsOfPage(page: number, fieldsInAll: number): number {
  if (page > 0 || fieldsInAll > PAGE_FIELDS / 2) return PAGE_FIELDS;
  return Math.max(FIRST_PAGE_FIELDS, 2 ** Math.ceil(Math.log2(Math.max(1, fieldsInAll))));
}

/**
 * A table as a snapshot holds it. The last page is whole too; behind the last record it is
 * undefined.
 */
export interface TableImage {
  readonly name: string;
  /** Fields of a record, a power of two. */
  readonly fields: number;
  readonly records: number;
  /** As long as `fieldsOfPage` says. */
  readonly pages: readonly Float64Array[];
}

export class PagedTable {
  readonly name: string;
  readonly fields: number;
  readonly #fieldShift: number;
  readonly #pageShift: number;
  readonly #pageMask: number;
  #pages: Float64Array[] = [];
  /** 1 where a snapshot holds the page. */
  #shared: number[] = [];
  #records = 0;
  #held = false;

  constructor(name: string, fields: number) {
    this.name = name;
    this.fields = fields;
    this.#fieldShift = Math.log2(fields);
    assert(Number.isInteger(this.#fieldShift), 'a record has a power of two of fields');
    this.#pageShift = Math.log2(PAGE_FIELDS) - this.#fieldShift;
    this.#pageMask = PAGE_FIELDS / fields - 1;
  }

  /** A table with copies of the image's pages. Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined, name: string, fields: number): PagedTable {
    const table = new PagedTable(name, fields);
    if (image === undefined) throw new Error(`the image has no table ${name}`);
    if (image.fields !== fields) {
      throw new Error(`table ${name} has ${image.fields} fields a record, not ${fields}`);
    }
    const pages = Math.ceil((image.records * fields) / PAGE_FIELDS);
    if (!Number.isSafeInteger(image.records) || image.records < 0 || image.pages.length !== pages) {
      throw new Error(`table ${name}: ${image.records} records in ${image.pages.length} pages`);
    }
    for (const [at, page] of image.pages.entries()) {
      if (page.length === fieldsOfPage(at, image.records * fields)) continue;
      throw new Error(`table ${name} has a page of another size`);
    }
    table.#pages = image.pages.map((page) => page.slice());
    table.#shared = image.pages.map(() => 0);
    table.#records = image.records;
    return table;
  }

  get records(): number {
    return this.#records;
  }

  get(record: number, field: number): number {
    return this.pageToRead(record)[this.offsetInPage(record) + field] as number;
  }

  set(record: number, field: number, value: number): void {
    this.pageToWrite(record)[this.offsetInPage(record) + field] = value;
  }

  /** The page of a record, for hot loops that read several fields; not to be written to. */
  pageToRead(record: number): Float64Array {
    assert(record < this.#records, 'only records that exist are read');
    return this.#pages[record >>> this.#pageShift] as Float64Array;
  }

  /**
   * The page of a record, its own and no snapshot's: for writes until the next `snapshot` or
   * `append`.
   */
  pageToWrite(record: number): Float64Array {
    assert(record < this.#records, 'only records that exist are written');
    const page = record >>> this.#pageShift;
    if (this.#shared[page] !== 0) this.#unshare(page);
    return this.#pages[page] as Float64Array;
  }

  /** Where the record's first field stands in its page. */
  offsetInPage(record: number): number {
    return (record & this.#pageMask) << this.#fieldShift;
  }

  /** One more record, all zeros; its number. */
  append(): number {
    const record = this.#records;
    const page = record >>> this.#pageShift;
    const fieldsInAll = (record + 1) * this.fields;
    if (page === this.#pages.length) {
      this.#pages.push(new Float64Array(fieldsOfPage(page, fieldsInAll)));
      this.#shared.push(0);
    } else if (page === 0) this.#growFirstPage(fieldsInAll);
    this.#records = record + 1;
    return record;
  }

  /** Takes away the records of so many pages, the first ones. Those behind are numbered anew. */
  dropPages(count: number): void {
    const records = this.#records - count * (this.#pageMask + 1);
    assert(count >= 0 && records >= 0, 'only whole pages of records are dropped');
    this.#pages.splice(0, count);
    this.#shared.splice(0, count);
    this.#records = records;
    this.#fitOnlyPage();
  }

  /** What the table is now, until `release`. One at a time. */
  snapshot(): TableImage {
    assert(!this.#held, 'one snapshot is held at a time');
    this.#held = true;
    this.#shared.fill(1);
    const { name, fields } = this;
    return { name, fields, records: this.#records, pages: [...this.#pages] };
  }

  /** The image is not read any more: its pages may change again. */
  release(): void {
    assert(this.#held, 'only a held snapshot is released');
    this.#held = false;
    this.#shared.fill(0);
  }

  #growFirstPage(fieldsInAll: number): void {
    const old = this.#pages[0] as Float64Array;
    if (fieldsInAll <= old.length) return;
    const grown = new Float64Array(fieldsOfPage(0, fieldsInAll));
    grown.set(old);
    this.#pages[0] = grown;
    this.#shared[0] = 0;
  }

  /** A page that is the only one now is as long as that of any table of so many records. */
  #fitOnlyPage(): void {
    const [page] = this.#pages;
    const length = fieldsOfPage(0, this.#records * this.fields);
    if (this.#pages.length !== 1 || page === undefined || page.length === length) return;
    this.#pages[0] = page.slice(0, length);
    this.#shared[0] = 0;
  }

  #unshare(page: number): void {
    this.#pages[page] = (this.#pages[page] as Float64Array).slice();
    this.#shared[page] = 0;
  }
}
