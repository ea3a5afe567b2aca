/**
 * What clients saw, judged against the one history that the replicas ended with: strict order,
 * reads included (property 3), each request at most once, "nothing happened" for ever, totals
 * (property 4).
 */
import type { ExecutedEntry } from '../core/entry.ts';
import { Ledger } from '../core/ledger.ts';
import {
  decodeOperation,
  decodeResult,
  readChunkHeader,
  REASON,
  RECORD_BYTES,
  viewOf,
  type Operation,
  type Result,
} from '../core/operation.ts';
import type { Observed } from './sim-client.ts';
import { replay, SIM_LIMITS } from './memory-hit.ts';

interface Run {
  readonly seq: number;
  readonly result: Result;
}

interface Replayed {
  /** Of each request, where it ran: not as a duplicate. */
  readonly runs: Map<string, Run[]>;
  readonly states: Map<number, number>[];
  readonly found: string[];
}

/** Every way in which the history and the journal contradict each other, in words. */
export function contradictions(
  history: readonly Observed[],
  journal: readonly ExecutedEntry[],
): string[] {
  const { runs, states, found } = replayStates(journal);
  const latestBefore = completionsBySeq(history);
  for (const observed of history) {
    const before = latestBefore(observed.invokedMs);
    if (observed.operation.kind === 'query') judgeRead(observed, states, before, found);
    else judgeWrite(observed, runs, before, found);
  }
  judgeConnections(history, found);
  return found;
}

function name({ client, operation, session, number }: Observed): string {
  return `client ${client} ${operation.kind} ${session}-${number}`;
}

function judgeRead(
  observed: Observed,
  states: Map<number, number>[],
  before: number,
  found: string[],
): void {
  const { operation, outcome, seq, result } = observed;
  if (outcome !== 'answered' || result === undefined) return;
  const what = name(observed);
  if (seq < before) found.push(`${what}: stale: read at ${seq}, but ${before} was answered`);
  const balance = states[seq]?.get(operation.account ?? 0);
  const seen = result.code === 'ok' ? result.balance : undefined;
  if (balance !== seen) found.push(`${what}: saw ${seen} at seq ${seq}, where it was ${balance}`);
}

function judgeWrite(
  observed: Observed,
  runs: Map<string, Run[]>,
  before: number,
  found: string[],
): void {
  const { session, number, outcome, seq, result, operation, duplicate } = observed;
  const what = name(observed);
  const at = runs.get(`${session}-${number}`) ?? [];
  const [first] = at;
  if (at.length > 1) found.push(`${what}: ran ${at.length} times`);
  if (outcome === 'refused' && first !== undefined) {
    found.push(`${what}: refused (${observed.detail}), but ran at ${first.seq}`);
  }
  if (outcome === 'passed-over' && first !== undefined) {
    found.push(`${what}: passed over, but ran at ${first.seq}`);
  }
  if (outcome !== 'answered' || result === undefined) return;
  if (operation.kind === 'outcome') return judgeOutcome(observed, runs, found);
  if (operation.key !== undefined || result.code === 'sessionExpired') return;
  if (first === undefined) found.push(`${what}: answered, but is not in the journal`);
  else if (first.seq !== seq) found.push(`${what}: answered at ${seq}, but ran at ${first.seq}`);
  else if (!sameResult(first.result, result)) found.push(`${what}: answered otherwise than it ran`);
  if (seq < before && !duplicate)
    found.push(`${what}: ran at ${seq}, after ${before} was answered`);
}

/** What OUTCOME said of a request is true, and stays so. */
function judgeOutcome(observed: Observed, runs: Map<string, Run[]>, found: string[]): void {
  const { operation, result } = observed;
  const [asked] = runs.get(`${operation.account}-${operation.toAccount}`) ?? [];
  // Asked for another OUTCOME, it repeats what that one was told.
  if (
    result?.code === 'neverHappened' &&
    asked !== undefined &&
    asked.result.code !== result.code
  ) {
    found.push(`${name(observed)}: said never happened, but it ran at ${asked.seq}`);
  }
}

/** Over one connection things happen in the order in which they were sent. */
function judgeConnections(history: readonly Observed[], found: string[]): void {
  const connections = new Map<string, Observed[]>();
  for (const observed of history) {
    const { client, firstConnection, lastConnection, sendings, outcome, duplicate } = observed;
    const once = sendings === 1 && firstConnection === lastConnection && !duplicate;
    if (!once || outcome !== 'answered' || observed.operation.key !== undefined) continue;
    const of = `${client} ${firstConnection}`;
    connections.set(of, [...(connections.get(of) ?? []), observed]);
  }
  for (const line of connections.values()) {
    line.sort((one, other) => one.place - other.place);
    for (let at = 1; at < line.length; at += 1) {
      const one = line[at - 1] as Observed;
      const two = line[at] as Observed;
      if (one.operation.kind === 'outcome' || two.operation.kind === 'outcome') continue;
      const late =
        one.operation.kind === 'query' && two.operation.kind !== 'query'
          ? one.seq >= two.seq
          : one.seq > two.seq;
      if (late) found.push(`${name(two)} at ${two.seq} overtook ${name(one)} at ${one.seq}`);
    }
  }
}

