/**
 * Whether the replicas agree: equal entries must have given equal results and equal states.
 *
 * Keeps true: where a majority tells, the odd ones out are put out before anything counts; where
 * none can tell, nothing is decided any more, and nobody is put out.
 */
import type { BackendLink } from './backend-link.ts';
import { judgeDigests } from './digests.ts';
import type { BackendId, Seq } from './ids.ts';

export interface AgreementHost {
  readonly links: ReadonlyMap<BackendId, BackendLink>;
  onOdd(link: BackendLink, seq: Seq, shown: string): void;
  onUndecidable(detail: string): void;
}

export class Agreement {
  readonly #host: AgreementHost;
  #undecidable = false;

  constructor(host: AgreementHost) {
    this.#host = host;
  }

  /** Replicas differ and nobody can tell which is right: service has ended. */
  get isUndecidable(): boolean {
    return this.#undecidable;
  }

  /** False where a replica differs after the entry at `seq`. */
  check(digests: ReadonlyMap<BackendId, string>, seq: Seq): boolean {
    const verdict = judgeDigests(digests);
    if (verdict.kind === 'equal') return true;
    const shown = [...digests].map(([id, digest]) => `backend ${id}: ${digest}`).join(', ');
    if (verdict.kind === 'undecidable') {
      this.#undecidable = true;
      this.#host.onUndecidable(`replicas differ at seq ${seq} and no majority tells: ${shown}`);
      return false;
    }
    for (const id of verdict.ids) {
      const link = this.#host.links.get(id);
      if (link !== undefined) this.#host.onOdd(link, seq, shown);
    }
    return false;
  }
}
