/**
 * Conservation: what accounts hold at the end is what was put into them less what was taken out.
 *
 * Looked at where it is known: for accounts that only transfers join, when all were told their
 * balances after the last change. Writes of unknown outcome may or may not be in the sum; where
 * there is an UPDATE, whose difference nobody tells, nothing is said. This follows from
 * linearizability, but names the cents that are too many or too few.
 */
import { formatHundredths } from './decimal.ts';
import { DisjointSets } from './disjoint-sets.ts';
import type { Finding } from './finding.ts';
import type { Operation } from './history.ts';
import { linesOf } from './operation-words.ts';

/** With more writes of unknown outcome in one part of the bank, nothing is said of it. */
const UNKNOWN_MAX = 10;

/** What is known of accounts that transfers join. */
interface Part {
  paid: bigint;
  /** What each write of unknown outcome may have changed the sum by, if it changed it. */
  readonly unknown: (readonly bigint[])[];
  readonly created: Set<number>;
  readonly accounts: Set<number>;
  isKnown: boolean;
}

/** The last that was told of an account. */
interface Last {
  told: Operation | undefined;
  balance: number;
  /** The end of the last change that is not the one that was told. */
  changed: number;
}

/** Operations with the accounts of their CREATEs, each effect once. */
export function checkConservation(operations: readonly Operation[]): readonly Finding[] {
  const effective = operations.filter(({ kind, malformed, answer, account }) =>
    kind !== 'outcome' && malformed === undefined && account >= 0 &&
    (answer.kind === 'ok' || answer.kind === 'unknown'));
  const lasts = lastTold(effective);
  const parts = collectParts(effective);
  const findings: Finding[] = [];
  for (const part of parts) {
    if (!part.isKnown || part.unknown.length > UNKNOWN_MAX) continue;
    if (!part.accounts.isSubsetOf(part.created)) continue;
    const known = [...part.accounts].map((account) => lasts.get(account));
    if (!known.every((each) => each !== undefined && isSettled(each))) continue;
    const finding = judge(part, known.filter((each) => each !== undefined));
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function isSettled({ told, changed, balance }: Last): boolean {
  return told !== undefined && changed < told.invoked && Number.isSafeInteger(balance);
}

function lastTold(operations: readonly Operation[]): Map<number, Last> {
  const lasts = new Map<number, Last>();
  const ended = operations.toSorted((one, other) => one.completed - other.completed);
  for (const operation of ended) {
    const { kind, account, toAccount, answer, amount } = operation;
    const balance = kind === 'create' ? amount : answer.balance;
    note(lasts, account, operation, balance);
    if (kind === 'transfer') note(lasts, toAccount, operation, answer.toBalance);
  }
  return lasts;
}

function note(
  lasts: Map<number, Last>, account: number, operation: Operation, balance: number,
): void {
  const last = lasts.get(account) ?? { told: undefined, balance: NaN, changed: -1 };
  lasts.set(account, last);
  const { kind, answer, completed } = operation;
  // What may have happened at any time is counted as such, in the sum.
  if (answer.kind !== 'ok') return;
  const isChange = last.told !== undefined && last.told.kind !== 'query';
  if (isChange) last.changed = Math.max(last.changed, last.told?.completed ?? -1);
  if (Number.isNaN(balance)) {
    if (kind !== 'query') last.changed = completed;
    return;
  }
  last.told = operation;
  last.balance = balance;
}

function collectParts(operations: readonly Operation[]): readonly Part[] {
  const sets = new DisjointSets<number>();
  for (const { kind, account, toAccount } of operations) {
    sets.find(account);
    if (kind === 'transfer') sets.join(account, toAccount);
  }
  const parts = new Map<number, Part>();
  for (const operation of operations) {
    const root = sets.find(operation.account);
    const part: Part = parts.get(root) ??
      { paid: 0n, unknown: [], created: new Set(), accounts: new Set(), isKnown: true };
    parts.set(root, part);
    part.accounts.add(operation.account);
    if (operation.kind === 'transfer') part.accounts.add(operation.toAccount);
    count(part, operation);
  }
  return [...parts.values()];
}

function count(part: Part, { kind, amount, answer, account }: Operation): void {
  if (kind === 'create') part.created.add(account);
  if (kind === 'update') part.isKnown = false;
  if (kind === 'query' || kind === 'update') return;
  const change = BigInt(kind === 'withdraw' ? -amount : amount);
  if (answer.kind === 'unknown') {
    // A transfer that comes between what the one account told and what the other told shows half.
    part.unknown.push(kind === 'transfer' ? [change, -change] : [change]);
  } else if (kind !== 'transfer') part.paid += change;
}

function judge({ paid, unknown, accounts }: Part, known: readonly Last[]): Finding | undefined {
  const held = known.reduce((sum, { balance }) => sum + BigInt(balance), 0n);
  let possible = new Set([paid]);
  for (const changes of unknown) {
    const changed = [...possible].flatMap((sum) => changes.map((change) => sum + change));
    possible = possible.union(new Set(changed));
  }
  if (possible.has(held)) return undefined;
  const told = known.map((each) => each.told).filter((each) => each !== undefined);
  const count = unknown.length === 1 ? 'one more write' : `${unknown.length} more writes`;
  const maybe = unknown.length === 0 ? '' : `; ${count} may or may not have happened`;
  return {
    rule: 'conservation',
    sentence: `${nameAccounts(accounts)} ${money(held)} at the end, but ${money(paid)} ` +
      `was put into them (created and deposited, less withdrawn)${maybe}`,
    lines: linesOf(told).slice(0, 20),
  };
}

function nameAccounts(accounts: ReadonlySet<number>): string {
  const named = [...accounts].sort((one, other) => one - other);
  if (named.length === 1) return `account ${named[0]} holds`;
  if (named.length <= 5) return `accounts ${named.join(', ')} hold`;
  return `the ${named.length} accounts from ${named[0]} to ${named.at(-1)} hold`;
}

function money(hundredths: bigint): string {
  const number = Number(hundredths);
  return Number.isSafeInteger(number) ? formatHundredths(number) : `${hundredths} hundredths`;
}
