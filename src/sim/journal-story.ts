/**
 * What the journal that the replicas ended with says: what ran, where, with which result, and the
 * balance of each account at each seq. Read from the entries' own operations and results; a replay
 * by a new ledger must give the same.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import { SESSION_NONE } from '../core/ids.ts';
import { Ledger, type LedgerLimits } from '../core/ledger.ts';
import {
  decodeResult, readChunkHeader, REASON, RECORD_BYTES, viewOf, type Operation, type Result,
} from '../core/operation.ts';
import { formatRequestId } from '../core/request-id.ts';
import { decodeOperation } from '../core/spell-operation.ts';
import { replay, SIM_LIMITS } from './memory-hit.ts';

/** One operation that ran. */
export interface Run {
  readonly seq: number;
  /** Its place in the entry. */
  readonly index: number;
  readonly operation: Operation;
  readonly result: Result;
  /** One of a group: where it is refused, what came before it in the group is undone. */
  readonly isAtomic: boolean;
}

export class JournalStory {
  readonly found: string[] = [];
  readonly lastSeq: number;
  /** Of each request, where it ran: not as a duplicate. */
  readonly #requests = new Map<string, Run[]>();
  /** Requests that were told an earlier answer. */
  readonly #duplicates = new Set<string>();
  /** Of each write without a key, where it ran, whatever its number. */
  readonly #writes = new Map<string, Run[]>();
  /** Of each key, the writes that it stood for. */
  readonly #keys = new Map<string, Run[]>();
  /** Of each account, its balances and since which seq, in order. */
  readonly #balances = new Map<number, { readonly seq: number; readonly balance: number }[]>();
  /** Between which accounts a hold, or a transfer with an id, moves money. */
  readonly #movements = new Map<string, { readonly from: number; readonly to: number }>();
  /** Of these something was held at times: what they have is not what is available. */
  readonly #held = new Set<number>();
  #sum = 0;
  /** The last write that was done, and what its account had before. */
  #last: { readonly run: Run; readonly was: number } | undefined;

  constructor(
    journal: readonly ExecutedEntry[], limits: Partial<LedgerLimits> = SIM_LIMITS,
  ) {
    this.lastSeq = journal.length;
    const ledger = new Ledger(limits);
    for (const entry of journal) {
      const { results, digest } = ledger.execute(entry.seq, entry.timestamp, entry.batch);
      const isSame = digest === entry.digest && Buffer.compare(results, entry.results) === 0;
      if (!isSame) this.found.push(`seq ${entry.seq}: another result on replay`);
      this.#readEntry(entry);
    }
    const twin = replay(journal, limits);
    if (journal.length > 0 && twin.recomputeStateDigest() !== ledger.stateDigest) {
      this.found.push('the state digest is not that of the accounts');
    }
    this.#compareBalances(ledger);
    this.#judgeOnce();
  }

  runsOf(session: number, number: number): readonly Run[] {
    return this.#requests.get(formatRequestId(session, number)) ?? [];
  }

  isDuplicate(session: number, number: number): boolean {
    return this.#duplicates.has(formatRequestId(session, number));
  }

  /** The runs of a write without a key, known by its amount, and by its id if it has one. */
  runsLike(operation: Operation): readonly Run[] {
    return this.#writes.get(tagOf(operation)) ?? [];
  }

  runsUnder(key: string): readonly Run[] {
    return this.#keys.get(key) ?? [];
  }

  /** Undefined where the account did not exist then. */
  balanceAt(account: number, seq: number): number | undefined {
    const line = this.#balances.get(account) ?? [];
    return line.findLast((change) => change.seq <= seq)?.balance;
  }

