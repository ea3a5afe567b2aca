/**
 * Which accounts exist when. CREATEs number accounts in their order, from 100 and without gaps, so
 * that they tie all accounts together; but all that this asks for can be settled beforehand.
 *
 * Let p(n) be the moment at which account n is created. Answers bound it: it lies after every
 * invocation of what was told that n is not there, and before the completion of what found it
 * there; and p grows with n. Nothing else depends on when exactly an account is created: where each
 * p(n) has room between its bounds, creations can be taken at their earliest (`numberedAfter`), and
 * each part of the bank can be looked at by itself. (Both missing and not told which: the
 * later-numbered one is missing longest, so it is as if that one had been named.)
 *
 * CREATEs that did not tell their number fill the gaps that are left: every number below one that
 * was given must have been given. In how many ways, `numberings` tells.
 */
import { fillGaps } from './fill-gaps.ts';
import type { Finding } from './finding.ts';
import type { Operation } from './history.ts';
import { linesOf, ownedWords } from './operation-words.ts';

export const FIRST_ACCOUNT = 100;

export interface NumberingOptions {
  /** There may have been accounts before the history, and others who create some. */
  readonly isExisting: boolean;
}

/** The operations with the accounts of all CREATEs that must have happened, and what is wrong. */
export interface Numbered {
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
  /** Accounts whose CREATE is guessed: other guesses may do where this one does not. */
  readonly guessed: ReadonlySet<number>;
  /** Nobody has seen accounts beyond `last`, but there may be some, up to `lastPossible`. */
  readonly last: number;
  readonly lastPossible: number;
  /** There are more ways than were tried. */
  readonly isGivenUp: boolean;
  /**
   * Each way to number what nobody has seen, too; empty where that makes no difference. Until then,
   * accounts up to `lastPossible` may hold anything.
   */
  readonly unseen: () => Iterable<Numbered>;
}

/** When an account may have been created, and what says so. */
export interface Bounds {
  readonly account: number;
  create: Operation | undefined;
  after: number;
  afterWhat: Operation | undefined;
  before: number;
  beforeWhat: Operation | undefined;
}

/** Which CREATEs made which accounts. */
export type Guess = ReadonlyMap<Operation, number>;

/** Each way to number the CREATEs; at least one, which holds findings where there is none. */
export function* numberings(
  operations: readonly Operation[],
  { isExisting }: NumberingOptions,
): Generator<Numbered> {
  const findings: Finding[] = [];
  const bounds = collectBounds(operations, findings);
  const untold = operations.filter(isUntoldCreate);
  const chain = isExisting ? sorted(bounds) : completeChain(bounds, untold, findings);
  if (findings.length === 0) tighten(chain, findings);
  const gaps = isExisting ? [] : chain.filter(({ create }) => create === undefined);
  const numbered = (guess: Guess, accounts = chain, lastPossible?: number): Numbered => {
    const last = accounts.at(-1)?.account ?? FIRST_ACCOUNT - 1;
    const after = findings.length > 0 ? new Map() : afterWhats(accounts, guess);
    return {
      operations: renumber(operations, guess, after), findings, guessed: new Set(guess.values()),
      last, lastPossible: lastPossible ?? last + untold.length - guess.size,
      isGivenUp: false, unseen: () => [],
    };
  };
  let isAny = false;
  if (findings.length === 0) {
    const beyond = missingBeyond(chain, bounds, untold.length);
    const touched = touchedAccounts(operations);
    const unseen = (base: Guess): Iterable<Numbered> =>
      numberUnseen(base, { chain, beyond, untold, touched, numbered });
    for (const guess of fillGaps(gaps, beyond, untold, touched)) {
      isAny = true;
      if (guess === 'given-up') yield { ...numbered(new Map()), isGivenUp: true };
      else if (isExisting) yield numbered(guess);
      else yield { ...numbered(guess), unseen: () => unseen(guess) };
    }
    if (!isAny) findings.push(unfillable(gaps));
  }
  if (!isAny) yield numbered(new Map());
}

interface Unseen {
  readonly chain: readonly Bounds[];
  readonly beyond: readonly Bounds[];
  readonly untold: readonly Operation[];
  readonly touched: ReadonlySet<number>;
  readonly numbered: (guess: Guess, chain?: Bounds[], lastPossible?: number) => Numbered;
}

/** Each way to number accounts after the last, from none to as many as are asked for. */
function* numberUnseen(
  base: Guess, { chain, beyond, untold, touched, numbered }: Unseen,
): Generator<Numbered> {
  const rest = untold.filter((each) => !base.has(each));
  const most = beyond.slice(0, rest.length).findLastIndex(({ account }) => touched.has(account));
  if (most < 0) return;
  const last = chain.at(-1)?.account ?? FIRST_ACCOUNT - 1;
  const floor = afterWhats(chain, base).get(last)?.invoked;
  for (let count = 0; count <= most + 1; count += 1) {
    const [made, missing] = [beyond.slice(0, count), beyond.slice(count)];
    for (const guess of fillGaps(made, missing, rest, touched, floor)) {
      if (guess === 'given-up') yield { ...numbered(base), isGivenUp: true };
      else yield numbered(new Map([...base, ...guess]), [...chain, ...made], last + count);
    }
  }
}

