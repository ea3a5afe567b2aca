/**
 * The ledger again, slower and obviously right: plain numbers in tables, Maps, BigInt for money.
 *
 * It shares no code with the ledger of `src/core` but the constants of the record layout, and reads
 * the bytes by itself. `bankd verify` recomputes every entry's results, digest and state with it;
 * property tests compare it with the ledger byte for byte (n-version programming, Avizienis 1985:
 * two who err in the same way would have to have misread the same specification).
 */
import {
  CODE, FLAG_ID, FLAG_KEY, FLAG_REFERENCE, FLAG_TERMS, GROUP_OPERATIONS_MAX, KEYS_REMEMBERED_MAX,
  KIND, OF_THE_WRITE, REASON,
} from '../../core/operation.ts';
import { sha256 } from '../../core/hash.ts';
import { isNatural } from './amounts.ts';
import { TwinAccounts, type Account, type CurrencyTotal } from './twin-accounts.ts';
import { contentOf, contentOfGroup, TwinKeys } from './twin-keys.ts';
import {
  expire, isWellFormedMovement, writeMovement, type TwinBooks,
} from './twin-movement-rules.ts';
import { TwinMovements } from './twin-movements.ts';
import { linksOf } from './twin-postings.ts';
import {
  isMovement, readChunks, TwinResults, type Answer, type TwinChunk, type TwinOperation,
} from './twin-records.ts';
import { isPosting, isWellFormed, isWrite, MALFORMED, write } from './twin-rules.ts';
import { TwinSessions, type Became, type Place, type TwinSession } from './twin-sessions.ts';
import { detailsOf, type Told } from './twin-details.ts';
import { modulo, type Lanes } from './twin-digest.ts';
import type { TwinTable } from './twin-table.ts';

export interface TwinLimits {
  readonly leasesMax: number;
  readonly runsMax: number;
  readonly keysMax: number;
  readonly movementsMax: number;
}

/** A request of a session, and where it stands in the order. */
interface Asked extends Place {
  readonly session: TwinSession;
  readonly request: number;
}

const PASSED_OVER: Answer = { code: CODE.badRequest, detail: REASON.passedOver };
const EXPIRED: Answer = { code: CODE.sessionExpired };
const NEVER_HAPPENED: Answer = { code: CODE.neverHappened };

export class LedgerTwin {
  readonly #limits: TwinLimits;
  readonly #accounts = new TwinAccounts();
  readonly #sessions: TwinSessions;
  readonly #keys: TwinKeys;
  readonly #movements: TwinMovements;
  readonly #books: TwinBooks;
  #lastSeq = 0;
  #timestamp = 0;

  constructor(limits: TwinLimits) {
    this.#limits = limits;
    this.#sessions = new TwinSessions(limits.leasesMax, limits.runsMax);
    this.#keys = new TwinKeys(limits.keysMax);
    this.#movements = new TwinMovements(limits.movementsMax);
    this.#books = { accounts: this.#accounts, movements: this.#movements };
  }

  get accountCount(): number {
    return this.#accounts.table.records;
  }

  /** What all accounts of each currency in use hold, and how it came in and went out. */
  totals(): readonly CurrencyTotal[] {
    return this.#accounts.totals();
  }

  accounts(): IterableIterator<Account> {
    return this.#accounts.all();
  }

  find(account: bigint): Account | undefined {
    return this.#accounts.find(account);
  }

  /** Undefined where the account has none. */
  nameOf(account: number): string | undefined {
    return this.#accounts.names.nameOf(account);
  }

  /** 16 hex digits. */
  stateDigest(): string {
    const { low, high } = this.#digest();
    const hex = (lane: number) => lane.toString(16).padStart(8, '0');
    return hex(high) + hex(low);
  }

  /** What a checkpoint of this state holds, besides the tables. */
  scalars(): Readonly<Record<string, number>> {
    const { low, high } = this.#digest();
    const { leasesMax, runsMax, movementsMax } = this.#limits;
    const { keysMax, first: firstKey, next: nextKey } = this.#keys;
    return {
      leasesMax, runsMax, keysMax, movementsMax, lastSeq: this.#lastSeq,
      digestLow: low, digestHigh: high, nextRun: this.#sessions.nextRun, firstKey, nextKey,
      nextMovement: this.#movements.next,
    };
  }

