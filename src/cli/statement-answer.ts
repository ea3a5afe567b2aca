/** Answers about an account's past: its statement, and its balance at a moment. */
import type { ChalkInstance } from 'chalk';
import { csvLine } from '../books/csv.ts';
import type { Moment } from '../core/moment.ts';
import { utcText } from '../core/utc-text.ts';
import type { PastBalance, Statement } from '../host/account-statement.ts';
import type { StatementLine } from '../host/statement-page.ts';
import { refuse, type Answer } from './answer.ts';
import type { OperationCommand } from './command-language.ts';
import { EXIT } from './exit-status.ts';
import { renderJson } from './render.ts';
import { alignColumns, cellOf } from './table.ts';

type Asked = Pick<OperationCommand, 'word' | 'operation' | 'statement'>;

const COLUMNS = [
  'seq', 'index', 'timestamp', 'op', 'amount', 'balance', 'other', 'id', 'reference', 'key',
] as const;

/** QUERY AT; undefined: there was no such account. */
export function answerPastBalance(
  { word, operation: { account } }: Asked, at: Moment, found: PastBalance | undefined,
): Answer {
  if (found === undefined) {
    const sentence = `account ${account} did not exist ${momentText(at)}`;
    return refuse(word, null, { word: 'ACCT_NOT_FOUND', sentence });
  }
  const { seq, balance, posting } = found;
  return {
    text: `OK ${balance}`,
    json: { ok: true, op: word, request: null, seq, account, balance, posting },
    status: EXIT.done,
  };
}

/** STATEMENT; undefined: there is no such account. */
export function answerStatement(asked: Asked, statement: Statement | undefined): Answer {
  const { word, operation, statement: { form } = {} } = asked;
  if (statement === undefined) {
    const sentence = `account ${operation.account} does not exist`;
    return refuse(word, null, { word: 'ACCT_NOT_FOUND', sentence });
  }
  const answer: Answer = {
    text: ['OK', ...statementWords(statement)].join(' '),
    json: { ok: true, op: word, request: null, ...statement },
    status: EXIT.done,
    screen: (paint) => statementTable(statement, paint).join('\n'),
  };
  if (form === undefined) return answer;
  const text = form === 'csv' ? statementCsv(statement) : renderJson(answer);
  return { ...answer, text, screen: () => text };
}

/** `opening=0.00 17.0=+50.00 18.3=-10.00 closing=40.00`. */
function statementWords({ opening, closing, lines, isCut }: Statement): readonly string[] {
  const words = lines.map(({ seq, index, amount }) => `${seq}.${index}=${signed(amount)}`);
  return [
    `opening=${opening ?? 'unknown'}`, ...words, `closing=${closing ?? 'unknown'}`,
    ...(isCut ? ['cut=yes'] : []),
  ];
}

function statementTable(
  { account, name, currency, opening, closing, lines, isCut }: Statement, paint: ChalkInstance,
): readonly string[] {
  const rows = lines.map((line) => [
    `${line.seq}.${line.index}`, line.timestamp, line.op, cellOf(line.other), signed(line.amount),
    line.balance, cellOf(line.reference ?? line.id ?? line.key),
  ]);
  const edge = (what: string, balance: string | null): string[] =>
    ['', '', what, '', '', cellOf(balance), ''];
  const headings = ['line', 'timestamp', 'op', 'other', 'amount', 'balance', 'reference'];
  const table = [headings, edge('opening', opening), ...rows, edge('closing', closing)];
  const [first = '', ...rest] = alignColumns(table, [4, 5]);
  const whose = `account ${account}, name ${cellOf(name)}, currency ${cellOf(currency)}`;
  const more = isCut ? ['there are more: --limit, --from, --to and --after choose'] : [];
  return [whose, paint.bold(first), ...rest, ...more];
}

/** With a line for the opening and one for the closing balance. */
function statementCsv({ opening, closing, lines }: Statement): string {
  const row = (line: Partial<StatementLine>): string =>
    csvLine(COLUMNS.map((column) => line[column] ?? null), false);
  const edge = (op: string, balance: string | null): string =>
    csvLine(COLUMNS.map((column) => ({ op, balance })[column as 'op' | 'balance'] ?? null), false);
  const all = [
    csvLine(COLUMNS, false), edge('opening', opening), ...lines.map(row), edge('closing', closing),
  ];
  return all.join('').replace(/\r\n$/, '');
}

/** What came has a plus before it. */
function signed(amount: string | null): string {
  if (amount === null) return 'unknown';
  return amount.startsWith('-') ? amount : `+${amount}`;
}

function momentText(moment: Moment): string {
  return 'seq' in moment ? `at seq ${moment.seq}` : `at ${utcText(moment.time)}`;
}