function isUntoldCreate({ kind, answer, malformed }: Operation): boolean {
  if (kind !== 'create' || malformed !== undefined) return false;
  return answer.kind === 'unknown' || (answer.kind === 'ok' && Number.isNaN(answer.account));
}

/** Accounts whose balances are told or changed: for others it does not matter who made them. */
function touchedAccounts(operations: readonly Operation[]): ReadonlySet<number> {
  const touched = new Set<number>();
  for (const { answer, account, toAccount } of operations) {
    if (answer.kind === 'nothing' || answer.kind === 'never') continue;
    if (account >= 0) touched.add(account);
    if (toAccount >= 0) touched.add(toAccount);
  }
  return touched;
}

function collectBounds(
  operations: readonly Operation[], findings: Finding[],
): Map<number, Bounds> {
  const bounds = new Map<number, Bounds>();
  const boundsOf = (account: number): Bounds => {
    const known = bounds.get(account);
    if (known !== undefined) return known;
    const created: Bounds = {
      account, create: undefined,
      after: -1, afterWhat: undefined, before: Infinity, beforeWhat: undefined,
    };
    bounds.set(account, created);
    return created;
  };
  for (const operation of operations) {
    const { kind, answer, malformed } = operation;
    if (kind === 'outcome' || malformed !== undefined) continue;
    if (kind === 'create') noteCreate(operation, boundsOf, findings);
    else if (answer.refusal === 'ACCT_NOT_FOUND') noteMissing(operation, boundsOf, findings);
    else if (answer.kind === 'ok' || answer.kind === 'refused') noteThere(operation, boundsOf);
  }
  return bounds;
}

type BoundsOf = (account: number) => Bounds;

function noteCreate(operation: Operation, boundsOf: BoundsOf, findings: Finding[]): void {
  const { answer } = operation;
  if (answer.kind !== 'ok' || Number.isNaN(answer.account)) return;
  const bounds = boundsOf(answer.account);
  if (bounds.create !== undefined) {
    const both = [bounds.create, operation];
    const sentence = `one number for two accounts: ${both.map(ownedWords).join(' and ')}`;
    findings.push({ rule: 'account-numbers', sentence, lines: linesOf(both) });
  }
  bounds.create = operation;
  raise(bounds, operation);
  lower(bounds, operation);
}

function noteThere(operation: Operation, boundsOf: BoundsOf): void {
  lower(boundsOf(operation.account), operation);
  if (operation.kind === 'transfer') lower(boundsOf(operation.toAccount), operation);
}

/** A missing `from` is reported before a missing `to`; so whoever misses `to` has found `from`. */
function noteMissing(operation: Operation, boundsOf: BoundsOf, findings: Finding[]): void {
  const { kind, account, toAccount, answer } = operation;
  if (kind !== 'transfer') return raise(boundsOf(account), operation);
  const named = answer.account;
  if (Number.isNaN(named)) return raise(boundsOf(Math.max(account, toAccount)), operation);
  if (named === account) return raise(boundsOf(account), operation);
  if (named === toAccount && account < toAccount) {
    lower(boundsOf(account), operation);
    return raise(boundsOf(toAccount), operation);
  }
  const sentence = `${ownedWords(operation)} misses account ${named}, but not account ${account}`;
  findings.push({ rule: 'account-numbers', sentence, lines: linesOf([operation]) });
}

function raise(bounds: Bounds, operation: Operation): void {
  if (operation.invoked <= bounds.after) return;
  bounds.after = operation.invoked;
  bounds.afterWhat = operation;
}

function lower(bounds: Bounds, operation: Operation): void {
  if (operation.completed >= bounds.before) return;
  bounds.before = operation.completed;
  bounds.beforeWhat = operation;
}

function sorted(bounds: ReadonlyMap<number, Bounds>): Bounds[] {
  const known = [...bounds.values()].filter(({ create }) => create !== undefined);
  return known.sort((one, other) => one.account - other.account);
}

/** Every account from the first to the last that must exist. */
function completeChain(
  bounds: ReadonlyMap<number, Bounds>, untold: readonly Operation[], findings: Finding[],
): Bounds[] {
  const there = [...bounds.values()].filter(({ before }) => before < Infinity);
  const impossible = there.find(({ account }) => account < FIRST_ACCOUNT);
  if (impossible !== undefined) {
    findings.push(neverCreated(impossible));
    return [];
  }
  const created = there.filter(({ create }) => create !== undefined).length;
  const certain = untold.filter(({ answer }) => answer.kind === 'ok').length;
  const largest = there.reduce((max, { account }) => Math.max(max, account), FIRST_ACCOUNT - 1);
  const last = Math.max(largest, FIRST_ACCOUNT + created + certain - 1);
  if (last - FIRST_ACCOUNT + 1 - created > untold.length) {
    const shown = there.filter(({ create }) => create === undefined);
    const first = shown.sort((one, other) => one.account - other.account)[0];
    findings.push(first === undefined ? skipped(there) : neverCreated(first));
    return [];
  }
  return Array.from({ length: last - FIRST_ACCOUNT + 1 }, (_, at) =>
    bounds.get(FIRST_ACCOUNT + at) ?? {
      account: FIRST_ACCOUNT + at, create: undefined,
      after: -1, afterWhat: undefined, before: Infinity, beforeWhat: undefined,
    });
}

