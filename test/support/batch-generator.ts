/** Batches at random that hit each rule now and then: few accounts, sessions, numbers and keys. */
import {
  encodeChunk, FLAG_REFERENCE, FLAG_TERMS, KEYS_REMEMBERED_MAX, type Operation, RECORD_BYTES,
  recordsOf, viewOf, writeI64,
} from '../../src/core/operation.ts';
import type { Random } from '../../src/core/random.ts';
import { KeyedGroups } from './draw-keyed-group.ts';
import {
  drawEnd, drawGroup, drawLife, drawMovement, drawPause, type Deck,
} from './draw-movements.ts';
import {
  drawName, drawReference, drawTerms, respell, spoilTerms, spoilText, type Known,
} from './draw-terms.ts';
import { joinChunks } from './ledger-batches.ts';

/** After so many batches those accounts that are asked for move on by three. */
const BATCHES_PER_MOVE = 30;
const REMEMBERED = 20;

export class BatchGenerator {
  readonly #random: Random;
  readonly #know: (account: number) => Known | undefined;
  /** The seqs that opened a lease, or might have. */
  readonly #leases: number[] = [];
  readonly #nextRequests = new Map<number, number>();
  /** Operations under a key, to be asked for again. */
  readonly #keyed: Operation[] = [];
  readonly #keyedGroups: KeyedGroups;
  readonly #deck: Deck;
  #seq = 0;
  #timestamp = 0;

