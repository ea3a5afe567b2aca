/**
 * What the command line needs of the client library: tests put a twin in its place.
 */
import type { Client } from '../host/client.ts';

/**
 * `submit` and `group` settle with an outcome, whatever happens; `statement`, `balanceAt` and
 * `trialBalance` reject with the outcome in a `NoReport`, and `status` where the frontend can't be
 * asked; `quit` ends the session, at the frontend and at every backend; `close` settles at once
 * what is open, and leaves the session to be asked about.
 */
export type BankClient = Pick<
  Client,
  'submit' | 'group' | 'statement' | 'balanceAt' | 'trialBalance' | 'status' | 'quit' | 'close'
>;
