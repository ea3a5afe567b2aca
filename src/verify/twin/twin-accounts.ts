/**
 * The accounts of the twin: the rules of the bank in BigInt, the digest, and the books.
 *
 * The books count, beside the balances, how much money came in and went out: the sum of all
 * balances must be what was created, adjusted and deposited less what was withdrawn.
 */
import { CODE, KIND, REASON } from '../../core/operation.ts';
import { isExact, isNatural, LARGEST, type Answer, type TwinOperation } from './twin-records.ts';
import { TwinTable } from './twin-table.ts';

const FIRST_ACCOUNT = 100;
const SCALE = 2;
const FIELDS = [
  'balance', 'version', 'scale', 'held', 'floor', 'ceiling', 'created at', 'changed at',
];
const [BALANCE, VERSION, CHANGED_AT] = [0, 1, 7];

/** How money came in and went out, in the smallest unit. */
export interface Books {
  readonly created: bigint;
  /** What UPDATEs added, less what they took. */
  readonly adjusted: bigint;
  readonly deposited: bigint;
  readonly withdrawn: bigint;
}

interface Account {
  readonly record: number;
  readonly number: bigint;
  readonly balance: bigint;
}

export const MALFORMED: Answer = { code: CODE.badRequest, detail: REASON.malformed };

export class TwinAccounts {
  readonly table = new TwinTable('accounts', FIELDS);
  readonly #books = { created: 0n, adjusted: 0n, deposited: 0n, withdrawn: 0n };
  /** Sums of hashes, modulo 2^32: of every account but those changed by the present entry. */
  #low = 0;
  #high = 0;
  /** Their records. */
  readonly #changed = new Set<number>();
  #timestamp = 0;

  get books(): Books {
    return { ...this.#books };
  }

  /** The sum of all balances, by a scan. */
  get total(): bigint {
    let total = 0n;
    for (let record = 0; record < this.table.records; record += 1) total += this.#balance(record);
    return total;
  }

  /** The entry that begins here has this timestamp. */
  begin(timestamp: number): void {
    this.#timestamp = timestamp;
  }

  /** The sum, over all accounts, of a hash in two lanes of 32 bits. */
  digest(): { readonly low: number; readonly high: number } {
    for (const record of this.#changed) this.#count(record, 1);
    this.#changed.clear();
    return { low: this.#low, high: this.#high };
  }

  /** The number and the balance of every account, in order. */
  *balances(): IterableIterator<readonly [account: number, balance: number]> {
    for (let record = 0; record < this.table.records; record += 1) {
      yield [FIRST_ACCOUNT + record, this.table.get(record, BALANCE)];
    }
  }

  write(operation: TwinOperation): Answer {
    const { kind, account, toAccount, amount, scale } = operation;
    if (!isWellFormed(operation)) return MALFORMED;
    if (kind === KIND.transfer && account === toAccount) return bad(REASON.sameAccount);
    if (scale > SCALE) return bad(REASON.tooManyDigits);
    const units = amount * 10n ** BigInt(SCALE - scale);
    if (units > LARGEST) return bad(REASON.amountTooLarge);
    if (kind === KIND.create) return this.#create(units);
    const one = this.#find(account);
    if (one === undefined) return { code: CODE.accountNotFound, account };
    if (kind !== KIND.transfer) return this.#writeOne(kind, one, units);
    const other = this.#find(toAccount);
    if (other === undefined) return { code: CODE.accountNotFound, account: toAccount };
    return this.#transfer(one, other, units);
  }

  #create(units: bigint): Answer {
    const time = this.#timestamp;
    const record = this.table.append([Number(units), 1, SCALE, 0, 0, 0, time, time]);
    this.#changed.add(record);
    this.#books.created += units;
    return { code: CODE.ok, account: FIRST_ACCOUNT + record, balance: units, detail: 1 };
  }

  #writeOne(kind: number, one: Account, units: bigint): Answer {
    if (kind === KIND.update) {
      this.#books.adjusted += units - one.balance;
      return this.#set(one, units);
    }
    if (kind === KIND.withdraw) {
      if (one.balance < units) return refusal(CODE.insufficientFunds, one);
      this.#books.withdrawn += units;
      return this.#set(one, one.balance - units);
    }
    if (one.balance + units > LARGEST) return refusal(CODE.limitExceeded, one);
    this.#books.deposited += units;
    return this.#set(one, one.balance + units);
  }

  #transfer(one: Account, other: Account, units: bigint): Answer {
    if (one.balance < units) return refusal(CODE.insufficientFunds, one);
    if (other.balance + units > LARGEST) return refusal(CODE.limitExceeded, other);
    const toBalance = other.balance + units;
    this.#set(other, toBalance);
    return { ...this.#set(one, one.balance - units), toBalance };
  }

  #find(account: bigint): Account | undefined {
    const record = Number(account) - FIRST_ACCOUNT;
    if (!isExact(account) || record < 0 || record >= this.table.records) return undefined;
    return { record, number: account, balance: this.#balance(record) };
  }

  #balance(record: number): bigint {
    return BigInt(this.table.get(record, BALANCE));
  }

  #set({ record, number }: Account, balance: bigint): Answer {
    if (!this.#changed.has(record)) this.#count(record, -1);
    this.#changed.add(record);
    const version = this.table.get(record, VERSION) + 1;
    this.table.set(record, BALANCE, Number(balance));
    this.table.set(record, VERSION, version);
    this.table.set(record, CHANGED_AT, this.#timestamp);
    return { code: CODE.ok, account: number, balance, detail: version };
  }

  /** Counts the account into the digest, or out of it. */
  #count(record: number, sign: 1 | -1): void {
    const words = wordsOf(
      FIRST_ACCOUNT + record, this.table.get(record, BALANCE), this.table.get(record, VERSION),
    );
    this.#low = modulo(this.#low + sign * hashWords(words, 0x2545f491, 0x9e3779b1));
    this.#high = modulo(this.#high + sign * hashWords(words, 0x6a09e667, 0x85ebca77));
  }
}

/** The fields that the kind uses are exact, and the amount is not below zero. */
export function isWellFormed({ kind, account, toAccount, amount }: TwinOperation): boolean {
  if (!isNatural(amount)) return false;
  if (kind !== KIND.create && !isExact(account)) return false;
  return kind !== KIND.transfer || isExact(toAccount);
}

function bad(reason: number): Answer {
  return { code: CODE.badRequest, detail: reason };
}

function refusal(code: number, { number, balance }: Account): Answer {
  return { code, account: number, balance };
}

/** Modulo 2^32, from 0 upward, as ECMAScript's ToUint32 defines it. */
function modulo(value: number): number {
  return value >>> 0;
}

/** What is hashed: the low words, then the high bits of balance (21) and version (11) in one. */
function wordsOf(account: number, balance: number, version: number): readonly number[] {
  const highOf = (value: number) => Math.floor(value / 2 ** 32);
  return [account, balance, version, highOf(balance) + highOf(version) * 2 ** 21];
}

/** Multiply and fold each word, then the finalizer of MurmurHash3; modulo 2^32. */
function hashWords(words: readonly number[], seed: number, multiplier: number): number {
  let lane = seed;
  for (const word of words) {
    const product = Math.imul(lane ^ modulo(word), multiplier);
    lane = product ^ (product >>> 15);
  }
  lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
  return (lane ^ (lane >>> 16)) >>> 0;
}
