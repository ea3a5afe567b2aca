/**
 * `bankd import`: what is asked for, from the files to the exit status.
 *
 * First all files are read to their end: a mistake in one of them is told before anything of any is
 * sent. Then one after another is imported; what stops one stops all.
 */
import { statSync } from 'node:fs';
import { EnvironmentError } from '../../host/environment-error.ts';
import { CliError, usageError } from '../cli-error.ts';
import { note, type CliContext } from '../context.ts';
import { EXIT, exitStatusOfSignal, worseOf } from '../exit-status.ts';
import { ProgressBar } from '../progress-bar.ts';
import { formatBytes } from '../status-table.ts';
import { AccountLookup } from './account-lookup.ts';
import { BankDoer } from './bank-doer.ts';
import { nameBatches, requireRemembered, type Batch } from './batches.ts';
import { ChunkSender } from './chunk-sender.ts';
import { ColumnMap } from './columns.ts';
import { Connections, type BankPlace } from './connections.ts';
import type { Doer } from './doer.ts';
import { DryRun, NOT_CHECKED, NOT_CHECKED_NAMES } from './dry-run.ts';
import { importFile, type FileOutcome } from './import-file.ts';
import { LineFile } from './line-file.ts';
import { NameNumbers } from './name-numbers.ts';
import { Numbers } from './numbers.ts';
import { describeStop, exitStatusOfStop } from './outcome-text.ts';
import { ContentHash, openRows, toUsage } from './preflight.ts';
import { Refusals } from './refusals.ts';
import { Source, type SourceOptions } from './source.ts';
import { Stopped } from './stopped.ts';
import { formatSummary, summaryJson, type Summary } from './summary.ts';

export interface ImportOptions extends SourceOptions {
  /** `-` is stdin. */
  readonly files: readonly string[];
  /** Of `from=Debtor` each. */
  readonly maps: readonly string[];
  readonly ignored: readonly string[];
  readonly isDryRun: boolean;
  readonly name: string | undefined;
  /** Where refused rows go, and the numbers of new accounts. */
  readonly refused: string | undefined;
  readonly numbers: string | undefined;
  readonly json: boolean;
  readonly bank: BankPlace;
  readonly timeoutMs: number;
  /** Faster; rows may take effect in another order. */
  readonly isUnordered: boolean;
  readonly interrupted: AbortSignal;
}

/** As many as a client has under way. */
const CHUNKS_UNORDERED = 4;

/** The exit status. Throws CliError, EnvironmentError and Unreachable. */
export async function importFiles(context: CliContext, options: ImportOptions): Promise<number> {
  const map = new ColumnMap(options.maps, options.ignored);
  const sources = options.files.map((path) => new Source(path, context.stdin, options));
  if (sources.filter(({ path }) => path === '-').length > 1) {
    throw usageError('stdin can be read once only');
  }
  refuseOverwriting(options);
  // Nobody may ever say more there.
  options.interrupted.addEventListener('abort', () => context.stdin.destroy());
  const batches = await readThrough(context, sources, map, options);
  await using bank = await Connections.open(options.bank);
  requireRemembered(batches, await bank.keysRemembered(options.timeoutMs));
  const doer = await makeDoer(options, bank);
  const all = new Imports(context, options, map, doer, await openOutputs(context, options));
  const status = await all.run(batches);
  if (doer instanceof DryRun && !options.json) {
    note(context, NOT_CHECKED);
    if (doer.isFull) note(context, NOT_CHECKED_NAMES);
  }
  return status;
}

async function makeDoer({ isDryRun, timeoutMs }: ImportOptions, bank: Connections): Promise<Doer> {
  if (isDryRun) return new DryRun(new AccountLookup(bank.reader, timeoutMs));
  const names = new NameNumbers(new ChunkSender(bank.reader, timeoutMs));
  const seqBefore = await bank.lastSeq(timeoutMs);
  return new BankDoer(new ChunkSender(bank.writer, timeoutMs), names, seqBefore);
}

/** All files, with a bar of its own for each. */
async function readThrough(
  context: CliContext, sources: readonly Source[], map: ColumnMap,
  { name, interrupted }: ImportOptions,
): ReturnType<typeof nameBatches> {
  using bar = new ProgressBar({ output: context.stderr, label: 'reading', format: formatSize });
  return await nameBatches(sources, map, name, (source) => {
    if (interrupted.aborted) {
      throw new CliError(exitStatusOfSignal(Number(interrupted.reason)), 'interrupted');
    }
    bar.show(source.bytesRead, source.bytes, source.name);
  });
}

