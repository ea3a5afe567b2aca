/**
 * A moment of the history: the state is asked for that everything up to it, and nothing later, has
 * made.
 */
import type { Timestamp } from './ids.ts';

/**
 * Behind the entry of this seq (0: before everything), or behind the last entry that is not later
 * than this time.
 */
export type Moment = { readonly seq: number } | { readonly time: Timestamp };
