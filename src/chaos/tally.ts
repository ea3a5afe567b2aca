/**
 * How often each account must have changed: an account's version counts its changes, so that a
 * lost, a repeated, or a never acknowledged change shows in it, whatever the balances say.
 *
 * This is a second opinion beside the search for an order of everything: simple, and exact.
 */
import { formatAmount } from '../core/amount.ts';
import type { Operation, Result } from '../core/operation.ts';

interface Count {
  /** Changes that were acknowledged, the creation included. */
  acknowledged: number;
  /** Changes that may have happened. */
  unknown: number;
  /** The newest state that was seen. */
  version: number;
  balance: number;
}

export class Tally {
  readonly #counts = new Map<number, Count>();

  /** An answer that was OK. */
  onOk(operation: Operation, { account, detail: version, balance }: Result): void {
    if (operation.kind !== 'query') {
      this.#of(account).acknowledged += 1;
      if (operation.kind === 'transfer') this.#of(operation.toAccount ?? 0).acknowledged += 1;
    }
    const count = this.#of(account);
    if (version < count.version) return;
    count.version = version;
    count.balance = balance;
  }

  /** Nobody knows whether it happened. */
  onUnknown({ kind, account = 0, toAccount = 0 }: Operation): void {
    if (kind === 'query' || kind === 'create') return;
    this.#of(account).unknown += 1;
    if (kind === 'transfer') this.#of(toAccount).unknown += 1;
  }

  /** What is wrong with an account as it is read when nothing is under way any more. */
  judge({ account, detail: version, balance, scale }: Result): string | undefined {
    const { acknowledged, unknown, version: seen, balance: known } = this.#of(account);
    const says = `account ${account} was changed ${version} times`;
    if (version < acknowledged) return `${says}, but ${acknowledged} changes were acknowledged`;
    if (version > acknowledged + unknown) {
      const may = unknown === 0 ? '' : ` and ${unknown} are unknown`;
      return `${says}, but ${acknowledged} changes were acknowledged${may}: one happened twice, ` +
        'or something else writes to it';
    }
    if (version < seen) return `${says}, but was at its change ${seen} before`;
    if (version > seen || balance === known) return undefined;
    const [is, was] = [balance, known].map((amount) => formatAmount(amount, scale));
    return `account ${account} holds ${is}, but held ${was} after the same change ${version}`;
  }

  #of(account: number): Count {
    let count = this.#counts.get(account);
    if (count === undefined) {
      count = { acknowledged: 0, unknown: 0, version: 0, balance: 0 };
      this.#counts.set(account, count);
    }
    return count;
  }
}
