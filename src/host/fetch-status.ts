/** Asks a frontend for its status report, as a reader of it would have it. */
import type { Client } from './client.ts';
import { readStatusReport, type StatusReport } from './status-report.ts';

/** A frontend that is there answers at once. */
const STATUS_PATIENCE_MS = 2_000;

/** The report; undefined where the frontend can't be asked, or what it said is none. */
export async function fetchStatus(
  client: Pick<Client, 'status'>,
  timeoutMs = STATUS_PATIENCE_MS,
): Promise<StatusReport | undefined> {
  try {
    return readStatusReport(await client.status({ timeoutMs }));
  } catch {
    return undefined;
  }
}