  tables(): readonly TwinTable[] {
    const { leases, sessions, runs } = this.#sessions;
    const { table, creations, names, currencies } = this.#accounts;
    const [movements, keys] = [this.#movements.table, this.#keys.table];
    const accounts = [table, creations, names.table, currencies.table];
    return [...accounts, movements, leases, sessions, runs, keys];
  }

  /** The next batch, in which `findBatchFault` found nothing. */
  execute(
    seq: number, timestamp: number, batch: Uint8Array,
  ): { readonly results: Uint8Array; readonly links: Uint8Array; readonly digest: string } {
    const chunks = readChunks(batch);
    const count = chunks.reduce((sum, { operations }) => sum + operations.length, 0);
    const results = new TwinResults(count);
    this.#accounts.begin(timestamp);
    this.#timestamp = timestamp;
    expire(this.#books, timestamp);
    let index = 0;
    for (const chunk of chunks) {
      this.#executeChunk(chunk, { seq, index }, results);
      index += chunk.operations.length;
    }
    this.#lastSeq = seq;
    const { bytes, became } = results;
    const links = linksOf(this.#accounts, seq, became);
    return { results: bytes, links, digest: this.stateDigest() + sha256(bytes).slice(0, 16) };
  }

  #executeChunk(chunk: TwinChunk, from: Place, results: TwinResults): void {
    const { session: id, firstRequest, operations } = chunk;
    const session = this.#sessions.find(id);
    if (session !== undefined) this.#sessions.touch(session, from.seq);
    const { isAtomic } = chunk;
    if (isAtomic && session !== undefined && this.#mayRun(session, firstRequest)) {
      operations.forEach((_, place) => {
        this.#sessions.run(session, firstRequest + place, { ...from, index: from.index + place });
      });
      return this.#executeGroup(operations, from, results);
    }
    let before: Told | undefined;
    operations.forEach((operation, place) => {
      const index = from.index + place;
      const asked = { seq: from.seq, index, request: firstRequest + place };
      const answer =
        id === 0 ? this.#serveItself(from.seq, operation, operations.length)
        : session === undefined ? EXPIRED
        : isAtomic ? this.#recall({ ...asked, session }, firstRequest)
        : this.#ask({ ...asked, session }, operation, before);
      results.put(index, operation, answer);
      before = { operation, answer };
    });
  }

  /** All of it is done, or nothing is and everybody else learns who was refused. */
  #executeGroup(
    operations: TwinChunk['operations'], from: Place, results: TwinResults,
  ): void {
    const isKeyed = ((operations[0]?.flags ?? 0) & FLAG_KEY) !== 0;
    const answers =
      countPostings(operations) > GROUP_OPERATIONS_MAX ? refuseGroup(operations, 0, MALFORMED)
      : isKeyed ? this.#writeKeyedGroup(operations, from)
      : this.#writeGroup(operations);
    operations.forEach((operation, place) => {
      results.put(from.index + place, operation, answers[place] ?? MALFORMED);
    });
  }

  #writeGroup(operations: TwinChunk['operations']): readonly Answer[] {
    this.#accounts.attempt();
    const answers: Answer[] = [];
    let before: Told | undefined;
    for (const [place, operation] of operations.entries()) {
      const answer = this.#doInGroup(operation, place, before);
      answers.push(answer);
      before = { operation, answer };
      if (answer.code === CODE.ok) continue;
      this.#accounts.settle(false);
      return refuseGroup(operations, place, answer);
    }
    this.#accounts.settle(true);
    return answers;
  }

