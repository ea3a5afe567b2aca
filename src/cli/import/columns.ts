/**
 * The columns that an import knows, and how those of a file are mapped to them.
 *
 * Keeps true: nothing in a file is passed over in silence. A column is known, mapped to a known one
 * by the user, or ignored because the user said so; everything else is an error before the first
 * row.
 */
import { usageError, type CliError } from '../cli-error.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../quote.ts';

/** What the rows of a file are. */
export type RowKind = 'accounts' | 'postings';

const COLUMNS = {
  accounts: ['name', 'currency', 'balance', 'floor', 'ceiling', 'key'],
  postings: ['from', 'to', 'amount', 'id', 'reference', 'key'],
} as const;
export type Column = (typeof COLUMNS)[RowKind][number];
export const ALL_COLUMNS: readonly Column[] =
  [...new Set<Column>([...COLUMNS.accounts, ...COLUMNS.postings])];

/** Why a row was refused, in a file that `--refused` wrote: such a file can be imported again. */
export const REFUSED_COLUMN = 'refused';
/** `--ignore '*'`: whatever is not known. */
const EVERYTHING = '*';

/** The known columns of a row, as far as they stand there and are not blank. */
export type Fields = { readonly [Name in Column]?: string };

export interface Layout {
  readonly kind: RowKind;
  /** For each column of the file; undefined: ignored. */
  readonly columns: readonly (Column | undefined)[];
}

export class ColumnMap {
  /** By the name in the file, which nobody's capitals or blanks change. */
  readonly #mapped = new Map<string, Column>();
  readonly #ignored: ReadonlySet<string>;

  /** Of `from=Debtor` each, and of names. Throws CliError: usage. */
  constructor(maps: readonly string[], ignored: readonly string[]) {
    this.#ignored = new Set([...ignored.map(plain), REFUSED_COLUMN]);
    for (const map of maps) this.#add(map);
  }

