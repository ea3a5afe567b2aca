/**
 * The ledger again, slower and obviously right: plain numbers in tables, Maps, BigInt for money.
 *
 * It shares no code with the ledger of `src/core` but the constants of the record layout, and reads
 * the bytes by itself. `bankd verify` recomputes every entry's results, digest and state with it;
 * property tests compare it with the ledger byte for byte (n-version programming, Avizienis 1985:
 * two who err in the same way would have to have misread the same specification).
 */
import { CODE, FLAG_KEY, FLAG_TERMS, KIND, REASON } from '../../core/operation.ts';
import { sha256 } from '../../core/hash.ts';
import { isNatural } from './amounts.ts';
import { TwinAccounts, type Account, type CurrencyTotal } from './twin-accounts.ts';
import { contentOf, TwinKeys } from './twin-keys.ts';
import {
  readChunks, TwinResults, type Answer, type TwinChunk, type TwinOperation,
} from './twin-records.ts';
import { isWellFormed, isWrite, MALFORMED, write } from './twin-rules.ts';
import { TwinSessions, type Became, type Place, type TwinSession } from './twin-sessions.ts';
import type { TwinTable } from './twin-table.ts';

export interface TwinLimits {
  readonly leasesMax: number;
  readonly runsMax: number;
  readonly keysMax: number;
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
  #lastSeq = 0;

  constructor(limits: TwinLimits) {
    this.#limits = limits;
    this.#sessions = new TwinSessions(limits.leasesMax, limits.runsMax);
    this.#keys = new TwinKeys(limits.keysMax);
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
    const { low, high } = this.#accounts.digest();
    const hex = (lane: number) => lane.toString(16).padStart(8, '0');
    return hex(high) + hex(low);
  }

  /** What a checkpoint of this state holds, besides the tables. */
  scalars(): Readonly<Record<string, number>> {
    const { low, high } = this.#accounts.digest();
    const { leasesMax, runsMax, keysMax } = this.#limits;
    const next = { nextRun: this.#sessions.nextRun, nextKey: this.#keys.next };
    const lastSeq = this.#lastSeq;
    return { leasesMax, runsMax, keysMax, lastSeq, digestLow: low, digestHigh: high, ...next };
  }

  tables(): readonly TwinTable[] {
    const { leases, sessions, runs } = this.#sessions;
    const { table, names, currencies } = this.#accounts;
    return [table, names.table, currencies.table, leases, sessions, runs, this.#keys.table];
  }

  /** The next batch, in which `findBatchFault` found nothing. */
  execute(
    seq: number, timestamp: number, batch: Uint8Array,
  ): { readonly results: Uint8Array; readonly digest: string } {
    const chunks = readChunks(batch);
    const count = chunks.reduce((sum, { operations }) => sum + operations.length, 0);
    const results = new TwinResults(count);
    this.#accounts.begin(timestamp);
    let index = 0;
    for (const chunk of chunks) {
      this.#executeChunk(chunk, { seq, index }, results);
      index += chunk.operations.length;
    }
    this.#lastSeq = seq;
    const { bytes } = results;
    return { results: bytes, digest: this.stateDigest() + sha256(bytes).slice(0, 16) };
  }

  #executeChunk(chunk: TwinChunk, from: Place, results: TwinResults): void {
    const { session: id, firstRequest, operations } = chunk;
    const session = this.#sessions.find(id);
    if (session !== undefined) this.#sessions.touch(session, from.seq);
    operations.forEach((operation, place) => {
      const index = from.index + place;
      const asked = { seq: from.seq, index, request: firstRequest + place };
      const answer =
        id === 0 ? this.#lease(from.seq, operation, operations.length)
        : session === undefined ? EXPIRED
        : this.#ask({ ...asked, session }, operation);
      results.put(index, operation, answer);
    });
  }

  #lease(seq: number, operation: TwinOperation | undefined, operations: number): Answer {
    const isAlone = operation?.kind === KIND.lease && operation.flags === 0 && operations === 1;
    const opened = isAlone ? this.#sessions.openLease(seq) : undefined;
    if (opened === undefined) return MALFORMED;
    return { code: CODE.ok, account: opened.session, balance: opened.count };
  }

  #ask(asked: Asked, operation: TwinOperation | undefined): Answer {
    const { session, request } = asked;
    if (request <= this.#sessions.lastRequest(session)) {
      return answerOf(this.#sessions.becameOf(session, request));
    }
    if (this.#sessions.hasEnded(session)) return EXPIRED;
    this.#sessions.run(session, request, asked);
    return this.#executeNew(asked, operation);
  }

  #executeNew(asked: Asked, operation: TwinOperation | undefined): Answer {
    if (operation === undefined || !operation.isWhole) return MALFORMED;
    const { kind, flags, byKey, terms } = operation;
    if (flags > FLAG_KEY + FLAG_TERMS) return MALFORMED;
    if (isWrite(kind)) {
      if (flags >= FLAG_TERMS && terms === undefined) return MALFORMED;
      const isKeyed = flags % 2 === FLAG_KEY;
      return isKeyed ? this.#writeKeyed(asked, operation) : write(this.#accounts, operation);
    }
    if (kind === KIND.end && flags === 0) {
      this.#sessions.end(asked.session);
      return { code: CODE.ok };
    }
    if (kind !== KIND.outcome) return MALFORMED;
    if (flags === FLAG_KEY && byKey === 1) return this.#sealKey(asked, operation);
    if (flags !== 0 || byKey !== 0) return MALFORMED;
    return this.#sealRequest(asked, operation);
  }

  #writeKeyed({ seq, index }: Asked, operation: TwinOperation): Answer {
    const { key } = operation;
    if (key === undefined) return MALFORMED;
    const use = this.#keys.find(key);
    if (use === undefined) {
      const answer = write(this.#accounts, operation);
      if (answer.code !== CODE.badRequest) {
        this.#keys.add(key, { content: contentOf(operation), seq, index, sealed: false });
      }
      return answer;
    }
    if (!isWellFormed(operation)) return MALFORMED;
    if (use.sealed || use.content !== contentOf(operation)) return { code: CODE.keyReused };
    return answerOf(use);
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

function answerOf(became: Became): Answer {
  if (became === 'passed over') return PASSED_OVER;
  if (became === 'forgotten') return EXPIRED;
  return { code: CODE.duplicate, account: became.seq, balance: became.index };
}
