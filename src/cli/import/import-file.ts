/**
 * The import of one file: its rows, a chunk at a time, and what came of each.
 *
 * Keeps true: each row is one operation under one key, so that whoever imports the file again,
 * after whatever happened, does nothing twice; what came of rows is told in the order of the file.
 *
 * While chunks are under way the next one is read, mapped and looked up. With one under way at
 * most, rows also take effect in the order of the file. With several, one that the bank refuses for
 * a moment comes after the next one: a withdrawal before the deposit that pays for it, whose key
 * then remembers a refusal for good.
 */
import type { Doer, Done } from './doer.ts';
import type { Numbers } from './numbers.ts';
import { planRows, type Plan } from './plan.ts';
import type { Refusals } from './refusals.ts';
import { namesIn } from './row-operation.ts';
import type { Row, Rows } from './rows.ts';
import { Stopped } from './stopped.ts';
import type { Summary } from './summary.ts';

export interface FileImport {
  /** How the file is called. */
  readonly file: string;
  readonly batch: string;
  readonly rows: Rows;
  readonly doer: Doer;
  readonly refusals: Refusals;
  readonly numbers: Numbers;
  /** So many chunks are under way at most. */
  readonly inFlight: number;
  readonly interrupted: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

export interface FileOutcome {
  readonly summary: Summary;
  /** Why it ended before its rows did: Stopped, or what reading or writing threw. */
  readonly failure: unknown;
}

export async function importFile(options: FileImport): Promise<FileOutcome> {
  const run = new Run(options);
  let failure: unknown;
  try {
    await run.all();
  } catch (error) {
    const isCut = options.interrupted.aborted && !(error instanceof Stopped);
    failure = isCut ? new Stopped('interrupted', 'interrupted') : error;
    run.summary.stopped = failure instanceof Stopped ? failure.reason : 'failed';
  }
  run.end();
  return { summary: run.summary, failure };
}

class Run {
  readonly summary: Summary;
  readonly #options: FileImport;
  readonly #startedMs = performance.now();

  constructor(options: FileImport) {
    const { file, batch, rows: { layout: { kind } }, doer: { isDryRun } } = options;
    this.#options = options;
    this.summary = {
      file, kind, batch, isDryRun,
      rows: 0, done: 0, before: 0, refused: 0, unknown: 0, seconds: 0,
    };
  }

  async all(): Promise<void> {
    const { rows, interrupted, inFlight } = this.#options;
    const flying: Promise<void>[] = [];
    let last = Promise.resolve();
    try {
      for await (const batch of rows.batches) {
        const plan = await this.#plan(batch);
        if (flying.length === inFlight) await flying.shift();
        if (interrupted.aborted) throw new Stopped('interrupted', 'interrupted');
        last = this.#carryOut(plan, last);
        // It is waited for in a later round; until then, its failure is nobody's.
        last.catch(() => {});
        flying.push(last);
      }
    } finally {
      // Also where one failed: what is under way is told, too.
      await Promise.allSettled(flying);
    }
    await Promise.all(flying);
  }

  end(): void {
    this.summary.seconds = (performance.now() - this.#startedMs) / 1_000;
  }

  async #plan(rows: readonly Row[]): Promise<Plan> {
    const { rows: { layout: { kind } }, batch, doer } = this.#options;
    if (kind === 'postings') {
      await doer.prepare(new Set(rows.flatMap(({ fields }) => namesIn(fields))));
    }
    return planRows(kind, rows, batch, doer.find);
  }

  /** `before` is the chunk before it, after which it is told. */
  async #carryOut(plan: Plan, before: Promise<void>): Promise<void> {
    const { refusals, numbers, onProgress } = this.#options;
    this.summary.rows += plan.rows.length;
    const isEmpty = plan.operations.length === 0;
    const done = isEmpty ? [] : await this.#do(plan);
    await before.catch(() => {});
    this.#tell(plan, done);
    await refusals.flush();
    await numbers.flush();
    onProgress(this.summary.rows);
  }

  async #do({ rows, operations }: Plan): Promise<readonly Done[]> {
    try {
      return await this.#options.doer.do(operations);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (error.reason === 'unknown') this.summary.unknown += operations.length;
      const [first, last] = [rows[0]?.line, rows.at(-1)?.line];
      throw new Stopped(error.reason, `lines ${first} to ${last}: ${error.message}`);
    }
  }

  #tell({ rows, refused }: Plan, done: readonly Done[]): void {
    const answers = done.values();
    for (const [at, row] of rows.entries()) {
      const refusal = refused[at];
      this.#tellRow(row, refusal === undefined ? answers.next().value : { refused: refusal });
    }
  }

  #tellRow(row: Row, done: Done | undefined): void {
    const { refusals, numbers, rows, file, doer } = this.#options;
    const { summary } = this;
    if (done === undefined) return;
    if ('refused' in done) {
      summary.refused += 1;
      refusals.add(file, rows, row, done.refused);
      return;
    }
    summary.done += 1;
    if (done.isBefore) summary.before += 1;
    const isNew = summary.kind === 'accounts' && !doer.isDryRun;
    if (isNew) numbers.add(row.line, row.fields, done.account);
  }
}
