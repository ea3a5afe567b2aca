/** What the benchmark needs of the client library: tests put a twin in its place. */
import type { Client } from '../host/client.ts';

export type BenchClient = Pick<
  Client, 'submit' | 'bulk' | 'outcome' | 'status' | 'quit' | 'close'
>;

/** Throws `Unreachable`. */
export type Connect = () => Promise<BenchClient>;
