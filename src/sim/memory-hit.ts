/** How the ledger of a simulated backend may go wrong, and the small ones that a run makes. */
import type { ExecutedEntry } from '../core/entry.ts';
import { Ledger, type LedgerLimits } from '../core/ledger.ts';
import { RECORD_BYTES } from '../core/operation.ts';

/** A run makes many ledgers. */
export const SIM_LIMITS: LedgerLimits = {
  leasesMax: 512, runsMax: 16_384, keysMax: 1_024, movementsMax: 64,
};

/** Sessions, and answers to requests that come again, are forgotten within a run. */
export const TIGHT_LIMITS: LedgerLimits = { ...SIM_LIMITS, leasesMax: 2, runsMax: 32 };

/** Its memory is hit: the next batch is executed with another amount. Told when it is. */
export function hitMemory(ledger: Ledger, onHit: () => void): void {
  ledger.execute = (seq, timestamp, batch) => {
    ledger.execute = Ledger.prototype.execute;
    onHit();
    const hit = batch.slice();
    const amountAt = RECORD_BYTES + 24;
    hit[amountAt] = (hit[amountAt] ?? 0) ^ 1;
    return ledger.execute(seq, timestamp, hit);
  };
}

export function replay(
  entries: readonly ExecutedEntry[], limits: Partial<LedgerLimits> = SIM_LIMITS,
): Ledger {
  const ledger = new Ledger(limits);
  for (const { seq, timestamp, batch } of entries) ledger.execute(seq, timestamp, batch);
  return ledger;
}
