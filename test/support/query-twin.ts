/** What a batch of QUERYs, or a report, is answered, from the twin's accounts. */
import { CODE, KIND, REASON } from '../../src/core/operation.ts';
import type { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { isExact } from '../../src/verify/twin/amounts.ts';
import {
  readChunks, TwinResults, type Answer, type TwinOperation,
} from '../../src/verify/twin/twin-records.ts';
import { reportTwin } from './report-twin.ts';

export function queryTwin(twin: LedgerTwin, batch: Uint8Array): Uint8Array {
  const report = reportTwin(twin, batch);
  if (report !== undefined) return report;
  const operations = readChunks(batch).flatMap((chunk) => chunk.operations);
  const results = new TwinResults(operations.length);
  operations.forEach((operation, index) => results.put(index, operation, answer(twin, operation)));
  return results.bytes;
}

function answer(twin: LedgerTwin, operation: TwinOperation | undefined): Answer {
  const isQuery = operation?.kind === KIND.query && operation.flags === 0;
  if (!isQuery || !isExact(operation.account)) {
    return { code: CODE.badRequest, detail: REASON.malformed };
  }
  const { account } = operation;
  const found = twin.find(account);
  if (found === undefined) return { code: CODE.accountNotFound, account };
  const { balance, version, digits } = found;
  return { code: CODE.ok, account, balance, detail: version, scale: digits };
}