  /** Undefined where nobody knows it. */
  find(name: string): Column | 'ignored' | undefined {
    const text = plain(name);
    if (this.#ignored.has(text)) return 'ignored';
    const mapped = this.#mapped.get(text);
    if (mapped !== undefined) return mapped;
    const known = ALL_COLUMNS.find((column) => column === text);
    if (known !== undefined && !this.#isTaken(known)) return known;
    return this.#ignored.has(EVERYTHING) ? 'ignored' : undefined;
  }

  /**
   * Of a file with these columns; of one whose rows need not all have the same, with those of the
   * first. Throws CliError: usage.
   */
  layout(names: readonly string[], isWhole: boolean): Layout {
    refuseTwice(names.map(plain), names);
    const columns = names.map((name) => this.#require(name, names));
    refuseTwice(columns, names);
    const kind = kindOf(columns);
    if (isWhole) this.#requireMapped(kind, names);
    if (isWhole) requireEnough(kind, columns);
    return { kind, columns };
  }

  /** What to say of a column that nobody knows. */
  describeUnknown(name: string): string {
    const near = nearest(name.trim(), ALL_COLUMNS);
    const all = `known are ${ALL_COLUMNS.join(', ')}`;
    const hint = near === undefined ? all : `did you mean ${near}?`;
    return `unknown column ${quote(name)}; ${hint}`;
  }

  #add(map: string): void {
    const at = map.indexOf('=');
    const [column, theirs] = [map.slice(0, Math.max(at, 0)).trim(), plain(map.slice(at + 1))];
    if (at < 0 || theirs === '') {
      throw usageError(`--map ${quote(map)} says nothing`, 'write --map from=Debtor');
    }
    const known = ALL_COLUMNS.find((name) => name === column.toLowerCase());
    if (known === undefined) throw usageError(`--map: ${this.describeUnknown(column)}`);
    if (this.#isTaken(known)) throw usageError(`--map gives ${known} twice`);
    if (this.#mapped.has(theirs)) throw usageError(`--map reads ${quote(theirs)} twice`);
    this.#mapped.set(theirs, known);
  }

  /** Another name in the file stands for it: its own says nothing any more. */
  #isTaken(column: Column): boolean {
    return [...this.#mapped.values()].includes(column);
  }

  #require(name: string, names: readonly string[]): Column | undefined {
    const column = this.find(name);
    if (column !== undefined) return column === 'ignored' ? undefined : column;
    const meant = this.#meantBy(name, names);
    if (meant !== undefined) {
      throw usageError(
        `unknown column ${quote(name)}, and no column ${quote(meant.theirs)} to read`
          + ` ${meant.column} from`, `did you mean --map ${meant.column}=${name}?`);
    }
    const shown = /^[\x21-\x7e]+$/.test(name) ? name : quote(name);
    throw usageError(
      this.describeUnknown(name),
      `--map amount=${shown} reads it as one that is known, --ignore ${shown} leaves it out`,
    );
  }

  /** What was mapped under a name that no column of the file has, but one much like it. */
  #meantBy(name: string, names: readonly string[]): { theirs: string; column: Column } | undefined {
    const there = new Set(names.map(plain));
    const missing = [...this.#mapped.keys()].filter((theirs) => !there.has(theirs));
    const theirs = nearest(plain(name), missing);
    const column = theirs === undefined ? undefined : this.#mapped.get(theirs);
    return theirs === undefined || column === undefined ? undefined : { theirs, column };
  }

  #requireMapped(kind: RowKind, names: readonly string[]): void {
    const there = new Set(names.map(plain));
    for (const [theirs, column] of this.#mapped) {
      if (!isOf(kind, column) || there.has(theirs)) continue;
      const near = nearest(theirs, names);
      const tip = near === undefined ? undefined : `did you mean --map ${column}=${near}?`;
      throw usageError(`there is no column ${quote(theirs)} to read ${column} from`, tip);
    }
  }
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}

/** The first of two that are equal; what is undefined is equal to nothing. */
function refuseTwice(keys: readonly (string | undefined)[], names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [at, key] of keys.entries()) {
    const name = names[at] ?? '';
    if (key === undefined) continue;
    const before = seen.get(key);
    if (before !== undefined) throw twice(before, name, key);
    seen.set(key, name);
  }
}

function twice(one: string, other: string, key: string): CliError {
  if (plain(one) !== plain(other)) {
    return usageError(`the columns ${quote(one)} and ${quote(other)} are both ${key}`);
  }
  return usageError(`the column ${quote(other)} stands there twice`);
}

function isOf(kind: RowKind, column: Column): boolean {
  return COLUMNS[kind].some((each) => each === column);
}

function kindOf(columns: readonly (Column | undefined)[]): RowKind {
  const only = (kind: RowKind, other: RowKind): Column | undefined =>
    columns.find((column) => column !== undefined && isOf(kind, column) && !isOf(other, column));
  const ofAccounts = only('accounts', 'postings');
  const ofPostings = only('postings', 'accounts');
  if (ofAccounts !== undefined && ofPostings !== undefined) {
    const both = `${ofAccounts} and ${ofPostings} do not go together`;
    throw usageError(`rows are accounts or postings: ${both}`);
  }
  if (ofAccounts !== undefined) return 'accounts';
  if (ofPostings !== undefined) return 'postings';
  throw usageError(
    'the first line names no column that is known',
    `accounts have ${COLUMNS.accounts.join(', ')}; postings ${COLUMNS.postings.join(', ')}`,
  );
}

function requireEnough(kind: RowKind, columns: readonly (Column | undefined)[]): void {
  if (kind === 'accounts') return;
  const needed = columns.includes('amount')
    ? (columns.includes('from') || columns.includes('to') ? undefined : 'from or to') : 'amount';
  if (needed === undefined) return;
  const [column] = needed.split(' ');
  throw usageError(`postings need a column ${needed}`, `--map ${column}=THEIRS names it`);
}
