/** What an account is, spelled out. Amounts are in units of 10^-scale. */

/** What is out of the ordinary in an account. */
export interface AccountTerms {
  readonly currency: number;
  readonly floor: number;
  readonly ceiling: number;
  readonly isFrozen: boolean;
  readonly isClosed: boolean;
}

export interface AccountBalance {
  readonly account: number;
  readonly balance: number;
  readonly scale: number;
}

export interface AccountDetails extends AccountBalance, AccountTerms {
  readonly held: number;
  readonly version: number;
  /** Microseconds since 1970. */
  readonly createdAt: number;
  readonly changedAt: number;
}
