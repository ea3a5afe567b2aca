/** What a batch of QUERYs, or a report, is answered, from the twin's accounts. */
import { CODE, FLAG_TERMS, KIND, REASON } from '../../src/core/operation.ts';
import { TERM } from '../../src/core/terms.ts';
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
  const account = accountOf(twin, operation);
  if (account === undefined) return { code: CODE.badRequest, detail: REASON.malformed };
  const found = twin.find(account);
  if (found === undefined) return { code: CODE.accountNotFound, account };
  const { balance, version, digits } = found;
  return { code: CODE.ok, account, balance, detail: version, scale: digits };
}

/** 0 for that of a name that nobody has; undefined where the question makes no sense. */
function accountOf(twin: LedgerTwin, operation: TwinOperation | undefined): bigint | undefined {
  if (operation?.kind !== KIND.query || !isExact(operation.account)) return undefined;
  const { flags, account, terms } = operation;
  if (flags === 0) return account;
  if (flags !== FLAG_TERMS || account !== 0n || terms?.given !== TERM.name) return undefined;
  const named = [...twin.accounts()].find(({ number }) => twin.nameOf(number) === terms.name);
  return BigInt(named?.number ?? 0);
}
