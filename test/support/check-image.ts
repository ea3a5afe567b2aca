/**
 * What is true of every state of the ledger, checked on its image, whatever led there:
 * of each account `held` is the sum of its open holds, what is available (its balance less what is
 * held) is not below its floor and its balance not above its ceiling, always; what is closed is
 * empty; a hold that is due is not open any more; no more is reversed than was posted; the books of
 * each currency sum to zero.
 */
import { CLOSED, HOLDING, LIMITED } from '../../src/core/account-table.ts';
import type { LedgerImage } from '../../src/core/ledger.ts';
import { MOVEMENT } from '../../src/core/movement-table.ts';
import { AMOUNT_MAX } from '../../src/core/operation.ts';
import { PAGE_FIELDS } from '../../src/core/paged-table.ts';

/** After the entry of this timestamp. In words what is not as it must be; else undefined. */
export function findUnsound(image: LedgerImage, timestamp: number): string | undefined {
  const held = new Map<number, bigint>();
  const ids = new Set<string>();
  for (const record of recordsOf(image, 'movements')) {
    const [from = 0, to, amount = 0, reversed = 0, expiresAt = 0, state = 0, high, low] = record;
    const isOpen = state === MOVEMENT.open;
    if (isOpen) held.set(from, (held.get(from) ?? 0n) + BigInt(amount));
    ids.add(`${high} ${low}`);
    const isSound = from !== to && state >= MOVEMENT.open && state <= MOVEMENT.expired
      && reversed >= 0 && reversed <= amount && (reversed === 0 || state === MOVEMENT.posted)
      && !(isOpen && expiresAt !== 0 && expiresAt <= timestamp);
    if (!isSound) return `the movement ${record.join()}`;
  }
  if (ids.size !== [...recordsOf(image, 'movements')].length) return 'two movements of one id';
  const sums = new Map<number, { accounts: number; total: bigint }>();
  let account = 100;
  for (const record of recordsOf(image, 'accounts')) {
    const [balance = 0, version = 0, terms = 0, ofHolds = 0, floor = 0, ceiling = 0] = record;
    const isLimited = (terms & LIMITED) !== 0;
    const isClosed = (terms & CLOSED) !== 0;
    const isSound = BigInt(ofHolds) === (held.get(account) ?? 0n)
      && ((terms & HOLDING) !== 0) === (ofHolds > 0) && version >= 1
      && BigInt(balance) - BigInt(ofHolds) >= BigInt(isLimited ? floor : 0)
      && balance <= (isLimited ? ceiling : AMOUNT_MAX)
      && !(isClosed && (balance !== 0 || ofHolds !== 0));
    if (!isSound) return `the account ${account}: ${record.join()}`;
    const currency = terms % LIMITED;
    const { accounts, total } = sums.get(currency) ?? { accounts: 0, total: 0n };
    sums.set(currency, { accounts: accounts + 1, total: total + BigInt(balance) });
    account += 1;
  }
  for (const [currency = 0, accounts, high = 0, low = 0] of recordsOf(image, 'currencies')) {
    const sum = sums.get(currency);
    const isSound = sum?.accounts === accounts
      && sum?.total === BigInt(high) * 2n ** 52n + BigInt(low) && sums.delete(currency);
    if (!isSound) return `the books of the currency ${currency}`;
  }
  return sums.size === 0 ? undefined : 'a currency is missing in the books';
}

function* recordsOf({ tables }: LedgerImage, name: string): IterableIterator<readonly number[]> {
  const table = tables.find((each) => each.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  for (let record = 0; record < table.records; record += 1) {
    const at = record * table.fields;
    const page = table.pages[Math.floor(at / PAGE_FIELDS)];
    yield [...(page?.subarray(at % PAGE_FIELDS, (at % PAGE_FIELDS) + table.fields) ?? [])];
  }
}
