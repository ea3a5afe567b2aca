/** Whether writes may be prepared: never what a journal might have no room for. */
import type { Round } from './admission.ts';
import type { BackendLink } from './backend-link.ts';
import { entryBytes } from './entry.ts';

/** `waits`: the next segment is being allocated. */
export type Fitness = 'fits' | 'waits' | { readonly refusal: string };

export interface Copies {
  /** Members of the durable view that are here. */
  readonly inSync: number;
  readonly inSyncMin: number;
  readonly required: readonly BackendLink[];
  /** What entries may still take in its journal. */
  room(link: BackendLink): number;
}

export function judgeFitness({ writes, writeBytes }: Round, copies: Copies): Fitness {
  const { inSync, inSyncMin, required } = copies;
  if (inSync < inSyncMin) {
    return { refusal: `only ${inSync} of at least ${inSyncMin} backends are in sync` };
  }
  let operations = 0;
  for (const item of writes) operations += item.operations;
  const bytes = entryBytes(writeBytes, operations);
  const short = required.filter((link) => copies.room(link) < bytes);
  if (short.length === 0) return 'fits';
  const full = short.find((link) => link.reserve.full);
  return full === undefined ? 'waits' : { refusal: `disk full on backend ${full.id}` };
}
