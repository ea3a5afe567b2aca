/**
 * The smallest bank that keeps its word: accounts, and the first answer of every request. No copy
 * of the real ledger, so that a client's tests don't agree with its mistakes.
 */
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Original } from '../../src/core/message.ts';
import {
  readChunkHeader, viewOf, type Code, type Operation, type Result,
} from '../../src/core/operation.ts';
import { encodeResults, operationsOf, result } from './recorded-session.ts';

interface Remembered {
  readonly seq: Seq;
  readonly result: Result;
}

interface Answer {
  readonly seq: Seq;
  readonly timestamp: Timestamp;
  readonly results: Uint8Array;
  readonly originals: readonly Original[];
}

export class FakeBank {
  readonly accounts = new Map<number, number>();
  /** How often each account was changed. */
  readonly versions = new Map<number, number>();
  readonly #sessions = new Map<number, Map<number, Remembered>>();
  readonly #keyed = new Map<string, Remembered>();
  /** The write that was done last, and its accounts before it. */
  #last: { readonly write: Operation; readonly before: number } | undefined;
  #seq = 0;
  #nextSession = 64;

  openSession(): number {
    const session = this.#nextSession++;
    this.#sessions.set(session, new Map());
    return session;
  }

  /** As if no key had ever been used. */
  forgetKeys(): void {
    this.#keyed.clear();
  }

  /** As if evicted. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  execute(chunk: Uint8Array): Answer {
    const { session = 0, firstRequest = 0 } = readChunkHeader(viewOf(chunk), 0) ?? {};
    const seq = ++this.#seq as Seq;
    const remembered = this.#sessions.get(session);
    const originals: Original[] = [];
    const results = operationsOf(chunk).map((operation, index) => {
      if (session === 0) return this.#apply(operation);
      if (remembered === undefined) return result('sessionExpired', { kind: operation.kind });
      const { key = '' } = operation;
      const first = remembered.get(firstRequest + index) ?? this.#keyed.get(key);
      if (first !== undefined) {
        this.#last = undefined;
        const timestamp = (1000 * first.seq) as Timestamp;
        originals.push({ index, seq: first.seq, timestamp, result: encodeResults([first.result]) });
        return first.result;
      }
      const answer = this.#apply(operation);
      remembered.set(firstRequest + index, { seq, result: answer });
      if (key !== '') this.#keyed.set(key, { seq, result: answer });
      return answer;
    });
    const timestamp = (1000 * seq) as Timestamp;
    return { seq, timestamp, results: encodeResults(results), originals };
  }

  #apply(operation: Operation): Result {
    if (operation.kind === 'details') return this.#tellDetails();
    const { account = 0 } = operation;
    const before = this.accounts.get(account) ?? 0;
    const answer = this.#do(operation);
    const write = { ...operation, account: answer.account };
    this.#last = answer.code === 'ok' ? { write, before } : undefined;
    return answer;
  }

  /** Nothing is ever held here. */
  #tellDetails(): Result {
    if (this.#last === undefined) return result('neverHappened', { kind: 'details' });
    const { write: { account = 0, toAccount = 0 }, before } = this.#last;
    return result('ok', {
      kind: 'details', account: before, balance: this.accounts.get(account) ?? 0,
      toBalance: this.accounts.get(toAccount) ?? 0, detail: this.versions.get(toAccount) ?? 0,
    });
  }

  #do({ kind, account = 0, toAccount = 0, amount = 0, scale = 0 }: Operation): Result {
    const cents = amount * 10 ** (2 - scale);
    const answer = (code: Code, number = account): Result => result(code, {
      kind, account: number,
      balance: this.accounts.get(number) ?? 0, toBalance: this.accounts.get(toAccount) ?? 0,
      detail: code === 'ok' ? (this.versions.get(number) ?? 0) : 0,
    });
    if (kind === 'create') {
      const created = 100 + this.accounts.size;
      this.#set(created, cents);
      return answer('ok', created);
    }
    if (kind === 'end') return answer('ok');
    if (kind === 'outcome') return answer('neverHappened');
    const balance = this.accounts.get(account);
    if (balance === undefined) return answer('accountNotFound');
    if ((kind === 'withdraw' || kind === 'transfer') && balance < cents) {
      return answer('insufficientFunds');
    }
    if (kind === 'update') this.#set(account, cents);
    if (kind === 'deposit') this.#set(account, balance + cents);
    if (kind === 'withdraw' || kind === 'transfer') this.#set(account, balance - cents);
    if (kind === 'transfer') this.#set(toAccount, (this.accounts.get(toAccount) ?? 0) + cents);
    return answer('ok');
  }

  #set(account: number, cents: number): void {
    this.accounts.set(account, cents);
    this.versions.set(account, (this.versions.get(account) ?? 0) + 1);
  }
}
