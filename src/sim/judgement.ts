/**
 * What clients saw, judged against the one history that the replicas ended with: strict order,
 * reads included (property 3), each request at most once, "nothing happened" for ever, totals
 * (property 4). It knows nothing of the protocol: only what was asked, what was answered, and what
 * the journal says.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import type { LedgerLimits } from '../core/ledger.ts';
import type { Operation, Result } from '../core/operation.ts';
import { parseRequestId } from '../core/request-id.ts';
import { isWrite, JournalStory, neverRan, type Run } from './journal-story.ts';
import type { Answer, Observed } from './observed.ts';

/** One operation of a submission. */
interface Claim {
  readonly observed: Observed;
  readonly operation: Operation;
  readonly answer: Answer | undefined;
  /** Undefined where it was never sent, and for a read. */
  readonly request: { readonly session: number; readonly number: number } | undefined;
}

/** Every way in which the history and the journal contradict each other, in words. */
export function contradictions(
  history: readonly Observed[],
  journal: readonly ExecutedEntry[],
  limits?: Partial<LedgerLimits>,
): string[] {
  const story = new JournalStory(journal, limits);
  const found = [...story.found];
  const latestBefore = completionsBySeq(history);
  for (const observed of history) {
    const before = latestBefore(observed.invokedMs);
    for (const claim of claimsOf(observed)) judge(claim, story, before, found);
  }
  for (const line of submissionOrders(history)) judgeOrder(line, story, found);
  return found;
}

function claimsOf(observed: Observed): Claim[] {
  const id = observed.request === undefined ? undefined : parseRequestId(observed.request);
  return observed.operations.map((operation, index) => {
    const isNumbered = id?.kind === 'write';
    const request = isNumbered ? { session: id.session, number: id.number + index } : undefined;
    return { observed, operation, answer: observed.answers[index], request };
  });
}

function name({ observed, operation, request }: Claim): string {
  const { client } = observed;
  const id = request === undefined ? (observed.request ?? 'unsent') : idOf(request);
  return `client ${client} ${operation.kind} ${id}`;
}

function idOf({ session, number }: { session: number; number: number }): string {
  return `${session}-${number}`;
}

function judge(claim: Claim, story: JournalStory, before: number, found: string[]): void {
  const { observed, operation, answer } = claim;
  if (operation.kind === 'query') judgeRead(claim, story, before, found);
  else if (observed.outcome === 'refused') judgeNothing(claim, 'refused', story, found);
  else if (answer === undefined) return;
  else if (operation.kind === 'outcome') judgeOutcome(claim, answer, story, found);
  else if (operation.kind === 'end' || answer.result.code === 'sessionExpired') return;
  else if (neverRan(answer.result)) judgeNothing(claim, 'passed over', story, found);
  else if (operation.key !== undefined) judgeKeyed(claim, operation.key, answer, story, found);
  else judgeWrite(claim, answer, story, before, found);
}

function judgeRead(claim: Claim, story: JournalStory, before: number, found: string[]): void {
  const { operation, answer } = claim;
  if (answer === undefined) return;
  const { seq, result } = answer;
  const what = name(claim);
  if (seq < before) found.push(`${what}: stale: read at ${seq}, but ${before} was answered`);
  if (seq > story.lastSeq) found.push(`${what}: read at ${seq}, which has vanished`);
  const balance = story.balanceAt(operation.account ?? 0, seq);
  const seen = result.code === 'ok' ? result.balance : undefined;
  if (balance !== seen) found.push(`${what}: saw ${seen} at seq ${seq}, where it was ${balance}`);
}

/** What certainly did not happen is nowhere in the journal, under whichever number. */
function judgeNothing(claim: Claim, how: string, story: JournalStory, found: string[]): void {
  const { operation, request, observed } = claim;
  const byNumber = request === undefined ? [] : story.runsOf(request.session, request.number);
  const [run] = operation.key === undefined && isWrite(operation)
    ? [...byNumber, ...story.runsLike(operation)]
    : byNumber;
  if (run === undefined) return;
  found.push(`${name(claim)}: ${how} (${observed.detail}), but ran at ${run.seq}`);
}

function judgeWrite(
  claim: Claim, answer: Answer, story: JournalStory, before: number, found: string[],
): void {
  const { operation, request } = claim;
  const what = name(claim);
  const [run] = request === undefined ? [] : story.runsOf(request.session, request.number);
  judgeAnswer(what, answer, run, found);
  const [like] = story.runsLike(operation);
  if (like !== run) found.push(`${what}: ran at ${like?.seq}, under another number`);
  if (answer.seq <= before) {
    found.push(`${what}: ran at ${answer.seq}, after ${before} was answered`);
  }
}

