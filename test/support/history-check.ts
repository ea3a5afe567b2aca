/**
 * Whether one order of everything explains what all clients were told (strict serializability).
 *
 * The order is known but for the inside of a batch: each answer names its seq, and each client's
 * own operations keep their order. What is left is searched for: an order in which a bank that only
 * knows the rules gives exactly these answers, versions included.
 */
import type { AnsweredOutcome } from '../../src/core/outcome.ts';
import type { Operation } from '../../src/core/operation.ts';

/** An operation that was answered. Amounts in hundredths. */
export interface Done {
  readonly client: number;
  readonly operation: Operation;
  readonly outcome: AnsweredOutcome;
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface Explanation {
  /** Sentences; empty where the history is right. */
  readonly wrong: readonly string[];
  /** At the end, as `verify --accounts` prints them. */
  readonly balances: Readonly<Record<string, string>>;
}

const STEPS_MAX = 1_000_000;
const LARGEST = Number.MAX_SAFE_INTEGER;

export function explain(history: readonly Done[]): Explanation {
  const books = new Books();
  const wrong = checkRealTime(history);
  const bySeq = Map.groupBy(history, ({ outcome }) => outcome.seq);
  for (const seq of [...bySeq.keys()].sort((one, other) => one - other)) {
    const { reads = [], writes = [] } = Object.groupBy(bySeq.get(seq) ?? [], ({ operation }) =>
      operation.kind === 'query' ? 'reads' : 'writes');
    const queues = [...Map.groupBy(writes, ({ client }) => client).values()];
    if (!new Arrangement(books, queues).find()) {
      wrong.push(`seq ${seq}: no order explains ${writes.map(describe).join('; ')}`);
      return { wrong, balances: books.balances() };
    }
    for (const read of reads) {
      if (!books.answers(read)) wrong.push(`seq ${seq}: a wrong read: ${describe(read)}`);
    }
  }
  return { wrong, balances: books.balances() };
}

/** What was answered before another thing was asked comes before it. */
function checkRealTime(history: readonly Done[]): string[] {
  const wrong: string[] = [];
  const ended = [...history].sort((one, other) => one.endedMs - other.endedMs);
  let newest: Done | undefined;
  let at = 0;
  for (const done of [...history].sort((one, other) => one.startedMs - other.startedMs)) {
    for (let next = ended[at]; next !== undefined; next = ended[at]) {
      if (next.endedMs >= done.startedMs) break;
      if (newest === undefined || next.outcome.seq > newest.outcome.seq) newest = next;
      at += 1;
    }
    if (newest === undefined) continue;
    const least = newest.outcome.seq + (done.operation.kind === 'query' ? 0 : 1);
    if (done.outcome.seq >= least) continue;
    wrong.push(`not in the order of time: ${describe(newest)}, then ${describe(done)}`);
  }
  return wrong;
}

/** The search for an order of one batch, on books that are changed by it. */
class Arrangement {
  readonly #books: Books;
  readonly #queues: readonly (readonly Done[])[];
  /** How many of each queue are placed. */
  readonly #placed: number[];
  #steps = 0;

  constructor(books: Books, queues: readonly (readonly Done[])[]) {
    this.#books = books;
    this.#queues = queues;
    this.#placed = queues.map(() => 0);
  }