function sameResult(one: Result, other: Result): boolean {
  return (
    one.code === other.code &&
    one.account === other.account &&
    one.balance === other.balance &&
    one.toBalance === other.toBalance
  );
}

function replayStates(journal: readonly ExecutedEntry[]): Replayed {
  const ledger = new Ledger(SIM_LIMITS);
  const states: Map<number, number>[] = [new Map()];
  const replayed: Replayed = { runs: new Map(), states, found: [] };
  let total = 0;
  for (const entry of journal) {
    const { results, digest } = ledger.execute(entry.seq, entry.timestamp, entry.batch);
    if (digest !== entry.digest) replayed.found.push(`seq ${entry.seq}: another digest on replay`);
    total += noteRuns(entry, results, states[entry.seq - 1] ?? new Map(), replayed.runs);
    const state = new Map<number, number>();
    let sum = 0;
    for (const { account, balance } of ledger.balances()) {
      state.set(account, balance);
      sum += balance;
    }
    states[entry.seq] = state;
    if (sum !== total) {
      replayed.found.push(`seq ${entry.seq}: the balances sum to ${sum}, not ${total}`);
      total = sum;
    }
  }
  if (journal.length > 0 && replay(journal).recomputeStateDigest() !== ledger.stateDigest) {
    replayed.found.push('the state digest is not that of the accounts');
  }
  return replayed;
}

/** Notes what ran; by how much the total has changed. */
function noteRuns(
  entry: ExecutedEntry,
  results: Uint8Array,
  before: ReadonlyMap<number, number>,
  runs: Map<string, Run[]>,
): number {
  const batch = viewOf(entry.batch);
  const outcomes = viewOf(results);
  const balances = new Map(before);
  let change = 0;
  let index = 0;
  for (let start = 0; start < entry.batch.length;) {
    const header = readChunkHeader(batch, start);
    if (header === undefined) throw new Error(`seq ${entry.seq}: no chunk at ${start}`);
    let offset = start + RECORD_BYTES;
    for (let place = 0; place < header.operations; place += 1) {
      const decoded = decodeOperation(batch, offset);
      const result = decodeResult(outcomes, index);
      const id = `${header.session}-${header.firstRequest + place}`;
      const passedOver =
        result.code === 'sessionExpired' ||
        (result.code === 'badRequest' && result.detail === REASON.passedOver);
      if (result.code !== 'duplicate' && !passedOver) {
        runs.set(id, [...(runs.get(id) ?? []), { seq: entry.seq, result }]);
        if (decoded !== undefined) change += totalChange(decoded.operation, result, balances);
      }
      offset = decoded?.next ?? offset + RECORD_BYTES;
      index += 1;
    }
    start += header.bytes;
  }
  return change;
}

/** What the operation, by its own words, adds to the sum of all balances. */
function totalChange(operation: Operation, result: Result, balances: Map<number, number>): number {
  if (result.code !== 'ok') return 0;
  const { kind, amount = 0 } = operation;
  const was = balances.get(result.account) ?? 0;
  if (kind === 'create' || kind === 'update' || kind === 'deposit' || kind === 'withdraw') {
    balances.set(result.account, result.balance);
  }
  if (kind === 'transfer') {
    balances.set(operation.account ?? 0, result.balance);
    balances.set(operation.toAccount ?? 0, result.toBalance);
  }
  switch (kind) {
    case 'create':
    case 'deposit':
      return scaled(amount, operation);
    case 'withdraw':
      return -scaled(amount, operation);
    case 'update':
      return result.balance - was;
    case 'transfer':
    case 'query':
    case 'outcome':
    case 'lease':
    case 'end':
      return 0;
  }
}

function scaled(amount: number, { scale = 0 }: Operation): number {
  return amount * 10 ** (2 - scale);
}

/** The highest seq whose answer a client had before a moment. */
function completionsBySeq(history: readonly Observed[]): (ms: number) => number {
  const done = history
    .filter(({ outcome, operation }) => outcome === 'answered' && operation.kind !== 'outcome')
    .sort((one, other) => one.completedMs - other.completedMs);
  const highest: number[] = [];
  for (const { seq } of done) highest.push(Math.max(seq, highest.at(-1) ?? 0));
  return (ms) => {
    let low = 0;
    let high = done.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((done[middle]?.completedMs ?? 0) < ms) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (highest[low - 1] ?? 0);
  };
}
