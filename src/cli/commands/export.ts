/** `bankd export`: postings or accounts as NDJSON or CSV, or all of it as a file of SQLite. */
import { Option } from 'clipanion';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../connect-to.ts';
import type { RowsOptions } from '../export-rows.ts';
import { nearest } from '../nearest.ts';
import { missingOption, options, requireAllowedHost, requireRealPort } from '../options.ts';
import { positionOptions, requireOneStart } from '../position-options.ts';
import { quote } from '../quote.ts';
import { Interruption } from '../signals.ts';
import { isNotEmpty } from '../validators.ts';

export class ExportCommand extends BankdCommand {
  static override readonly paths = [['export']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'postings|accounts';
  static override readonly about: Usage = {
    description: 'accounts and postings as NDJSON, CSV or a file of SQLite, at any seq',
    details:
      'postings: two rows for each movement of money, which sum to zero; the other side of what\n' +
      'enters or leaves is the system account of its currency, numbered 0 and below. --from and\n' +
      '--after leave out what is before; --after leaves out the header of CSV, too.\n' +
      'accounts: as they are behind one entry. --sqlite goes on where the file ends.',
    examples: [
      ['accounts as a table', 'bankd export accounts --csv > accounts.csv'],
      ['as they were at a seq', 'bankd export accounts --to 1700'],
      ['all postings', 'bankd export postings > postings.ndjson'],
      ['those behind the last that one has', 'bankd export postings --after 17.3'],
      ['for plain SQL; again, it goes on', 'bankd export --sqlite bank.db'],
    ],
  };

  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly timeout = options.timeout('how long the bank may be away (default 10s)');
  readonly csv = options.flag('--csv', 'CSV (RFC 4180) with a header; NDJSON otherwise');
  readonly spreadsheet = options.flag(
    '--spreadsheet', "CSV in which text that would be a formula begins with '");
  readonly sqlite = Option.String('--sqlite', {
    description: 'into this file instead; it goes on where it ended', validator: isNotEmpty(),
  });
  readonly from = positionOptions.from();
  readonly after = positionOptions.after();
  readonly to = positionOptions.to('up to this seq, and not the newest');
  readonly what = Option.Rest();

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    const run = this.#chooseRun();
    using interruption = new Interruption();
    return await run(interruption.signal);
  }

  /** Before anything is asked of the bank. */
  #chooseRun(): (interrupted: AbortSignal) => Promise<number> {
    const { sqlite, what, from, after, csv, spreadsheet } = this;
    const hasStart = from !== undefined || after !== undefined;
    if (sqlite !== undefined) {
      if (what.length > 0 || csv || spreadsheet || hasStart) {
        throw usageError('--sqlite takes all there is behind its end: only --to goes with it');
      }
      return (interrupted) => this.#toSqlite(sqlite, interrupted);
    }
    const [subject, ...more] = what;
    if (subject === undefined) throw missingOption('postings, accounts or --sqlite FILE');
    if (more.length > 0 || (subject !== 'postings' && subject !== 'accounts')) {
      const near = nearest(subject, ['postings', 'accounts']);
      const tip = near === undefined ? undefined : `did you mean bankd export ${near}?`;
      throw usageError(`${quote(what.join(' '))} is neither postings nor accounts`, tip);
    }
    if (subject === 'accounts' && hasStart) {
      throw usageError('accounts are those of one seq: --to says which');
    }
    return (interrupted) => this.#toStdout(subject, interrupted);
  }

  async #toStdout(subject: 'postings' | 'accounts', interrupted: AbortSignal): Promise<number> {
    // Only now: the help does without it.
    const { exportAccounts, exportPostings } = await import('../export-rows.ts');
    const begin = requireOneStart(this.from, this.after);
    const { from = { seq: 1, index: 0 }, after } = begin;
    const start = after === undefined ? from : { seq: after.seq, index: after.index + 1 };
    const { to, timeout: timeoutMs } = this;
    if (to !== undefined && start.seq > to) throw usageError('--to is before the beginning');
    const form = this.spreadsheet ? 'spreadsheet' : this.csv ? 'csv' : 'ndjson';
    const hasHeader = this.after === undefined;
    const asked: RowsOptions = { start, to, timeoutMs, form, hasHeader, interrupted };
    await using client = await connectTo({ host: this.host, port: this.port }, timeoutMs);
    const run = subject === 'postings' ? exportPostings : exportAccounts;
    return await run(this.context, client, asked);
  }

  async #toSqlite(path: string, interrupted: AbortSignal): Promise<number> {
    const { exportSqlite } = await import('../export-sqlite.ts');
    const { to, timeout: timeoutMs } = this;
    await using client = await connectTo({ host: this.host, port: this.port }, timeoutMs);
    return await exportSqlite(this.context, client, { path, to, timeoutMs, interrupted });
  }
}
