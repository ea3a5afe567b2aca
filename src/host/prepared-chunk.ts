/** What `Client.bulk` takes, checked and as one chunk. */
import { checkOperation } from '../core/check-operation.ts';
import type { Thing } from '../core/client-queue.ts';
import {
  CHUNK_OPERATIONS_MAX, encodeChunk, isRead, isReport, KIND, readChunkHeader, RECORD_BYTES, viewOf,
  type Operation,
} from '../core/operation.ts';
import { decodeOperation } from '../core/spell-operation.ts';

export interface PreparedChunk {
  readonly thing: Thing;
  readonly chunk: Uint8Array;
}

/** A sentence where it can't be sent. */
export function prepareChunk(
  operations: readonly Operation[] | Uint8Array,
): PreparedChunk | string {
  return operations instanceof Uint8Array ? fromBytes(operations) : fromList(operations);
}

function fromList(operations: readonly Operation[]): PreparedChunk | string {
  if (operations.length < 1 || operations.length > CHUNK_OPERATIONS_MAX) {
    return `a chunk has 1 to ${CHUNK_OPERATIONS_MAX} operations`;
  }
  const thing = thingOf(operations[0]);
  for (const operation of operations) {
    const trouble = checkOperation(operation);
    if (trouble !== undefined) return trouble;
    if (thingOf(operation) !== thing) return 'writes and QUERYs do not share a chunk';
    if (isReport(KIND[operation.kind])) return 'a report is not asked for in bulk';
  }
  return { thing, chunk: encodeChunk(0, 0, operations) };
}

/** Only the first operation is looked at: the ledger refuses what does not fit its chunk. */
function fromBytes(chunk: Uint8Array): PreparedChunk | string {
  const view = viewOf(chunk);
  const header = readChunkHeader(view, 0);
  // One that claims more operations than it has records is refused by the frontend, unnamed.
  if (isReport(chunk[RECORD_BYTES] ?? 0)) return 'a report is not asked for in bulk';
  const isWhole = header?.bytes === chunk.byteLength
    && header.operations * RECORD_BYTES < chunk.byteLength;
  if (!isWhole) return 'the bytes are not a chunk';
  return { thing: thingOf(decodeOperation(view, RECORD_BYTES)?.operation), chunk };
}

function thingOf(operation: Operation | undefined): Thing {
  return operation !== undefined && isRead(operation) ? 'query' : 'request';
}