  #readEntry(entry: ExecutedEntry): void {
    const batch = viewOf(entry.batch);
    const outcomes = viewOf(entry.results);
    let index = 0;
    for (let start = 0; start < entry.batch.length;) {
      const header = readChunkHeader(batch, start);
      if (header === undefined) throw new Error(`seq ${entry.seq}: no chunk at ${start}`);
      let offset = start + RECORD_BYTES;
      for (let at = 0; at < header.operations; at += 1) {
        const decoded = decodeOperation(batch, offset);
        const result = decodeResult(outcomes, index);
        const id = formatRequestId(header.session, header.firstRequest + at);
        const place = { seq: entry.seq, index, result, isAtomic: header.isAtomic };
        if (result.code === 'duplicate') this.#duplicates.add(id);
        else if (header.session !== SESSION_NONE) this.#note(id, place, decoded?.operation);
        offset = decoded?.next ?? offset + RECORD_BYTES;
        index += 1;
      }
      start += header.bytes;
    }
  }

  #note(id: string, place: Omit<Run, 'operation'>, operation: Operation | undefined): void {
    const { result } = place;
    if (operation === undefined || neverRan(result)) return;
    const run = { ...place, operation };
    append(this.#requests, id, run);
    if (operation.kind === 'details' && result.code === 'ok') this.#judgeDetails(run);
    if (!isWrite(operation)) return;
    if (operation.key === undefined) append(this.#writes, tagOf(operation), run);
    else if (result.code !== 'keyReused' && result.code !== 'badRequest') {
      append(this.#keys, operation.key, run);
    }
    if (result.code === 'ok') this.#apply(run);
    else if (!run.isAtomic) this.#judgeRefusal(run);
  }

  /** They are of the write right before them, and true. */
  #judgeDetails({ seq, index, result }: Run): void {
    const { run, was } = this.#last ?? {};
    const isBehind = run?.seq === seq && run.index === index - 1;
    if (isBehind && result.account === was && result.balance <= run.result.balance) return;
    this.found.push(`seq ${seq}: details ${index} tell of another write than the one before`);
  }

  /** A no is the truth, too, at its place in the order. */
  #judgeRefusal({ seq, operation, result }: Run): void {
    const { kind, account = 0 } = operation;
    const balance = this.balanceAt(result.account, seq);
    if (result.code === 'accountNotFound' && balance !== undefined) {
      this.found.push(`seq ${seq}: ${kind} found no account ${result.account}, which exists`);
    }
    if (result.code !== 'insufficientFunds' || this.#held.has(result.account)) return;
    if (kind === 'capture' || kind === 'reverse') return;
    if ((this.balanceAt(account, seq) ?? 0) < addedBy(operation)) return;
    this.found.push(`seq ${seq}: ${kind} was refused for funds that account ${account} has`);
  }

  /** The total changes by what the operation, by its own words, adds; and by nothing else. */
  #apply(run: Run): void {
    const { seq, operation, result } = run;
    const { kind } = operation;
    this.#noteMovement(run);
    const added = addedBy(operation);
    const toAccount = this.#receiverOf(operation);
    const target = kind === 'transfer' ? (operation.account ?? 0) : result.account;
    const was = this.balanceAt(target, seq) ?? 0;
    this.#last = { run, was };
    let change = result.balance - was;
    if (toAccount !== undefined) {
      change += result.toBalance - (this.balanceAt(toAccount, seq) ?? 0);
      append(this.#balances, toAccount, { seq, balance: result.toBalance });
    }
    append(this.#balances, target, { seq, balance: result.balance });
    const expected = kind === 'update' ? added - was : expectedChange(kind, added);
    this.#sum += expected;
    if (change === expected) return;
    this.found.push(`seq ${seq}: a ${kind} changes the total by ${change}, not by ${expected}`);
  }

  #noteMovement({ seq, index, operation, result }: Run): void {
    const { kind, account: from = 0, toAccount: to = 0, id = `${seq}.${index}` } = operation;
    if (kind === 'hold' || (kind === 'transfer' && operation.id !== undefined)) {
      this.#movements.set(id, { from, to });
    }
    if (kind === 'hold') this.#held.add(result.account);
  }

  /** Who gets money, or gives it back; undefined where it moves between no two accounts. */
  #receiverOf({ kind, toAccount, id = '' }: Operation): number | undefined {
    if (kind === 'transfer') return toAccount;
    return kind === 'capture' || kind === 'reverse' ? this.#movements.get(id)?.to : undefined;
  }

  #compareBalances(ledger: Ledger): void {
    let sum = 0;
    for (const { account, balance } of ledger.balances()) {
      sum += balance;
      const told = this.balanceAt(account, this.lastSeq);
      if (told === balance) continue;
      this.found.push(`account ${account} ends with ${balance}, where its answers say ${told}`);
    }
    if (sum !== this.#sum) this.found.push(`the balances sum to ${sum}, not ${this.#sum}`);
  }

  #judgeOnce(): void {
    const all = { request: this.#requests, write: this.#writes, key: this.#keys };
    for (const [what, runs] of Object.entries(all)) {
      for (const [name, { length }] of runs) {
        if (length > 1) this.found.push(`${what} ${name}: ran ${length} times`);
      }
    }
  }
}

export function isWrite({ kind }: Operation): boolean {
  switch (kind) {
    case 'create':
    case 'update':
    case 'deposit':
    case 'withdraw':
    case 'transfer':
    case 'amend':
    case 'hold':
    case 'capture':
    case 'void':
    case 'reverse':
      return true;
    case 'query':
    case 'outcome':
    case 'lease':
    case 'end':
    case 'expire':
    case 'remember':
    case 'details':
    case 'account':
    case 'accounts':
    case 'trial':
    case 'statement':
    case 'history':
      return false;
  }
}

/** Its number was passed over, or its session is not known: it did not run, and never will. */
export function neverRan({ code, detail }: Result): boolean {
  return code === 'sessionExpired' || (code === 'badRequest' && detail === REASON.passedOver);
}

function expectedChange(kind: Operation['kind'], added: number): number {
  if (kind === 'withdraw') return -added;
  return kind === 'create' || kind === 'deposit' ? added : 0;
}

/** Its amount, in the smallest unit. */
function addedBy({ amount = 0, scale = 0 }: Operation): number {
  return amount * 10 ** (2 - scale);
}

function tagOf({ kind, amount = 0, id }: Operation): string {
  return id === undefined ? `${kind} ${amount}` : `${kind} ${amount} ${id}`;
}

function append<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const line = map.get(key);
  if (line === undefined) map.set(key, [item]);
  else line.push(item);
}