  /** `know` looks an account up, so that conditions may hold. */
  constructor(random: Random, know: (account: number) => Known | undefined = () => undefined) {
    this.#random = random;
    this.#know = know;
    this.#keyedGroups = new KeyedGroups(random);
    const seq = () => this.#seq;
    this.#deck = {
      get seq() {
        return seq();
      },
      ids: [],
      account: () => this.#account(), openAccount: () => this.#openAccount(),
      amount: () => this.#amount(),
    };
  }

  /** Of the next entry: mostly soon after the one before, now and then by hours. */
  timestamp(): number {
    this.#timestamp += drawPause(this.#random);
    return this.#timestamp;
  }

  batch(seq: number): Uint8Array {
    this.#seq = seq;
    const chunks: Uint8Array[] = [];
    if (seq === 1 || this.#random.chance(0.1)) chunks.push(this.#leaseChunk(seq));
    for (let rest = 1 + this.#random.int(5); rest > 0; rest -= 1) chunks.push(this.#chunk());
    return joinChunks(chunks);
  }

  queries(): Uint8Array {
    const operations = Array.from({ length: 1 + this.#random.int(4) }, (): Operation => {
      if (this.#random.chance(0.1)) return this.#operation();
      if (this.#random.chance(0.4)) return this.#queryNamed();
      return { kind: 'query', account: this.#account() };
    });
    return this.#disturb(encodeChunk(this.#random.int(2), 0, operations), 0.2);
  }

  #queryNamed(): Operation {
    const random = this.#random;
    const drawn = random.chance(0.1) ? drawTerms(random, 'create', undefined) : undefined;
    const terms = drawn ?? { name: drawName(random) };
    return { kind: 'query', account: random.chance(0.9) ? 0 : this.#account(), terms };
  }

  /** One report, mostly of a page. */
  report(): Uint8Array {
    const random = this.#random;
    const kind = random.pick(['account', 'accounts', 'accounts', 'accounts', 'trial'] as const);
    const amount = random.pick([1, 3, 10, 500, 501, 0]);
    const account = random.chance(0.2) ? random.pick([0, 50, 100, 10_000, -7]) : this.#account();
    const drawn = random.chance(0.6) ? drawTerms(random, 'create', undefined) : undefined;
    const prefix = drawn?.name?.slice(0, 1 + random.int(3)) ?? drawName(random);
    const terms = drawn && (random.chance(0.5) ? { ...drawn, name: prefix } : drawn);
    const fit = kind === 'accounts' || random.chance(0.1) ? terms : undefined;
    const isNamed = kind === 'account' && random.chance(0.5);
    const operation = isNamed
      ? { kind, account: random.chance(0.9) ? 0 : account, terms: { name: drawName(random) } }
      : { kind, account, amount, ...(fit === undefined ? {} : { terms: fit }) };
    return this.#disturb(encodeChunk(0, 0, [operation]), 0.1);
  }

  #leaseChunk(seq: number): Uint8Array {
    const own: Operation = seq > 1 ? this.#ownOperation() : { kind: 'lease' };
    if (own.kind === 'lease' || this.#random.chance(0.1)) this.#leases.push(seq);
    const operations: Operation[] = [own];
    if (this.#random.chance(0.1)) operations.push(this.#operation());
    return encodeChunk(0, 0, operations, this.#random.chance(0.1));
  }

  #ownOperation(): Operation {
    if (this.#random.chance(0.7)) return { kind: 'lease' };
    if (this.#random.chance(0.3)) return { kind: 'expire' };
    const amount = this.#random.chance(0.7)
      ? 1 + this.#random.int(15)
      : this.#random.pick([0, -1, 20, 40, KEYS_REMEMBERED_MAX, KEYS_REMEMBERED_MAX + 1]);
    return { kind: 'remember', amount };
  }

  #chunk(): Uint8Array {
    const session = this.#random.chance(0.02) ? this.#random.int(200) : this.#session();
    const isGroup = this.#random.chance(0.2);
    const drawn = isGroup ? this.#group()
      : this.#random.chance(0.15) ? drawLife(this.#random, this.#deck)
      : this.#random.chance(0.01) ? drawEnd(this.#random, this.#deck)
      : Array.from({ length: 1 + this.#random.int(6) }, () => this.#operation());
    const operations = this.#random.chance(0.4) ? this.#withDetails(drawn) : drawn;
    const first = this.#firstRequest(session, operations.length);
    return this.#disturb(encodeChunk(session, first, operations, isGroup), 0.15);
  }

  #group(): readonly Operation[] {
    const group = drawGroup(this.#random, this.#deck, () => this.#operation());
    return this.#random.chance(0.4) ? this.#keyedGroups.draw(group, this.#key()) : group;
  }

  /** Behind most of them; now and then where they tell of nothing. */
  #withDetails(operations: readonly Operation[]): Operation[] {
    const isExact = this.#random.chance(0.7);
    const details: Operation = { kind: 'details' };
    const asked = operations.flatMap((operation) => {
      if (isExact || this.#random.chance(0.8)) return [operation, details];
      return this.#random.chance(0.8) ? [operation] : [operation, details, details];
    });
    return isExact || this.#random.chance(0.8) ? asked : [details, ...asked];
  }

  /** Mostly the number that is next; else one before (a retry, whole or in part), or one beyond. */
  #firstRequest(session: number, count: number): number {
    const next = this.#nextRequests.get(session) ?? 1;
    const first =
      this.#random.chance(0.6) ? next
      : this.#random.chance(0.8) ? Math.max(0, next - this.#random.int(25))
      : next + this.#random.int(4);
    this.#nextRequests.set(session, Math.max(next, first + count));
    return first;
  }

  #session(): number {
    const lease = this.#random.chance(0.7) ? this.#leases.at(-1) : this.#random.pick(this.#leases);
    return (lease ?? 0) * 64 + this.#random.int(3);
  }

  /** Any; now and then one in which nothing may pass. */
  #account(): number {
    if (!this.#random.chance(0.06)) return this.#anyAccount();
    return this.#accountThat(({ frozen, closed }) => frozen || closed);
  }

  #openAccount(): number {
    if (this.#random.chance(0.1)) return this.#account();
    return this.#accountThat(({ frozen, closed }) => !frozen && !closed);
  }

  #accountThat(fits: (known: Known) => boolean): number {
    for (let tries = 0; tries < 20; tries += 1) {
      const account = this.#anyAccount();
      const known = this.#know(account);
      if (known !== undefined && fits(known)) return account;
    }
    return this.#anyAccount();
  }

  /** One of a few, which are others later, because what is closed remains so; or one of old. */
  #anyAccount(): number {
    const from = 98 + 3 * Math.floor(this.#seq / BATCHES_PER_MOVE);
    if (this.#random.chance(0.1)) return 100 + this.#random.int(from - 90);
    return from + this.#random.int(12);
  }

  #key(): string {
    return `key-${this.#random.int(30)}`;
  }

  #amount(): number {
    if (this.#random.chance(0.1)) return 0;
    if (this.#random.chance(0.9)) return this.#random.int(20) * 10;
    return this.#random.pick([2 ** 53 - 1, 2 ** 46, -1, 2 ** 52, 1]);
  }

  #operation(): Operation {
    if (this.#keyed.length > 0 && this.#random.chance(0.05)) return this.#again();
    const operation = this.#newOperation();
    if (operation.key !== undefined && operation.kind !== 'outcome') this.#keyed.push(operation);
    if (this.#keyed.length > REMEMBERED) this.#keyed.shift();
    return operation;
  }

  #newOperation(): Operation {
    const kind = this.#random.pick([
      'create', 'create', 'update', 'deposit', 'withdraw', 'transfer', 'transfer', 'transfer',
      'amend', 'amend', 'amend', 'amend', 'outcome', 'outcome', 'query', 'lease', 'end', 'expire',
      'remember',
      'movement', 'movement', 'movement', 'movement', 'movement', 'movement', 'movement',
    ] as const);
    if (kind === 'end' && this.#random.chance(0.9)) {
      return { kind: 'deposit', account: 100, amount: 1 };
    }
    // Few of those that may have none.
    const isIdle = kind === 'amend' || kind === 'outcome' || kind === 'end';
    const keyed = {
      ...(this.#random.chance(0.3) ? { key: this.#key() } : {}),
      ...(this.#random.chance(isIdle ? 0.01 : 0.15)
        ? { reference: drawReference(this.#random) } : {}),
    };
    if (kind === 'outcome') return { kind, ...this.#askedRequest(), ...keyed };
    if (kind === 'movement') {
      const terms = this.#random.chance(0.02) ? { terms: { ifVersion: 1 } } : {};
      return { ...drawMovement(this.#random, this.#deck), ...keyed, ...terms };
    }
    const account = this.#account();
    const fields = { account, toAccount: this.#account(), amount: this.#amount() };
    const drawn = drawTerms(this.#random, kind, this.#know(account));
    const terms = drawn === undefined ? {} : { terms: drawn };
    const scale = this.#random.pick([0, 0, 1, 2, 2, 2, 3, 4]);
    return { kind, ...fields, scale, ...keyed, ...terms };
  }

  /** A write under a key once more: the same, the same in other words, or not quite the same. */
  #again(): Operation {
    const before = this.#random.pick(this.#keyed);
    const { amount = 0, scale = 0, terms } = before;
    if (this.#random.chance(0.3)) return before;
    if (this.#random.chance(0.2)) return { ...before, amount: amount + 1 };
    if (this.#random.chance(0.1)) return { ...before, reference: drawReference(this.#random) };
    if (this.#random.chance(0.1)) return { ...before, id: 'other', forSeconds: 77 };
    const amounts = before.amount !== undefined && Number.isSafeInteger(amount * 10)
      ? { amount: amount * 10, scale: scale + 1 } : {};
    const others = terms === undefined ? {} : { terms: respell(terms) };
    if (terms !== undefined && this.#random.chance(0.3)) {
      return { ...before, terms: { ...respell(terms), name: drawName(this.#random) } };
    }
    return { ...before, ...amounts, ...others };
  }

  #askedRequest(): { account: number; toAccount: number } {
    const session = this.#session();
    const next = this.#nextRequests.get(session) ?? 1;
    return { account: session, toAccount: Math.max(0, next + 3 - this.#random.int(20)) };
  }

  /** Bytes of operations at random, or another count of operations than the records make. */
  #disturb(chunk: Uint8Array, probability: number): Uint8Array {
    this.#spoil(chunk, probability / 2);
    if (!this.#random.chance(probability)) return chunk;
    const view = viewOf(chunk);
    if (this.#random.chance(0.3)) {
      view.setUint32(4, Math.max(1, view.getUint32(4, true) + this.#random.int(5) - 2), true);
      return chunk;
    }
    for (let rest = 1 + this.#random.int(3); rest > 0; rest -= 1) {
      const record = RECORD_BYTES * (1 + this.#random.int(chunk.length / RECORD_BYTES - 1));
      // The fields come first in a record: there a change does most.
      const at = record + this.#random.int(this.#random.chance(0.7) ? 32 : RECORD_BYTES);
      chunk[at] = this.#random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xff, this.#random.int(256)]);
    }
    return chunk;
  }

  /** Some of the terms and references in the chunk, whose operations stand as they were written. */
  #spoil(chunk: Uint8Array, probability: number): void {
    for (let at = RECORD_BYTES; at < chunk.length; ) {
      const flags = chunk[at + 1] as number;
      at += recordsOf(flags) * RECORD_BYTES;
      if (!this.#random.chance(probability)) continue;
      if ((flags & FLAG_REFERENCE) !== 0) spoilText(this.#random, chunk, at - RECORD_BYTES);
      else if ((flags & FLAG_TERMS) !== 0) spoilTerms(this.#random, chunk, at - RECORD_BYTES);
    }
  }
}

/** A chunk of one session whose operation records are random bytes, now and then with a kind. */
export function randomRecords(random: Random, session: number, first: number): Uint8Array {
  const records = 1 + random.int(8);
  const chunk = new Uint8Array((1 + records) * RECORD_BYTES).map(() => random.int(256));
  chunk.set(encodeChunk(session, first, []).subarray(0, RECORD_BYTES));
  const view = viewOf(chunk);
  view.setUint32(4, 1 + random.int(2 * records), true);
  view.setUint32(24, records, true);
  for (let record = 1; record <= records; record += 1) {
    const at = record * RECORD_BYTES;
    if (random.chance(0.5)) view.setUint8(at, random.int(24));
    if (random.chance(0.5)) view.setUint8(at + 1, random.int(17));
    if (random.chance(0.3)) view.setUint32(at + 4, random.int(3), true);
    if (random.chance(0.3)) chunk.fill(0, at + 32, at + 48).fill(random.int(100), at + 32, at + 33);
    if (random.chance(0.3)) writeI64(view, at + 8, 100 + random.int(4));
    if (random.chance(0.2)) chunk.set(randomTerms(random), at);
  }
  return chunk;
}

/** The record of terms that may make sense. */
function randomTerms(random: Random): Uint8Array {
  const terms = drawTerms(random, random.pick(['create', 'amend', 'update']), undefined) ?? {};
  return encodeChunk(0, 0, [{ kind: 'amend', terms }]).subarray(2 * RECORD_BYTES);
}
