/**
 * Which posting of an account came before which: the links of the ledger's `core/posting-link.ts`,
 * found again after the fact, from what was asked and answered.
 */
import { CODE, KIND } from '../../core/operation.ts';
import type { TwinAccounts } from './twin-accounts.ts';
import type { Answer, TwinOperation } from './twin-records.ts';

/** A posting as a number: 16 bits are its place in the entry. */
const PLACES = 2 ** 16;

/** The links of an entry, from what became of each of its operations. */
export function linksOf(
  accounts: TwinAccounts, seq: number, became: readonly Became[],
): Uint8Array {
  const links = new DataView(new ArrayBuffer(16 * became.length));
  became.forEach(({ operation, answer }, index) => {
    accountsOf(operation, answer).forEach((account, side) => {
      const place = 2 * index + side;
      links.setFloat64(8 * place, accounts.follow(account, seq * PLACES + place), true);
    });
  });
  return new Uint8Array(links.buffer);
}

export interface Became {
  readonly operation: TwinOperation | undefined;
  readonly answer: Answer;
}

/** Whose balances it set: the one that is told first, first. */
function accountsOf(operation: TwinOperation | undefined, answer: Answer): readonly number[] {
  if (operation === undefined || answer.code !== CODE.ok) return [];
  const first = Number(answer.account);
  switch (operation.kind) {
    case KIND.create: case KIND.update: case KIND.deposit: case KIND.withdraw:
      return [first];
    case KIND.transfer:
      return [first, Number(operation.toAccount)];
    case KIND.capture: case KIND.reverse:
      return [first, Number(answer.toAccount)];
  }
  return [];
}
