/**
 * What a participant has its host look up in the journal, and how the answers are sent.
 *
 * Keeps true: an answer goes only to the connection, and under the promise, that asked; what was
 * asked before is forgotten with them.
 */
import type { ParticipantHost } from './effect.ts';
import type { EntryId, ExecutedEntry } from './entry.ts';
import { EPOCH_NONE, HASH_NONE, type Epoch, type Seq } from './ids.ts';
import type { Lookup } from './lookup.ts';
import type { Original } from './message.ts';
import { CODE, RESULT_BYTES } from './operation.ts';

/** What a token of a host's answer stands for. */
type Errand =
  | { readonly kind: 'locate'; readonly seq: Seq }
  | { readonly kind: 'fetch' }
  | { readonly kind: 'answer' }
  | { readonly kind: 'lookup'; readonly read: number }
  | { readonly kind: 'resolve'; readonly seq: Seq; readonly results: Uint8Array };

export class Errands {
  readonly #host: ParticipantHost;
  readonly #open = new Map<number, Errand>();
  #epoch = EPOCH_NONE;
  #lastToken = 0;

  constructor(host: ParticipantHost) {
    this.#host = host;
  }

  /** The promise that answers are sent under from now on; what was asked before is forgotten. */
  beginAnew(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#open.clear();
  }

  locate(seq: Seq): void {
    this.#host.locate(seq, this.#give({ kind: 'locate', seq }));
  }

  fetch(fromSeq: Seq, bytes: number): void {
    this.#host.fetch(fromSeq, bytes, this.#give({ kind: 'fetch' }));
  }

  /** The results of an entry that was executed before. */
  answer(seq: Seq): void {
    this.#host.fetch(seq, 1, this.#give({ kind: 'answer' }));
  }

  /** Results as they are, or with the first answers of those that came again. */
  sendResults(seq: Seq, results: Uint8Array): void {
    if (hasDuplicates(results)) {
      this.#host.resolve(seq, results, this.#give({ kind: 'resolve', seq, results }));
    } else {
      this.#host.send({ type: 'results', epoch: this.#epoch, seq, results, originals: [] });
    }
  }

  lookUp(read: number, lookup: Lookup): void {
    this.#host.lookUp(lookup, this.#give({ kind: 'lookup', read }));
  }

  sendLocated(seq: Seq, found: EntryId | undefined): void {
    const { entryEpoch, hash } = found ?? { entryEpoch: EPOCH_NONE, hash: HASH_NONE };
    this.#host.send({ type: 'located', epoch: this.#epoch, seq, entryEpoch, hash });
  }

  onLocated(token: number, found: EntryId | undefined): void {
    const errand = this.#take(token);
    if (errand?.kind === 'locate') this.sendLocated(errand.seq, found);
  }

  onFetched(token: number, entries: readonly ExecutedEntry[]): void {
    const errand = this.#take(token);
    const [first] = entries;
    if (errand?.kind === 'answer' && first !== undefined) {
      this.sendResults(first.seq, first.results);
    }
    if (errand?.kind === 'fetch') this.#sendFetched(entries);
  }

  onResolved(token: number, originals: readonly Original[]): void {
    const errand = this.#take(token);
    if (errand?.kind !== 'resolve') return;
    const { seq, results } = errand;
    this.#host.send({ type: 'results', epoch: this.#epoch, seq, results, originals });
  }

  onLookedUp(token: number, results: Uint8Array): void {
    const errand = this.#take(token);
    if (errand?.kind !== 'lookup') return;
    this.#host.send({ type: 'read-results', epoch: this.#epoch, read: errand.read, results });
  }

  #sendFetched(entries: readonly ExecutedEntry[]): void {
    const epoch = this.#epoch;
    entries.forEach((entry, index) => {
      const { seq, entryEpoch, timestamp, view, previousHash, hash, digest, batch } = entry;
      const more = index + 1 < entries.length;
      this.#host.send({
        type: 'fetched', epoch, seq, entryEpoch, timestamp, view, previousHash, hash, digest, more,
        batch,
      });
    });
  }

  #give(errand: Errand): number {
    this.#lastToken += 1;
    this.#open.set(this.#lastToken, errand);
    return this.#lastToken;
  }

  #take(token: number): Errand | undefined {
    const errand = this.#open.get(token);
    this.#open.delete(token);
    return errand;
  }
}

function hasDuplicates(results: Uint8Array): boolean {
  for (let at = 0; at < results.length; at += RESULT_BYTES) {
    if (results[at] === CODE.duplicate) return true;
  }
  return false;
}