function judgeAnswer(what: string, { seq, result }: Answer, run: Run | undefined, found: string[]) {
  if (run === undefined) found.push(`${what}: answered, but is not in the journal`);
  else if (run.seq !== seq) found.push(`${what}: answered at ${seq}, but ran at ${run.seq}`);
  else if (!sameResult(run.result, result)) found.push(`${what}: answered otherwise than it ran`);
}

/** The first write under a key is the only one; the same again gets its answer. */
function judgeKeyed(
  claim: Claim, key: string, answer: Answer, story: JournalStory, found: string[],
): void {
  const { code } = answer.result;
  if (code === 'badRequest') return;
  const what = `${name(claim)} @${key}`;
  const [run] = story.runsUnder(key);
  const isSame = run !== undefined && sameContent(run.operation, claim.operation);
  if (code === 'keyReused') {
    if (isSame) found.push(`${what}: refused as reused, though it is the same operation`);
    return;
  }
  judgeAnswer(what, answer, run, found);
  if (run !== undefined && !isSame) found.push(`${what}: answered for other content`);
}

/** What OUTCOME said of a request, or of a key, is true, and stays so. */
function judgeOutcome(claim: Claim, answer: Answer, story: JournalStory, found: string[]): void {
  const { operation } = claim;
  const { code } = answer.result;
  if (code === 'sessionExpired' || code === 'badRequest') return;
  const { account = 0, toAccount = 0, key } = operation;
  const [run] = key === undefined ? story.runsOf(account, toAccount) : story.runsUnder(key);
  const what = `${name(claim)} of ${key === undefined ? `${account}-${toAccount}` : `@${key}`}`;
  // Asked for another OUTCOME, it repeats what that one was told.
  if (code === 'neverHappened' && run?.result.code !== code) {
    if (run !== undefined) found.push(`${what}: said never happened, but it ran at ${run.seq}`);
    return;
  }
  // What it asked for was told an earlier answer itself.
  if (run === undefined && key === undefined && story.isDuplicate(account, toAccount)) return;
  judgeAnswer(what, answer, run, found);
}

/** The submissions of each life of each client, in order. */
function submissionOrders(history: readonly Observed[]): Iterable<Observed[]> {
  const orders = new Map<string, Observed[]>();
  for (const observed of history) {
    const of = `${observed.client} ${observed.life}`;
    const order = orders.get(of);
    if (order === undefined) orders.set(of, [observed]);
    else order.push(observed);
  }
  for (const order of orders.values()) order.sort((one, other) => one.place - other.place);
  return orders.values();
}

/** Things happen in the order in which their client submitted them. */
function judgeOrder(order: readonly Observed[], story: JournalStory, found: string[]): void {
  let write = { seq: 0, index: 0 };
  let readSeq = -1;
  for (const claim of order.flatMap(claimsOf)) {
    const { answer, operation, request } = claim;
    if (answer === undefined || operation.key !== undefined || neverRan(answer.result)) continue;
    const { seq } = answer;
    if (operation.kind === 'query') {
      const latest = Math.max(readSeq, write.seq);
      if (seq < latest) found.push(`${name(claim)} at ${seq} does not see ${latest}, before it`);
      readSeq = Math.max(readSeq, seq);
    } else if (isWrite(operation) && request !== undefined) {
      const [run] = story.runsOf(request.session, request.number);
      if (run === undefined) continue;
      const isLate = run.seq < write.seq || (run.seq === write.seq && run.index < write.index);
      if (isLate) found.push(`${name(claim)} at ${run.seq} overtook a write at ${write.seq}`);
      if (run.seq <= readSeq) found.push(`${name(claim)} was seen by a read before it`);
      write = run;
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

function sameContent(one: Operation, other: Operation): boolean {
  return (
    one.kind === other.kind &&
    (one.account ?? 0) === (other.account ?? 0) &&
    (one.toAccount ?? 0) === (other.toAccount ?? 0) &&
    (one.amount ?? 0) === (other.amount ?? 0) &&
    one.id === other.id &&
    (one.forSeconds ?? 0) === (other.forSeconds ?? 0)
  );
}

/** The highest seq whose answer a client had before a moment. */
function completionsBySeq(history: readonly Observed[]): (ms: number) => number {
  const done = history
    .filter(({ answers }) => answers.length > 0)
    .sort((one, other) => one.completedMs - other.completedMs);
  const highest: number[] = [];
  for (const { answers } of done) {
    highest.push(Math.max(...answers.map(({ seq }) => seq), highest.at(-1) ?? 0));
  }
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
