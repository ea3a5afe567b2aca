/**
 * What simulated clients ask for: operations of every kind on few accounts, so that they meet; keys
 * used again, also with other content; OUTCOME of what is unknown, and of anything else.
 *
 * Every write without a key has an amount that no other write of its kind has, in the whole run: so
 * it is found in the journal whatever number it was sent under.
 */
import type { Thing } from '../core/client-queue.ts';
import type { Operation } from '../core/operation.ts';
import type { Random } from '../core/random.ts';
import { parseRequestId } from '../core/request-id.ts';

const ACCOUNTS = 6;
const FIRST_ACCOUNT = 100;
const KEYS = 24;
/** What is drawn from when an earlier request is asked about. */
const REMEMBERED = 20;

export interface Habits {
  /** How many submissions it has in flight at most. */
  readonly window: number;
  readonly keys: boolean;
  readonly bulk: boolean;
  /** It ends its session at times. */
  readonly quits: boolean;
  /** It writes nothing. */
  readonly onlyReads: boolean;
}

export interface Draw {
  readonly thing: Thing;
  readonly operations: readonly Operation[];
  readonly isBulk: boolean;
}

/** Amounts that no two writes share. */
export class Amounts {
  #last = 0;

  next(): number {
    return (this.#last += 1);
  }
}

export class Workload {
  readonly #random: Random;
  readonly #habits: Habits;
  readonly #amounts: Amounts;
  /** Requests and keys that are to be asked about. */
  #unknown: Operation[] = [];
  #earlier: Operation[] = [];
  readonly #keyed: Operation[];

  /** `keyed` is shared by all clients: they use each other's keys. */
  constructor(random: Random, habits: Habits, amounts: Amounts, keyed: Operation[]) {
    this.#random = random;
    this.#habits = habits;
    this.#amounts = amounts;
    this.#keyed = keyed;
  }

  next(): Draw {
    const random = this.#random;
    if (this.#habits.onlyReads) return single(this.query());
    if (this.#habits.bulk && random.chance(0.06)) return this.#bulk();
    return single(this.#one());
  }

  create(): Operation {
    return { kind: 'create', amount: 1_000 + this.#amounts.next() };
  }

  /** It is asked about soon. */
  onUnknown(operation: Operation, request: string): void {
    const question = this.#question(operation, request);
    if (question !== undefined) this.#unknown.push(question);
  }

  /** Its client died before it knew: whoever comes after asks what became of it. */
  onAbandoned(request: string | undefined, key: string | undefined): void {
    const question = key !== undefined ? { kind: 'outcome', key } as const : outcomeOf(request);
    if (question !== undefined) this.#unknown.push(question);
  }

  /** It may be asked about at times. */
  onSettled(operation: Operation, request: string): void {
    const question = this.#question(operation, request);
    if (question === undefined) return;
    this.#earlier.push(question);
    if (this.#earlier.length > REMEMBERED) this.#earlier.shift();
  }

  #question({ key }: Operation, request: string): Operation | undefined {
    if (key !== undefined && this.#random.chance(0.5)) return { kind: 'outcome', key };
    return outcomeOf(request);
  }

  #bulk(): Draw {
    const random = this.#random;
    const thing = random.chance(0.3) ? 'query' : 'request';
    const length = 2 + random.int(random.chance(0.2) ? 60 : 12);
    const operations = Array.from({ length }, () =>
      thing === 'query' ? this.query() : this.#write(),
    );
    return { thing, operations, isBulk: true };
  }

  #one(): Operation {
    const random = this.#random;
    const asked = this.#unknown.shift();
    if (asked !== undefined) return asked;
    const dice = random.int(100);
    if (dice < 30) return this.query();
    if (dice < 36 && this.#earlier.length > 0) return random.pick(this.#earlier);
    if (dice === 36 && this.#habits.keys) return { kind: 'outcome', key: this.#key() };
    if (dice < 46 && this.#habits.keys) return this.#keyedWrite();
    return this.#write();
  }

  query(): Operation {
    return { kind: 'query', account: this.#account() };
  }

  #write(): Operation {
    const random = this.#random;
    const amount = this.#amounts.next();
    const account = this.#account();
    const dice = random.int(100);
    if (dice < 6) return { kind: 'create', amount: 1_000 + amount };
    if (dice < 14) return { kind: 'update', account, amount };
    if (dice < 34) return { kind: 'deposit', account, amount };
    if (dice < 54) return { kind: 'withdraw', account, amount };
    return { kind: 'transfer', account, toAccount: this.#account(), amount };
  }

  /** Half of the time one that was sent before, or its key with other content. */
  #keyedWrite(): Operation {
    const random = this.#random;
    if (this.#keyed.length > 0 && random.chance(0.5)) {
      const earlier = random.pick(this.#keyed);
      const { key } = earlier;
      return random.chance(0.7) || key === undefined ? earlier : { ...this.#write(), key };
    }
    const operation = { ...this.#write(), key: this.#key() };
    this.#keyed.push(operation);
    if (this.#keyed.length > REMEMBERED) this.#keyed.shift();
    return operation;
  }

  #key(): string {
    return `k${this.#random.int(KEYS)}`;
  }

  #account(): number {
    return FIRST_ACCOUNT + this.#random.int(ACCOUNTS);
  }
}

function outcomeOf(request = ''): Operation | undefined {
  const id = parseRequestId(request);
  if (id?.kind !== 'write') return undefined;
  return { kind: 'outcome', account: id.session, toAccount: id.number };
}

/** One operation alone. */
export function single(operation: Operation): Draw {
  const thing = operation.kind === 'query' ? 'query' : 'request';
  return { thing, operations: [operation], isBulk: false };
}