/** Each account is created after all before it, and before all after it. */
function tighten(chain: readonly Bounds[], findings: Finding[]): void {
  for (const [at, bounds] of chain.entries()) {
    const previous = chain[at - 1];
    if (previous === undefined || previous.after <= bounds.after) continue;
    bounds.after = previous.after;
    bounds.afterWhat = previous.afterWhat;
  }
  for (let at = chain.length - 2; at >= 0; at -= 1) {
    const [bounds, next] = [chain[at], chain[at + 1]];
    if (bounds === undefined || next === undefined || next.before >= bounds.before) continue;
    bounds.before = next.before;
    bounds.beforeWhat = next.beforeWhat;
  }
  const wrong = chain.find(({ after, before }) => after >= before);
  if (wrong !== undefined) findings.push(outOfOrder(wrong));
}

/** The accounts after the last, which were seen to be missing at least until `after`. */
function missingBeyond(
  chain: readonly Bounds[], bounds: ReadonlyMap<number, Bounds>, count: number,
): readonly Bounds[] {
  const last = chain.at(-1);
  let latest = { after: last?.after ?? -1, afterWhat: last?.afterWhat };
  return Array.from({ length: count }, (_, at) => {
    const account = (last?.account ?? FIRST_ACCOUNT - 1) + 1 + at;
    const own = bounds.get(account);
    if (own !== undefined && own.after > latest.after) latest = own;
    const { after, afterWhat } = latest;
    return {
      account, create: undefined, after, afterWhat, before: Infinity, beforeWhat: undefined,
    };
  });
}

/** Of each account the last that was asked before it can have been created. */
function afterWhats(chain: readonly Bounds[], guess: Guess): Map<number, Operation> {
  const created = new Map([...guess].map(([create, account]) => [account, create]));
  const whats = new Map<number, Operation>();
  let latest: Operation | undefined;
  for (const { account, afterWhat } of chain) {
    for (const what of [afterWhat, created.get(account)]) {
      if (what !== undefined && what.invoked > (latest?.invoked ?? -1)) latest = what;
    }
    if (latest !== undefined) whats.set(account, latest);
  }
  return whats;
}

function renumber(
  operations: readonly Operation[], guess: Guess, after: ReadonlyMap<number, Operation>,
): readonly Operation[] {
  if (!operations.some(({ kind }) => kind === 'create')) return operations;
  return operations.map((each) => {
    if (each.kind !== 'create') return each;
    const account = Number.isNaN(each.answer.account) ? guess.get(each) : each.answer.account;
    if (account === undefined) return each;
    const what = after.get(account);
    const isLater = what !== undefined && what.invoked > each.invoked;
    return { ...each, account, ...(isLater ? { numberedAfter: what } : {}) };
  });
}

function neverCreated({ account, beforeWhat }: Bounds): Finding {
  const shown = beforeWhat === undefined ? '' : `: ${ownedWords(beforeWhat)}`;
  return {
    rule: 'account-numbers',
    sentence: `account ${account} is there, but no CREATE can have made it${shown}`,
    lines: beforeWhat === undefined ? [] : linesOf([beforeWhat]),
  };
}

/** More numbers were given than there were CREATEs. */
function skipped(there: readonly Bounds[]): Finding {
  const accounts = there.toSorted((one, other) => one.account - other.account);
  const first = accounts.find(({ account }, at) => account !== FIRST_ACCOUNT + at);
  const create = first?.create;
  const words = create === undefined ? '' : `: ${ownedWords(create)} skips`;
  return {
    rule: 'account-numbers',
    sentence: `accounts are numbered from ${FIRST_ACCOUNT} without gaps${words}`,
    lines: create === undefined ? [] : linesOf([create]),
  };
}

function outOfOrder({ account, afterWhat, beforeWhat }: Bounds): Finding {
  const both = [beforeWhat, afterWhat].filter((each) => each !== undefined);
  const [before = '', after = ''] = both.map(ownedWords);
  const sentence = `account ${account} was there when ${before} was answered, ` +
    `and can't have been when ${after} was asked, later`;
  return { rule: 'account-numbers', sentence, lines: linesOf(both) };
}

function unfillable(gaps: readonly Bounds[]): Finding {
  const first = gaps.find(({ beforeWhat }) => beforeWhat !== undefined);
  if (first !== undefined) return neverCreated(first);
  const sentence = 'no order of the CREATEs numbers the accounts without gaps';
  return { rule: 'account-numbers', sentence, lines: [] };
}