  /** The key of the first is that of all. */
  #writeKeyedGroup(operations: TwinChunk['operations'], { seq, index }: Place): readonly Answer[] {
    const key = operations[0]?.key;
    const isTold = operations.map((operation, place) =>
      areDetails(operation) && operations[place - 1] !== undefined
        && operations[place - 1]?.kind !== KIND.details);
    const wrong = operations.findIndex((operation, place) =>
      !isTold[place] && (!this.#isInGroup(operation, place) || !isWellFormed(operation)));
    if (key === undefined) return refuseGroup(operations, 0, MALFORMED);
    if (wrong >= 0) return refuseGroup(operations, wrong, MALFORMED);
    const postings = operations.filter((_, place) => !isTold[place]);
    const content = contentOfGroup(postings as readonly TwinOperation[]);
    const use = this.#keys.find(key);
    if (use === undefined) {
      const answers = this.#writeGroup(operations);
      const isBad = answers.some(({ code }) => code === CODE.badRequest);
      if (!isBad) this.#keys.add(key, { content, seq, index, sealed: false });
      return answers;
    }
    const isSame = !use.sealed && use.content === content;
    return operations.map((_, place) => {
      if (!isSame) return { code: CODE.keyReused };
      const toBalance = numberOf(operations, place);
      const detail = isTold[place] ? OF_THE_WRITE : 0;
      return { ...answerOf(use), toBalance, detail };
    });
  }

  #isInGroup(operation: TwinOperation | undefined, place: number): operation is TwinOperation {
    if (operation === undefined || !operation.isWhole) return false;
    if (!this.#hasItsExtensions(operation)) return false;
    const flags = place === 0 ? operation.flags & ~FLAG_KEY : operation.flags;
    return isPosting({ ...operation, flags });
  }

  /** A posting, or the details of the one before it. */
  #doInGroup(
    operation: TwinOperation | undefined, place: number, before: Told | undefined,
  ): Answer {
    const isBehind = before?.operation !== undefined && !areDetails(before.operation);
    if (isBehind && areDetails(operation)) return detailsOf(this.#accounts, before);
    if (!this.#isInGroup(operation, place)) return MALFORMED;
    this.#accounts.beginOperation();
    return write(this.#accounts, operation);
  }

  /** What the frontend asks for, in a chunk of its own. */
  #serveItself(seq: number, operation: TwinOperation | undefined, operations: number): Answer {
    if (operation?.flags !== 0 || operations !== 1) return MALFORMED;
    if (operation.kind === KIND.expire) return { code: CODE.ok };
    if (operation.kind === KIND.remember) return this.#remember(operation);
    const opened = operation.kind === KIND.lease ? this.#sessions.openLease(seq) : undefined;
    if (opened === undefined) return MALFORMED;
    return { code: CODE.ok, account: opened.session, balance: opened.count };
  }

  #remember({ amount }: TwinOperation): Answer {
    if (amount < 1n || amount > KEYS_REMEMBERED_MAX) return MALFORMED;
    this.#keys.remember(Number(amount));
    return { code: CODE.ok };
  }

  #mayRun(session: TwinSession, request: number): boolean {
    return request > this.#sessions.lastRequest(session) && !this.#sessions.hasEnded(session);
  }

  /** Of a group that is not new, or not as a whole; or its session has ended. */
  #recall({ session, request }: Asked, firstRequest: number): Answer {
    const last = this.#sessions.lastRequest(session);
    if (request <= last) return answerOf(this.#sessions.becameOf(session, request));
    return firstRequest <= last ? PASSED_OVER : EXPIRED;
  }

