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
/** A hold that expires does so after at most so many seconds. */
const HOLD_SECONDS_MAX = 3;
const FOLLOW_UPS = ['capture', 'void', 'reverse'] as const;

export interface Habits {
  /** How many submissions it has in flight at most. */
  readonly window: number;
  readonly keys: boolean;
  readonly bulk: boolean;
  /** It holds, captures and reverses, and has postings that stay together. */
  readonly movements: boolean;
  /** It ends its session at times. */
  readonly quits: boolean;
  /** It writes nothing. */
  readonly onlyReads: boolean;
}

export interface Draw {
  readonly thing: Thing;
  readonly operations: readonly Operation[];
  readonly isBulk: boolean;
  readonly isAtomic: boolean;
}

/** What all clients share, so that they meet. */
export class Commons {
  readonly amounts = new Amounts();
  /** Writes under keys. */
  readonly keyed: Operation[] = [];
  /** Ids of holds and transfers; each is followed up in each way once. */
  readonly ids: string[] = [];
  readonly followed = new Set<string>();
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
  readonly #commons: Commons;
  /** Requests and keys that are to be asked about. */
  #unknown: Operation[] = [];
  #earlier: Operation[] = [];

  constructor(random: Random, habits: Habits, commons: Commons) {
    this.#random = random;
    this.#habits = habits;
    this.#commons = commons;
  }

  next(): Draw {
    const random = this.#random;
    if (this.#habits.onlyReads) return single(this.query());
    if (this.#habits.bulk && random.chance(0.06)) return this.#bulk();
    if (this.#habits.movements && random.chance(0.05)) return this.#group();
    return single(this.#one());
  }

  create(): Operation {
    return { kind: 'create', amount: 1_000 + this.#commons.amounts.next() };
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
    return { thing, operations, isBulk: true, isAtomic: false };
  }

  #group(): Draw {
    const length = 1 + this.#random.int(5);
    const operations = Array.from({ length }, () => this.#posting(this.#commons.amounts.next()));
    return { thing: 'request', operations, isBulk: true, isAtomic: true };
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
    if (this.#habits.movements && random.chance(0.3)) return this.#movement();
    const amount = this.#commons.amounts.next();
    return random.chance(0.06)
      ? { kind: 'create', amount: 1_000 + amount } : this.#posting(amount);
  }

  #posting(amount: number): Operation {
    const account = this.#account();
    const dice = this.#random.int(94);
    if (dice < 8) return { kind: 'update', account, amount };
    if (dice < 28) return { kind: 'deposit', account, amount };
    if (dice < 48) return { kind: 'withdraw', account, amount };
    return { kind: 'transfer', account, toAccount: this.#account(), amount };
  }

  #movement(): Operation {
    const random = this.#random;
    const { ids, followed } = this.#commons;
    const amount = this.#commons.amounts.next();
    const kind = random.pick(FOLLOW_UPS);
    const id = ids.length === 0 ? undefined : random.pick(ids);
    const isFollowUp = id !== undefined && random.chance(0.6) && !followed.has(`${kind} ${id}`);
    if (isFollowUp) {
      followed.add(`${kind} ${id}`);
      const isAll = kind === 'void' || random.chance(0.5);
      return { kind, id, ...(isAll ? {} : { amount, scale: 2 }) };
    }
    const [account, toAccount] = [this.#account(), this.#account()];
    const begun = { account, toAccount, amount, id: `m${amount}` };
    ids.push(begun.id);
    if (ids.length > REMEMBERED) ids.shift();
    if (random.chance(0.3)) return { kind: 'transfer', ...begun };
    const forSeconds = random.chance(0.5) ? 0 : 1 + random.int(HOLD_SECONDS_MAX);
    return { kind: 'hold', ...begun, forSeconds };
  }

  /** Half of the time one that was sent before, or its key with other content. */
  #keyedWrite(): Operation {
    const random = this.#random;
    const { keyed } = this.#commons;
    if (keyed.length > 0 && random.chance(0.5)) {
      const earlier = random.pick(keyed);
      const { key } = earlier;
      return random.chance(0.7) || key === undefined ? earlier : { ...this.#write(), key };
    }
    const operation = { ...this.#write(), key: this.#key() };
    keyed.push(operation);
    if (keyed.length > REMEMBERED) keyed.shift();
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
  return { thing, operations: [operation], isBulk: false, isAtomic: false };
}
