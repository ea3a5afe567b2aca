/** Statements asked for and walked without a bank: a page for each question, as between the two. */
import { readLookup, type StatementLookup } from '../../src/core/lookup.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import type { AnsweredOutcome, Outcome } from '../../src/core/outcome.ts';
import type { Journal } from '../../src/host/ports.ts';
import { readStatement } from '../../src/host/statement.ts';
import type { Bank } from './bank-directory.ts';

export interface Walked {
  readonly bank: Bank;
  readonly journal: Pick<Journal, 'walk'>;
}

/** As a frontend and a backend would: a page for each question. */
export function submitTo({ bank, journal }: Walked) {
  const seq = bank.tail.seq;
  return async (operation: Operation): Promise<Outcome> => {
    const chunk = encodeChunk(0, 0, [operation]);
    const lookup = readLookup(chunk, bank.ledger, seq) as StatementLookup;
    const bytes = await journal.walk((operations) => readStatement(lookup, operations));
    const report = bytes.length === 0 ? undefined : new TextDecoder().decode(bytes).trimEnd();
    return { kind: 'answered', seq, request: 'q-1', report } as unknown as AnsweredOutcome;
  };
}