  #ask(asked: Asked, operation: TwinOperation | undefined, before: Told | undefined): Answer {
    const { session, request } = asked;
    if (request <= this.#sessions.lastRequest(session)) {
      return answerOf(this.#sessions.becameOf(session, request));
    }
    if (this.#sessions.hasEnded(session)) return EXPIRED;
    this.#sessions.run(session, request, asked);
    if (operation?.kind === KIND.details && operation.flags === 0) {
      return detailsOf(this.#accounts, before);
    }
    this.#accounts.beginOperation();
    return this.#executeNew(asked, operation);
  }

  #executeNew(asked: Asked, operation: TwinOperation | undefined): Answer {
    if (operation === undefined || !operation.isWhole) return MALFORMED;
    const { kind, flags, code } = operation;
    if (flags > FLAG_KEY + FLAG_TERMS + FLAG_ID + FLAG_REFERENCE) return MALFORMED;
    if (isWrite(kind) || isMovement(operation)) {
      if (!this.#hasItsExtensions(operation)) return MALFORMED;
      const isKeyed = flags % 2 === FLAG_KEY;
      return isKeyed ? this.#writeKeyed(asked, operation) : this.#write(asked, operation);
    }
    if (kind === KIND.end && flags === 0) {
      this.#sessions.end(asked.session);
      return { code: CODE.ok };
    }
    if (kind !== KIND.outcome) return MALFORMED;
    if (flags === FLAG_KEY && code === 1) return this.#sealKey(asked, operation);
    if (flags !== 0 || code !== 0) return MALFORMED;
    return this.#sealRequest(asked, operation);
  }

  /** They make sense, where it says that it has any. */
  #hasItsExtensions({ kind, flags, terms, reference }: TwinOperation): boolean {
    const hasReference = (flags & FLAG_REFERENCE) !== 0;
    const isIdle = kind === KIND.amend || kind === KIND.void;
    if (hasReference && (isIdle || reference === undefined)) return false;
    return (flags & FLAG_TERMS) === 0 || terms !== undefined;
  }

  #write({ seq, index }: Asked, operation: TwinOperation): Answer {
    if (!isMovement(operation)) return write(this.#accounts, operation);
    return writeMovement(this.#books, operation, { seq, index, timestamp: this.#timestamp });
  }

  #writeKeyed(asked: Asked, operation: TwinOperation): Answer {
    const { key } = operation;
    const { seq, index } = asked;
    if (key === undefined) return MALFORMED;
    const use = this.#keys.find(key);
    if (use === undefined) {
      const answer = this.#write(asked, operation);
      if (answer.code !== CODE.badRequest) {
        this.#keys.add(key, { content: contentOf(operation), seq, index, sealed: false });
      }
      return answer;
    }
    const isSane = isMovement(operation) ? isWellFormedMovement : isWellFormed;
    if (!isSane(operation)) return MALFORMED;
    if (use.sealed || use.content !== contentOf(operation)) return { code: CODE.keyReused };
    return answerOf(use);
  }

  /** Of accounts and movements. */
  #digest(): Lanes {
    const [one, other] = [this.#accounts.digest(), this.#movements.digest];
    return { low: modulo(one.low + other.low), high: modulo(one.high + other.high) };
  }

  #sealKey({ seq, index }: Asked, operation: TwinOperation): Answer {
    const { key } = operation;
    if (key === undefined) return MALFORMED;
    const use = this.#keys.find(key);
    if (use !== undefined) return use.sealed ? NEVER_HAPPENED : answerOf(use);
    if (this.#keys.hasForgotten) return EXPIRED;
    this.#keys.add(key, { content: 0, seq, index, sealed: true });
    return NEVER_HAPPENED;
  }

  #sealRequest({ session, request }: Asked, operation: TwinOperation): Answer {
    const { account, toAccount } = operation;
    if (!isNatural(account) || !isNatural(toAccount)) return MALFORMED;
    const [askedSession, askedRequest] = [Number(account), Number(toAccount)];
    if (askedSession === session.id && askedRequest === request) return MALFORMED;
    const asked = this.#sessions.find(askedSession);
    if (asked === undefined) return EXPIRED;
    if (askedRequest > this.#sessions.lastRequest(asked)) {
      this.#sessions.seal(asked, askedRequest);
      return NEVER_HAPPENED;
    }
    const became = this.#sessions.becameOf(asked, askedRequest);
    return became === 'passed over' ? NEVER_HAPPENED : answerOf(became);
  }
}

/** Those that were not `refused` learn that it was, and which it is. */
function refuseGroup(
  operations: TwinChunk['operations'], refused: number, answer: Answer,
): readonly Answer[] {
  const others: Answer = { code: CODE.groupRefused, detail: numberOf(operations, refused) };
  return operations.map((_, place) => (place === refused ? answer : others));
}

function answerOf(became: Became): Answer {
  if (became === 'passed over') return PASSED_OVER;
  if (became === 'forgotten') return EXPIRED;
  return { code: CODE.duplicate, account: became.seq, balance: became.index };
}

/** Details are not counted, where they stand. */
function countPostings(operations: TwinChunk['operations']): number {
  return operations.filter((operation) => operation?.kind !== KIND.details).length;
}

/** Which of the group it is, from 0; of details, the one before them. */
function numberOf(operations: TwinChunk['operations'], place: number): number {
  return Math.max(0, countPostings(operations.slice(0, place + 1)) - 1);
}

function areDetails(operation: TwinOperation | undefined): boolean {
  return operation?.kind === KIND.details && operation.flags === 0;
}
