/** The fields of an account's record in its table (`account-table.ts`): eight, a cache line. */

export const BALANCE = 0;
export const VERSION = 1;
/** The number of its currency, and flags; 0: the account is plain. */
export const TERMS = 2;
/** Of the balance, set aside by open holds. */
export const HELD = 3;
/** 0 and 0 unless LIMITED. */
export const FLOOR = 4;
export const CEILING = 5;
/** The link of its last posting (`posting-link.ts`). */
export const POSTED = 6;
/** Timestamp of the entry that last changed it, microseconds. */
export const CHANGED_AT = 7;
export const ACCOUNT_FIELDS = 8;
