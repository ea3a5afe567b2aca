/**
 * A table of the twin's state: records of numbers, in the order in which a checkpoint lists them.
 *
 * The fields have names, so that a difference can be told in words. Plain f64 numbers in small
 * pages: a million records take 64 bytes each and not the several hundred of as many objects.
 */
const RECORDS_PER_PAGE = 256;

export class TwinTable {
  readonly name: string;
  /** Their names, in the order of the record. */
  readonly fields: readonly string[];
  readonly #pages: Float64Array[] = [];
  #records = 0;
  /** Of an attempt: how each record was that it changed. */
  #before: Map<number, readonly number[]> | undefined;

  constructor(name: string, fields: readonly string[]) {
    this.name = name;
    this.fields = fields;
  }

  get records(): number {
    return this.#records;
  }

  get(record: number, field: number): number {
    return this.#page(record)[this.#at(record, field)] as number;
  }

  set(record: number, field: number, value: number): void {
    this.#note(record);
    this.#page(record)[this.#at(record, field)] = value;
  }

  /** Every field of a record. */
  fill(record: number, values: readonly number[]): void {
    this.#note(record);
    this.#page(record).set(values, this.#at(record, 0));
  }

  /** One more record; its number. */
  append(values: readonly number[]): number {
    const record = this.#records;
    if (record % RECORDS_PER_PAGE === 0) {
      this.#pages.push(new Float64Array(RECORDS_PER_PAGE * this.fields.length));
    }
    this.#records += 1;
    this.fill(record, values);
    return record;
  }

  /** Takes away so many of the first records, a multiple of a page's. */
  dropFirst(count: number): void {
    this.#pages.splice(0, count / RECORDS_PER_PAGE);
    this.#records -= count;
  }

  /** Records that are changed from now on are remembered as they are. */
  attempt(): void {
    this.#before = new Map();
  }

  /** What was changed since `attempt` stays, or is again as it was. */
  settle(isDone: boolean): void {
    const before = this.#before ?? [];
    this.#before = undefined;
    if (!isDone) for (const [record, values] of before) this.fill(record, values);
  }

  #note(record: number): void {
    if (this.#before === undefined || this.#before.has(record)) return;
    this.#before.set(record, this.fields.map((_, field) => this.get(record, field)));
  }

  #page(record: number): Float64Array {
    const page = this.#pages[Math.floor(record / RECORDS_PER_PAGE)];
    if (page === undefined || record >= this.#records) {
      throw new Error(`the table ${this.name} has no record ${record}`);
    }
    return page;
  }

  #at(record: number, field: number): number {
    return (record % RECORDS_PER_PAGE) * this.fields.length + field;
  }
}