  find(): boolean {
    this.#steps += 1;
    if (this.#steps > STEPS_MAX) return false;
    const before = [...this.#placed];
    this.#placeRefusals();
    if (this.#queues.every((queue, at) => this.#placed[at] === queue.length)) return true;
    for (const at of this.#queues.keys()) {
      const done = this.#head(at);
      if (done === undefined || !this.#books.answers(done)) continue;
      const undo = this.#books.apply(done.operation);
      this.#move(at, 1);
      if (this.find()) return true;
      this.#move(at, -1);
      undo();
    }
    before.forEach((count, at) => (this.#placed[at] = count));
    return false;
  }

  /** What changes nothing and is right now may as well come now. */
  #placeRefusals(): void {
    for (const at of this.#queues.keys()) {
      for (let done = this.#head(at); done !== undefined; done = this.#head(at)) {
        if (done.outcome.result.code === 'ok' || !this.#books.answers(done)) break;
        this.#move(at, 1);
      }
    }
  }

  #head(at: number): Done | undefined {
    return this.#queues[at]?.[this.#placed[at] ?? 0];
  }

  #move(at: number, by: number): void {
    this.#placed[at] = (this.#placed[at] ?? 0) + by;
  }
}

interface Account {
  readonly balance: number;
  readonly version: number;
}

/** The rules, as plainly as possible. */
class Books {
  readonly #accounts = new Map<number, Account>();

  balances(): Record<string, string> {
    const accounts = [...this.#accounts].sort(([one], [other]) => one - other);
    return Object.fromEntries(accounts.map(([account, { balance }]) =>
      [account, (balance / 100).toFixed(2)]));
  }

  /** Whether this operation would be answered so now. */
  answers({ operation, outcome }: Done): boolean {
    const { code, account, balance, toBalance, detail } = outcome.result;
    if (code !== this.#code(operation)) return false;
    if (code !== 'ok') return true;
    const after = this.#after(operation);
    const [own] = after;
    if (own === undefined || own[0] !== account || own[1].balance !== balance) return false;
    // NaN: the version was not recorded.
    if (!Number.isNaN(detail) && own[1].version !== detail) return false;
    return after[1] === undefined || after[1][1].balance === toBalance;
  }

  /** Returns what undoes it. */
  apply(operation: Operation): () => void {
    const before = this.#after(operation).map(([account]) =>
      [account, this.#accounts.get(account)] as const);
    for (const [account, state] of this.#after(operation)) this.#accounts.set(account, state);
    return () => {
      for (const [account, state] of before) {
        if (state === undefined) this.#accounts.delete(account);
        else this.#accounts.set(account, state);
      }
    };
  }

  #code({ kind, account = 0, toAccount = 0, amount = 0 }: Operation): string {
    if (kind === 'create') return 'ok';
    const own = this.#accounts.get(account);
    if (own === undefined) return 'accountNotFound';
    const other = this.#accounts.get(toAccount);
    if (kind === 'transfer' && other === undefined) return 'accountNotFound';
    const takes = kind === 'withdraw' || kind === 'transfer';
    if (takes && own.balance < amount) return 'insufficientFunds';
    const receiver = kind === 'deposit' ? own : kind === 'transfer' ? other : undefined;
    return receiver !== undefined && receiver.balance > LARGEST - amount ? 'limitExceeded' : 'ok';
  }

  /** The accounts that it touches as they are after it, where it is OK. */
  #after({ kind, account = 0, toAccount = 0, amount = 0 }: Operation): [number, Account][] {
    if (kind === 'create') return [[100 + this.#accounts.size, { balance: amount, version: 1 }]];
    const own = this.#accounts.get(account);
    if (own === undefined) return [];
    if (kind === 'query') return [[account, own]];
    const takes = kind === 'withdraw' || kind === 'transfer';
    const changed = own.balance + (takes ? -amount : amount);
    const balance = kind === 'update' ? amount : changed;
    const mine: [number, Account] = [account, { balance, version: own.version + 1 }];
    const other = this.#accounts.get(toAccount);
    if (kind !== 'transfer' || other === undefined) return [mine];
    const theirs = { balance: other.balance + amount, version: other.version + 1 };
    return [mine, [toAccount, theirs]];
  }
}

function describe({ client, operation, outcome }: Done): string {
  const { kind, account = '', toAccount = '', amount = '' } = operation;
  const { code, balance, toBalance, detail } = outcome.result;
  const asked = [kind, account, toAccount, amount].filter((word) => word !== '').join(' ');
  const answer = `${code} ${balance} ${toBalance} version ${detail}`;
  return `client ${client}: ${asked} -> ${answer} at ${outcome.seq}`;
}
