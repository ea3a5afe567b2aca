/**
 * What the bank knows of the accounts that rows tell, by number or name: what a dry run checks.
 * Asked once each, and many at a time.
 *
 * Keeps true: so many are remembered at most; that nobody has a name is not remembered.
 */
import { isName } from '../../core/terms.ts';
import { NoReport, type Account } from '../../host/account-reports.ts';
import type { Client } from '../../host/client.ts';
import { Stopped } from './stopped.ts';
import { Patience } from './patience.ts';
import type { AccountReference } from './row-operation.ts';

export type AccountFacts = Pick<Account, 'account' | 'currency' | 'frozen' | 'closed'>;
export type AccountReader = Pick<Client, 'account' | 'accountNamed'>;

const REMEMBERED_MAX = 200_000;
/** Asked at once. */
const TOGETHER = 1_000;

export class AccountLookup {
  readonly #reader: AccountReader;
  readonly #timeoutMs: number;
  readonly #known = new Map<AccountReference, AccountFacts>();

  constructor(reader: AccountReader, timeoutMs: number) {
    this.#reader = reader;
    this.#timeoutMs = timeoutMs;
  }

  /** Until the next call, `find` tells of all of these. Throws Stopped: unreachable. */
  async learn(references: ReadonlySet<AccountReference>): Promise<void> {
    let missing = [...references].filter((reference) => !this.#known.has(reference));
    if (this.#known.size + missing.length > REMEMBERED_MAX) {
      this.#known.clear();
      missing = [...references];
    }
    for (let at = 0; at < missing.length; at += TOGETHER) {
      const asked = missing.slice(at, at + TOGETHER);
      await Promise.all(asked.map((reference) => this.#ask(reference)));
    }
  }

  /** Null where there is none. */
  find(reference: AccountReference): AccountFacts | null {
    return this.#known.get(reference) ?? null;
  }

  async #ask(reference: AccountReference): Promise<void> {
    const isAskable = typeof reference === 'number'
      ? Number.isSafeInteger(reference) : isName(reference);
    if (!isAskable) return;
    const facts = await this.#askUntilAnswered(reference, new Patience(this.#timeoutMs));
    if (facts === undefined) return;
    const { account, currency, frozen, closed } = facts;
    this.#known.set(reference, { account, currency, frozen, closed });
  }

  async #askUntilAnswered(
    reference: AccountReference, patience: Patience,
  ): Promise<Account | undefined> {
    for (;;) {
      try {
        const options = { timeoutMs: patience.leftMs };
        return typeof reference === 'number'
          ? await this.#reader.account(reference, options)
          : await this.#reader.accountNamed(reference, options);
      } catch (error) {
        if (!(error instanceof NoReport)) throw error;
        if (patience.isOver) throw new Stopped('unreachable', error.message);
        await patience.pause();
      }
    }
  }
}
