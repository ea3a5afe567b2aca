/**
 * Transfers, many a request, some requests under way: as programs move money that have much of it
 * to move. The books are kept after the run, so that it costs the bank nothing of its processors:
 * what was drawn for a request is drawn once more.
 */
import { sleep } from '../host/sleep.ts';
import { CODE, REASON } from '../core/operation.ts';
import { RESULT_BYTES, viewOf, type BulkOutcome } from '../host/client.ts';
import type { BenchClient } from './bench-client.ts';
import { REFUSED_PAUSE_MS, wrongAnswer, type Load, type LoadParts } from './load.ts';
import type { Meter } from './meter.ts';
import { TransferChunk } from './transfer-chunk.ts';

export interface BulkShape {
  readonly batch: number;
  readonly inFlight: number;
  readonly isKeyed: boolean;
}

export class BulkLoad implements Load {
  readonly #parts: LoadParts;
  readonly #batch: number;
  readonly #chunks: readonly TransferChunk[];
  /** From where each request was drawn that was done. */
  readonly #done: number[] = [];

  constructor(parts: LoadParts, { batch, inFlight, isKeyed }: BulkShape) {
    this.#parts = parts;
    this.#batch = batch;
    this.#chunks = Array.from({ length: inFlight }, () => new TransferChunk(batch, isKeyed));
  }

  async run(meter: Meter, untilMs: number, stop: AbortSignal): Promise<void> {
    const [client] = this.#parts.clients;
    const lanes = this.#chunks.map((chunk) =>
      this.#lane(client as BenchClient, chunk, meter, untilMs, stop));
    await Promise.all(lanes);
  }

  keepBooks(): void {
    const { accounts, draw } = this.#parts;
    const pairs = new Uint32Array(2 * this.#batch);
    for (const state of this.#done.splice(0)) accounts.onChunkMoved(draw, state, pairs);
  }

  async #lane(
    client: BenchClient, chunk: TransferChunk, meter: Meter, untilMs: number, stop: AbortSignal,
  ): Promise<void> {
    const { draw, accounts } = this.#parts;
    while (performance.now() < untilMs && !stop.aborted) {
      const state = chunk.draw(draw, accounts.numbers);
      const startMs = performance.now();
      const outcome = await client.bulk(chunk.bytes);
      if (outcome.kind === 'answered' && !isPassedOver(outcome.results)) {
        const fault = chunk.fault(outcome.results);
        if (fault !== undefined) throw wrongAnswer(fault);
        this.#done.push(state);
        meter.onDone(this.#batch, startMs, performance.now());
      } else {
        this.#onNotDone(outcome, state, meter);
        await sleep(REFUSED_PAUSE_MS, stop);
      }
    }
  }

  #onNotDone(outcome: BulkOutcome, state: number, meter: Meter): void {
    if (outcome.kind === 'answered') {
      meter.unavailable += this.#batch;
      return;
    }
    meter.onNotDone(this.#batch, outcome);
    if (outcome.kind !== 'unknown') return;
    const { accounts, draw, unsettled } = this.#parts;
    unsettled.add(outcome.request, () =>
      accounts.onChunkMoved(draw, state, new Uint32Array(2 * this.#batch)));
  }
}

/** It was lost on its way, with its connection, and never ran. */
function isPassedOver(results: Uint8Array): boolean {
  if (results.byteLength < RESULT_BYTES || results[0] !== CODE.badRequest) return false;
  return viewOf(results).getUint32(4, true) === REASON.passedOver;
}
