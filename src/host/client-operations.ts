/**
 * What callers of the client library say of an operation, and the operation that it makes. A
 * string, where an operation is expected, says why there is none.
 */
import { isAmountOf, parseDecimal, type ScaledAmount } from '../core/amount.ts';
import { currencyNumber, scaleOf } from '../core/currency.ts';
import { DEFAULT_SCALE, type Operation } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { PAGE_ACCOUNTS_MAX } from '../core/reports.ts';
import type { Terms } from '../core/terms.ts';

/**
 * A decimal such as `'50.00'`, read exactly; or an integer of hundredths, such as 5000. An account
 * whose currency has not two digits after the point takes decimals, with as many as it has.
 */
export type Amount = string | number;

export interface ReadOptions {
  /** How long it is tried. */
  readonly timeoutMs?: number;
}

export interface RequestOptions extends ReadOptions {
  /** The idempotency key of a write: 1 to 64 visible ASCII characters. */
  readonly key?: string;
  /** Whether the outcome of a write has `details`: it has, unless it is said; of `submit` not. */
  readonly details?: boolean;
}

/** Of a write that posts money, or will. */
export interface PostingOptions extends RequestOptions {
  /** What it is for: 1 to 64 bytes of UTF-8, no control characters, no blanks at its ends. */
  readonly reference?: string;
}

/** One condition at most; where it does not hold, the code is `conditionFailed`. */
export interface WriteOptions extends PostingOptions {
  /** Only if this is the account's version (of a transfer: that of the first account). */
  readonly ifVersion?: number;
  /** Only if this is its balance. */
  readonly ifBalance?: Amount;
}

/** With an id it may be reversed, and takes no condition. */
export interface TransferOptions extends WriteOptions {
  /** Of no other hold or transfer: 1 to 16 visible ASCII characters, but not digits.digits. */
  readonly id?: string;
}

export interface HoldOptions extends PostingOptions {
  /** As that of a transfer; where none is given, `holdId` tells the one that the bank gave. */
  readonly id?: string;
  /** Whole seconds, in milliseconds: then it expires. Without it, it holds until it is settled. */
  readonly forMs?: number;
}

export interface CreateOptions extends PostingOptions {
  /** Of no other account: 1 to 32 bytes of UTF-8, no control characters, no blanks at its ends. */
  readonly name?: string;
  /** As in ISO 4217. Without one, amounts have two digits after the point. */
  readonly currency?: string;
  /** The balance is never below it; 0 unless it is said, below zero for a credit line. */
  readonly floor?: Amount;
  /** The balance is never above it. */
  readonly ceiling?: Amount;
}

/** What is not said stays. */
export interface AmendOptions extends Omit<WriteOptions, 'reference'> {
  readonly name?: string;
  readonly floor?: Amount;
  readonly ceiling?: Amount;
  /** Nothing goes in or out while it is true. */
  readonly frozen?: boolean;
  /** For good, and only where the balance is zero. */
  readonly closed?: true;
}

export interface AccountsOptions extends ReadOptions {
  /** What their names begin with. */
  readonly name?: string;
  readonly currency?: string;
  /** The least and the greatest balance. */
  readonly min?: Amount;
  readonly max?: Amount;
  /** Only accounts with higher numbers. */
  readonly after?: number;
}

export function createOperation(amount: Amount, options: CreateOptions): Operation | string {
  const { currency, floor, ceiling } = options;
  const digits = scaleOf(currencyNumber(currency ?? '') ?? 0);
  for (const each of [amount, floor, ceiling]) {
    if (typeof each === 'number' && digits !== DEFAULT_SCALE) {
      return `an amount in ${currency} is a decimal in quotes: a number counts hundredths`;
    }
    const scaled = each === undefined ? undefined : toScaledAmount(each, true);
    if (scaled !== undefined && !isAmountOf(scaled, digits)) return `${each} is not an amount`;
  }
  return writeOperation({ kind: 'create' }, amount, options);
}

