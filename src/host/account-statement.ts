/**
 * Statements as clients read them: an account's postings in the order in which they happened, with
 * the balance before them, behind each, and behind all.
 *
 * A backend tells them page by page, newest first. What is past does not change, so the pages are
 * all of the moment of the first.
 */
import type { Position } from '../core/history-page.ts';
import type { Seq, Timestamp } from '../core/ids.ts';
import { STATEMENT_LINES_MAX } from '../core/lookup.ts';
import type { Moment, Span } from '../core/moment.ts';
import type { AnsweredOutcome } from '../core/outcome.ts';
import { NoReport, readReport, type Submit } from './account-reports.ts';
import { readMoment, type AskedMoment } from './asked-moment.ts';
import { badRequest } from './client-connection.ts';
import type { ReadOptions } from './client-operations.ts';
import { BeyondHistory } from './history-pages.ts';
import type { StatementLine, StatementPage } from './statement-page.ts';

export interface StatementOptions extends ReadOptions {
  /** Lines at this moment and behind it. */
  readonly from?: AskedMoment | undefined;
  /** Lines at this moment and before it. */
  readonly to?: AskedMoment | undefined;
  /** The newest of them, or those next to `after`, at most so many. Otherwise all. */
  readonly limit?: number | undefined;
  /** Only lines behind this one. */
  readonly after?: Position | undefined;
  /** Called where it takes long: how many postings have been looked at. */
  readonly onProgress?: ((lookedAt: number) => void) | undefined;
}

export type PastOptions = Pick<StatementOptions, 'onProgress' | 'timeoutMs'>;

/** Amounts are decimals. */
export interface Statement {
  readonly account: number;
  readonly name: string | null;
  readonly currency: string | null;
  /** The state that it was read from. */
  readonly seq: Seq;
  /** Before the first line; null where it was written by a version that did not link postings. */
  readonly opening: string | null;
  /** Behind the last line. */
  readonly closing: string | null;
  /** The oldest first. */
  readonly lines: readonly StatementLine[];
  /** The limit left out lines of the time that was asked for. */
  readonly isCut: boolean;
}

/** The balance at a moment, and the posting that made it so. */
export interface PastBalance {
  readonly seq: Seq;
  readonly account: number;
  readonly balance: string;
  readonly posting: StatementLine;
}

/** Undefined where there is no such account. Throws `NoReport`, `BeyondHistory`. */
export async function readStatement(
  submit: Submit, account: number, options: StatementOptions = {},
): Promise<Statement | undefined> {
  const walk = new Walk(submit, account, options);
  const first = await walk.run();
  if (first === undefined) return undefined;
  const { seq, opening, isCut, lines } = walk;
  const { name, currency } = first;
  const closing = lines[0]?.balance ?? opening;
  return { account, name, currency, seq, opening, closing, lines: lines.toReversed(), isCut };
}

/**
 * Undefined where there was no such account. Throws `BeyondHistory`, and `NoReport`, also where the
 * account's postings of that time were written by a version that did not link them.
 */
export async function readPastBalance(
  submit: Submit, account: number, to: AskedMoment, options: PastOptions = {},
): Promise<PastBalance | undefined> {
  const walk = new Walk(submit, account, { to, limit: 1, ...options });
  const first = await walk.run();
  const [posting] = walk.lines;
  if (first !== undefined && posting === undefined && walk.opening === null) {
    const sentence = `an earlier version wrote what account ${account} was then, without links`;
    throw new NoReport(badRequest(sentence));
  }
  return posting && { seq: walk.seq, account, balance: posting.balance, posting };
}

/** From the newest posting that is asked for back to where it is enough. */
class Walk {
  /** Newest first. */
  readonly lines: StatementLine[] = [];
  /** Before the last of them. */
  opening: string | null = null;
  isCut = false;
  seq = 0 as Seq;
  readonly #submit: Submit;
  readonly #account: number;
  readonly #options: StatementOptions;
  readonly #limit: number;
  readonly #span: Span;
  #lookedAt = 0;

  constructor(submit: Submit, account: number, options: StatementOptions) {
    this.#submit = submit;
    this.#account = account;
    this.#options = options;
    this.#limit = options.limit ?? Infinity;
    const { after, from, to } = options;
    const start = from ?? (after && { seq: after.seq });
    this.#span = { from: start && momentOf(start), to: to && momentOf(to) };
  }

  /** What the first page says of the account; undefined where there is none. */
  async run(): Promise<StatementPage | undefined> {
    const first = await this.#ask(0);
    let page = first;
    while (page !== undefined && this.#take(page) && page.next !== null) {
      this.#options.onProgress?.(this.#lookedAt);
      page = await this.#ask(page.next);
    }
    return first;
  }

  /** Whether lines before those of the page are wanted, too. */
  #take({ lines, opening, next }: StatementPage): boolean {
    const { after } = this.#options;
    this.#lookedAt += Math.max(lines.length, 1);
    if (after === undefined) {
      this.lines.push(...lines);
      this.opening = opening;
      const isEnough = this.lines.length >= this.#limit;
      this.isCut = isEnough && next !== null;
      return !isEnough;
    }
    const last = lines.find((line) => !isBehindLine(line, after));
    this.lines.push(...lines.slice(0, last && lines.indexOf(last)));
    this.opening = last?.balance ?? opening;
    const surplus = this.lines.length - this.#limit;
    if (surplus > 0) this.lines.splice(0, surplus);
    this.isCut ||= surplus > 0;
    return last === undefined;
  }

  /** Undefined where there is no such account. */
  async #ask(link: number): Promise<StatementPage | undefined> {
    const wanted = this.#options.after === undefined ? this.#limit - this.lines.length : Infinity;
    const outcome = await this.#submit({
      kind: 'statement', account: this.#account, toAccount: link,
      amount: Math.min(wanted, STATEMENT_LINES_MAX), span: this.#span,
    });
    const page = readReport(outcome) as StatementPage | { readonly account: null };
    const { seq } = outcome as AnsweredOutcome;
    if (link === 0) this.seq = seq;
    for (const moment of [this.#span.from, this.#span.to]) {
      if (moment === undefined || 'time' in moment || moment.seq <= seq) continue;
      throw new BeyondHistory(moment.seq, seq);
    }
    return page.account === null ? undefined : page;
  }
}

/** Before everything is the first microsecond, too: no bound is said by 0. */
function momentOf(asked: AskedMoment): Moment {
  const moment = readMoment(asked);
  if (typeof moment === 'string') throw new NoReport(badRequest(moment));
  const isStart = 'seq' in moment ? moment.seq === 0 : moment.time === 0;
  return isStart ? { time: 1 as Timestamp } : moment;
}

function isBehindLine(line: Position, after: Position): boolean {
  return line.seq > after.seq || (line.seq === after.seq && line.index > after.index);
}
