/** `bankd import`: accounts and postings from files, each row once. */
import { Option } from 'clipanion';
import { BankdCommand, type Usage } from '../command.ts';
import { missingOption, options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';
import { isNotEmpty, isOneOf, isSeparator } from '../validators.ts';

export class ImportCommand extends BankdCommand {
  static override readonly paths = [['import']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'FILE…';
  static override readonly about: Usage = {
    description: 'accounts and postings from CSV or NDJSON, each row once',
    details:
      'The header says what the rows are. Accounts: name, currency, balance, floor, ceiling.\n' +
      'Postings: from, to, amount, id, reference; without from a deposit, without to a\n' +
      'withdrawal. Digits alone are the number of an account; anything else is its name, and\n' +
      'name:123 the name 123. Either may have a key; a row without one has BATCH:LINE, where\n' +
      'BATCH is --name, or a hash of the file. So the same file imported again does nothing\n' +
      'twice, and goes on where it was stopped. It lasts while the bank remembers the keys.\n' +
      'Exit status: 1 rows were refused, 3 unavailable, 4 unknown: run it again.',
    examples: [
      ['accounts, then what goes between them', 'bankd import accounts.csv transfers.csv'],
      ['with other names of columns',
        'bankd import --map from=Debtor --map to=Creditor --map amount=Betrag pay.csv'],
      ['what would be done, and refused', 'bankd import --dry-run transfers.csv'],
      ['refused rows to a file, to be mended there', 'bankd import --refused no.ndjson pay.csv'],
      ['from a pipe, safe to repeat', 'zcat may.csv.gz | bankd import --name may-2026 -'],
    ],
  };

  readonly format = Option.String('--format', {
    description: 'csv or ndjson (default: by the ending, or the first byte)',
    validator: isOneOf(['csv', 'ndjson'] as const),
  });
  readonly separator = Option.String('--separator', {
    description: 'between the cells of CSV, such as ; or tab (default: found out)',
    validator: isSeparator(),
  });
  readonly map = Option.Array('--map', {
    description: 'a column, and how the file calls it: from=Debtor; may be repeated',
  });
  readonly ignore = Option.Array('--ignore', {
    description: "a column to leave out, or '*' for all that are not known; may be repeated",
  });
  readonly dryRun = options.flag('--dry-run', 'check what reads can tell, write nothing');
  readonly name = Option.String('--name', {
    description: 'what the keys of rows without one begin with (default: a hash of the file)',
  });
  readonly refused = Option.String('--refused', {
    description: 'where to write refused rows, with the reason, as NDJSON',
    validator: isNotEmpty(),
  });
  readonly numbers = Option.String('--numbers', {
    description: 'where to write the numbers of new accounts, as CSV',
    validator: isNotEmpty(),
  });
  readonly json = options.flag('--json', 'one JSON object for a new account, and for a file');
  readonly unordered = options.flag(
    '--unordered', 'faster: a bank that refuses for a moment may do rows in another order');
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly timeout = options.timeout('how long a bank without answers is tried (default 10s)');
  readonly files = Option.Rest();

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    if (this.files.length === 0) throw missingOption('FILE');
    // Only now: the help does without it.
    const { importFiles } = await import('../import/import-files.ts');
    using interruption = new Interruption();
    const { files, format, separator, name, refused, numbers, json } = this;
    return await importFiles(this.context, {
      files, format, separator, name, refused, numbers, json,
      maps: this.map ?? [], ignored: this.ignore ?? [], isDryRun: this.dryRun,
      isUnordered: this.unordered,
      bank: { host: this.host, port: this.port }, timeoutMs: this.timeout,
      interrupted: interruption.signal,
    });
  }
}
