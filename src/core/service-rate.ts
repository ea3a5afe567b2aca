/**
 * How fast what is queued is served, measured while more is queued than can be taken: at other
 * times it is who asks that sets the pace, which says nothing of what could be served.
 *
 * The wait of what comes now is then what is queued before it, divided by this rate (Little 1961).
 * Waits that have been would tell it later: a queue that grows four times as fast as it is served
 * has grown four times too long when the first who waited too long leaves it.
 */

/** A small request costs the bank about as much as so many bytes of a large one. */
const ITEM_COST_BYTES = 2_048;
/** Of time under full load, for one sample. */
const SAMPLE_MS = 100;
/** The rate is their mean, where there are enough; of many, the newer ones count for more. */
const SAMPLES_MIN = 5;
const SAMPLES_MAX = 8;
/** A rate older than so many outages tells nothing: the load is another by now. */
const KNOWN_FOR_OUTAGES = 4;

/** What it takes to serve a chunk of so many bytes, in bytes. */
export function costOf(chunkBytes: number): number {
  return chunkBytes + ITEM_COST_BYTES;
}

export class ServiceRate {
  readonly #outageMs: number;
  #perMs = 0;
  #samples = 0;
  #measuredMs = -Infinity;
  /** When something was taken last, where it left something behind for want of room. */
  #fullSinceMs: number | undefined;
  #sampleCost = 0;
  #sampleMs = 0;

  /** So long without any service is an outage, which tells nothing of the rate. */
  constructor(outageMs: number) {
    this.#outageMs = outageMs;
  }

  /** What is served in a millisecond; Infinity where that is not known, so that nobody waits. */
  perMs(nowMs: number): number {
    return this.#samples < SAMPLES_MIN || this.#isOld(nowMs) ? Infinity : this.#perMs;
  }

  /** So much was taken; `isFull`: there was no room for something that could have gone. */
  onTaken(cost: number, isFull: boolean, nowMs: number): void {
    const sinceMs = this.#fullSinceMs;
    if (cost === 0 && isFull && sinceMs !== undefined) return; // still the same wait
    this.#fullSinceMs = isFull ? nowMs : undefined;
    if (sinceMs === undefined || nowMs - sinceMs > this.#outageMs) return;
    this.#sampleCost += cost;
    this.#sampleMs += nowMs - sinceMs;
    if (this.#sampleMs >= SAMPLE_MS) this.#take(nowMs);
  }

  /** What was taken has come back: it was no service. */
  onPutBack(): void {
    this.#fullSinceMs = undefined;
    this.#sampleCost = 0;
    this.#sampleMs = 0;
  }

  #isOld(nowMs: number): boolean {
    return nowMs - this.#measuredMs > KNOWN_FOR_OUTAGES * this.#outageMs;
  }

  #take(nowMs: number): void {
    this.#samples = this.#isOld(nowMs) ? 1 : Math.min(this.#samples + 1, SAMPLES_MAX);
    this.#perMs += (this.#sampleCost / this.#sampleMs - this.#perMs) / this.#samples;
    this.#measuredMs = nowMs;
    this.#sampleCost = 0;
    this.#sampleMs = 0;
  }
}
