/** Which replicas differ from the others at one seq, and whether a majority can tell. */
import type { BackendId } from './ids.ts';

export type Verdict =
  | { readonly kind: 'equal' }
  | { readonly kind: 'odd'; readonly ids: readonly BackendId[] }
  | { readonly kind: 'undecidable' };

export function judgeDigests(digests: ReadonlyMap<BackendId, string>): Verdict {
  const counts = new Map<string, number>();
  for (const digest of digests.values()) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  if (counts.size <= 1) return { kind: 'equal' };
  for (const [majority, count] of counts) {
    if (count * 2 <= digests.size) continue;
    const ids = [...digests].filter(([, digest]) => digest !== majority).map(([id]) => id);
    return { kind: 'odd', ids };
  }
  return { kind: 'undecidable' };
}