interface Outputs {
  readonly refusals: Refusals;
  readonly numbers: Numbers;
}

async function openOutputs(
  context: CliContext, { refused, numbers, json }: ImportOptions,
): Promise<Outputs> {
  const refusedFile = refused === undefined ? undefined : await LineFile.create(refused);
  const numbersFile = numbers === undefined ? undefined : await LineFile.create(numbers);
  return {
    refusals: new Refusals(context, refusedFile),
    numbers: new Numbers(numbersFile, json ? context.stdout : undefined),
  };
}

/** One file after another. */
class Imports {
  readonly #context: CliContext;
  readonly #options: ImportOptions;
  readonly #map: ColumnMap;
  readonly #doer: Doer;
  readonly #outputs: Outputs;

  constructor(
    context: CliContext, options: ImportOptions, map: ColumnMap, doer: Doer, outputs: Outputs,
  ) {
    this.#context = context;
    this.#options = options;
    this.#map = map;
    this.#doer = doer;
    this.#outputs = outputs;
  }

  async run(batches: readonly Batch[]): Promise<number> {
    let status: number = EXIT.done;
    try {
      for (const batch of batches) {
        const { summary, failure } = await this.#import(batch);
        this.#print(summary);
        if (failure !== undefined) return this.#onFailure(failure, batch, summary);
        if (summary.refused > 0) status = worseOf(status, EXIT.refused);
      }
    } finally {
      await this.#outputs.refusals.close();
      await this.#outputs.numbers.close();
    }
    return status;
  }

  async #import(batch: Batch): Promise<FileOutcome> {
    const { source, name, from } = batch;
    const { isDryRun, isUnordered, interrupted } = this.#options;
    const inFlight = isUnordered ? CHUNKS_UNORDERED : 1;
    if (from === 'chance' && !isDryRun) {
      const hint = `with --name ${name} it can be repeated`;
      note(this.#context, `${source.name} is batch ${name}: ${hint}`);
    }
    using bar = new ProgressBar({
      output: this.#context.stderr, label: source.name, format: formatSize,
    });
    const content = new ContentHash();
    const rows = await openRows(source, this.#map, content.watch);
    const startedMs = performance.now();
    const outcome = await importFile({
      file: source.name, batch: name, rows, doer: this.#doer, ...this.#outputs, inFlight,
      interrupted,
      onProgress: (count) => bar.show(source.bytesRead, source.bytes, rateOf(count, startedMs)),
    });
    const isWhole = outcome.failure === undefined && from === 'content';
    return isWhole && content.name() !== name
      ? { ...outcome, failure: changed(source, name) } : outcome;
  }

  #print(summary: Summary): void {
    const text = this.#options.json ? JSON.stringify(summaryJson(summary)) : formatSummary(summary);
    this.#context.stdout.write(`${text}\n`);
  }

  #onFailure(failure: unknown, batch: Batch, { unknown }: Summary): number {
    if (!(failure instanceof Stopped)) throw toUsage(failure, batch.source.name);
    for (const line of describeStop(failure, batch, unknown)) note(this.#context, line);
    return exitStatusOfStop(failure.reason, this.#options.interrupted);
  }
}

/** What is written must not be what is read. */
function refuseOverwriting({ files, refused, numbers }: ImportOptions): void {
  const identity = (path: string): string | undefined => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
  };
  const read = new Set(files.map((path) => (path === '-' ? undefined : identity(path))));
  for (const [flag, path] of Object.entries({ '--refused': refused, '--numbers': numbers })) {
    const written = path === undefined ? undefined : identity(path);
    if (written !== undefined && read.has(written)) {
      throw usageError(`${flag} ${path} would overwrite what is imported`);
    }
  }
  if (refused !== undefined && refused === numbers) {
    throw usageError('--refused and --numbers are one file');
  }
}

function changed({ name }: Source, batch: string): EnvironmentError {
  const keys = `its rows have the keys of batch ${batch}`;
  return new EnvironmentError('foreign', `${name} changed while it was imported; ${keys}`);
}

function formatSize(bytes: number): string {
  return formatBytes(Math.round(bytes));
}

function rateOf(count: number, startedMs: number): string {
  const seconds = Math.max(0.001, (performance.now() - startedMs) / 1_000);
  return `${count} rows, ${Math.round(count / seconds)} rows/s`;
}
