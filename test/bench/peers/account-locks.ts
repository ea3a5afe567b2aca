/** Locks on accounts, as a coordinator of several databases has to keep them: first come, first. */
export class AccountLocks {
  /** Settled when the last one that waits for the account has let it go. */
  readonly #tails = new Map<number, Promise<void>>();

  /**
   * Waits for all of these accounts. All places in the queues are taken at once, before anything is
   * waited for: of two that want the same accounts, one comes first in every queue.
   */
  async lock(accounts: readonly number[]): Promise<Disposable> {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const before = accounts.map((account) => this.#tails.get(account));
    for (const account of accounts) this.#tails.set(account, released);
    await Promise.all(before);
    return {
      [Symbol.dispose]: () => {
        release();
        for (const account of accounts)
          if (this.#tails.get(account) === released) this.#tails.delete(account);
      },
    };
  }
}