/** `amount` is undefined where the operation has none. */
export function writeOperation(
  operation: Operation, amount: Amount | undefined, options: CreateOptions & AmendOptions,
): Operation | string {
  const scaled = amount === undefined ? {} : toScaledAmount(amount);
  if (scaled === undefined) return `${amount} is not an amount`;
  const { name, currency, frozen, closed, ifVersion, reference } = options;
  if (frozen !== undefined && closed !== undefined) return 'an account is frozen or closed';
  const limits = limitTerms(options);
  if (typeof limits === 'string') return limits;
  const terms: Terms = {
    ...limits,
    ...(name === undefined ? {} : { name }),
    ...(currency === undefined ? {} : { currency }),
    ...(frozen === undefined ? {} : { frozen }),
    ...(closed === undefined ? {} : { closed }),
    ...(ifVersion === undefined ? {} : { ifVersion }),
  };
  const isPlain = Object.keys(terms).length === 0;
  return {
    ...operation,
    ...scaled,
    ...(isPlain ? {} : { terms }),
    ...(reference === undefined ? {} : { reference }),
  };
}

/** `account` is the one that the money is to leave. */
export function holdOperation(
  account: number, toAccount: number, amount: Amount, options: HoldOptions,
): Operation | string {
  const { id, forMs, reference } = options;
  if (forMs !== undefined && !(forMs >= 1_000 && forMs % 1_000 === 0)) {
    return 'a hold is for whole seconds, at least one';
  }
  return writeOperation({
    kind: 'hold', account, toAccount,
    ...(id === undefined ? {} : { id }),
    ...(forMs === undefined ? {} : { forSeconds: forMs / 1_000 }),
  }, amount, reference === undefined ? {} : { reference });
}

/** The id that the bank gave to a hold that was given none; undefined where it is no such hold. */
export function holdId(outcome: Outcome): string | undefined {
  if (outcome.kind !== 'answered' || outcome.result.code !== 'ok') return undefined;
  const { result, seq } = outcome;
  const isGiven = result.kind === 'hold' && result.toBalance >= 0;
  return isGiven ? `${seq}.${result.toBalance}` : undefined;
}

export function accountsOperation(options: AccountsOptions): Operation | string {
  const { name, currency, min, max, after = 0 } = options;
  const page: Operation = { kind: 'accounts', account: after + 1, amount: PAGE_ACCOUNTS_MAX };
  return writeOperation(page, undefined, {
    ...(name === undefined ? {} : { name }),
    ...(currency === undefined ? {} : { currency }),
    ...(min === undefined ? {} : { floor: min }),
    ...(max === undefined ? {} : { ceiling: max }),
  });
}

/** Amounts that share one scale, as terms do. */
export interface Limits<AnyAmount> {
  readonly floor?: AnyAmount | undefined;
  readonly ceiling?: AnyAmount | undefined;
  readonly ifBalance?: AnyAmount | undefined;
}

const LIMITS = ['floor', 'ceiling', 'ifBalance'] as const;

function limitTerms(amounts: Limits<Amount>): Terms | string {
  const limits: Partial<Record<keyof Limits<Amount>, ScaledAmount>> = {};
  for (const limit of LIMITS) {
    const amount = amounts[limit];
    if (amount === undefined) continue;
    const scaled = toScaledAmount(amount, true);
    if (scaled === undefined) return `${amount} is not an amount`;
    limits[limit] = scaled;
  }
  return alignLimits(limits) ?? 'the limits are too far apart in size';
}

/** With the digits of the one that has most; undefined where another gets too large for them. */
export function alignLimits(limits: Limits<ScaledAmount>): Terms | undefined {
  const scale = Math.max(0, ...LIMITS.map((limit) => limits[limit]?.scale ?? 0));
  const terms: { -readonly [Limit in keyof Limits<number>]: number } = {};
  for (const limit of LIMITS) {
    const amount = limits[limit];
    if (amount === undefined) continue;
    if (!isAmountOf(amount, scale)) return undefined;
    terms[limit] = amount.amount * 10 ** (scale - amount.scale);
  }
  return scale === 0 ? terms : { ...terms, scale };
}

function toScaledAmount(amount: Amount, isSigned = false): ScaledAmount | undefined {
  const scaled = typeof amount === 'string'
    ? parseDecimal(amount) : { amount, scale: DEFAULT_SCALE };
  if (scaled === undefined || !Number.isSafeInteger(scaled.amount)) return undefined;
  return scaled.amount < 0 && !isSigned ? undefined : scaled;
}
