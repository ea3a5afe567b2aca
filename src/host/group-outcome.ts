/** What becomes of a group: all of its operations were done, or none. */
import { checkKey, checkOperation } from '../core/check-operation.ts';
import type { Seq, Timestamp } from '../core/ids.ts';
import {
  decodeResult, encodeChunk, GROUP_OPERATIONS_MAX, REASON, RESULT_BYTES, viewOf,
  type Kind, type Operation, type Result,
} from '../core/operation.ts';
import {
  refused, unknown, type BulkAnsweredOutcome, type BulkOutcome, type RefusedOutcome,
  type UnknownOutcome,
} from '../core/outcome.ts';
import { formatRequestId, parseRequestId } from '../core/request-id.ts';
import { ASK_DETAILS, readDetails, type WriteDetails } from '../core/write-details.ts';
import type { RequestOptions } from './client-operations.ts';
import type { PreparedChunk } from './prepared-chunk.ts';

interface GroupAnswered {
  readonly seq: Seq;
  readonly timestamp: Timestamp | undefined;
  /** Of the group's first operation. OUTCOME of it tells what became of the group. */
  readonly request: string;
}

/** All were done, durably. */
export interface GroupDoneOutcome extends GroupAnswered {
  readonly kind: 'answered';
  /** One for each operation, in order. */
  readonly results: readonly Result[];
  /** One for each, where they were asked for. */
  readonly details?: readonly (WriteDetails | undefined)[];
}

/** The ledger refused one of them, and so nothing happened, and nothing will. */
export interface GroupRefusedOutcome extends GroupAnswered {
  readonly kind: 'group-refused';
  readonly definite: true;
  /** Which, from 0; where the group's key was used for something else, 0. */
  readonly index: number;
  /** Why. */
  readonly result: Result;
}

export type GroupOutcome =
  | GroupDoneOutcome | GroupRefusedOutcome | RefusedOutcome | UnknownOutcome;

/** What a group can be of. */
export const GROUP_KINDS: ReadonlySet<Kind> = new Set(
  ['update', 'deposit', 'withdraw', 'transfer'],
);

/** The group as one chunk, under the key; a sentence where it can't be sent. */
export function prepareGroup(
  operations: readonly Operation[], { key, details = false }: RequestOptions = {},
): PreparedChunk | string {
  if (operations.length < 1 || operations.length > GROUP_OPERATIONS_MAX) {
    return `a group has 1 to ${GROUP_OPERATIONS_MAX} operations`;
  }
  for (const [index, operation] of operations.entries()) {
    const { kind, key, id } = operation;
    const isPlain = GROUP_KINDS.has(kind) && key === undefined && id === undefined;
    const trouble = isPlain
      ? checkOperation(operation)
      : 'a group is of update, deposit, withdraw and transfer, without keys and ids';
    if (trouble !== undefined) return `operation ${index}: ${trouble}`;
  }
  const keyed = operations.map((operation, index) =>
    (index === 0 && key !== undefined ? { ...operation, key } : operation));
  const all = details ? keyed.flatMap((operation) => [operation, ASK_DETAILS]) : keyed;
  return checkKey(key) ?? { thing: 'request', chunk: encodeChunk(0, 0, all, true) };
}

/** What its chunk was answered with. */
export function readGroup(outcome: BulkOutcome): GroupOutcome {
  if (outcome.kind !== 'answered') return outcome;
  const { request } = outcome;
  const all = readResults(outcome);
  const results = all.filter(({ kind }) => kind !== 'details');
  // Of what came again, the time of the first answer.
  const { seq, timestamp } = outcome.originals[0] ?? outcome;
  const index = results.findIndex(({ code }) => code !== 'ok' && code !== 'groupRefused');
  const result = results[index];
  if (result === undefined) {
    const done = { kind: 'answered', results, seq, timestamp, request } as const;
    return all.length === results.length ? done : { ...done, details: readAllDetails(all) };
  }
  if (result.code === 'duplicate') return unknown(`${request} was answered before`, request);
  if (result.code === 'badRequest' && result.detail === REASON.passedOver) {
    return refused('UNAVAILABLE', `${request} was passed over and did not happen`, request);
  }
  return { kind: 'group-refused', definite: true, index, result, seq, timestamp, request };
}

/** The request id of the operation at the index. */
export function requestInGroup({ request, details }: GroupDoneOutcome, index: number): string {
  const id = parseRequestId(request);
  const step = details === undefined ? 1 : 2;
  return id?.kind === 'write' ? formatRequestId(id.session, id.number + index * step) : request;
}

/** Of pairs of a write and its details. */
function readAllDetails(all: readonly Result[]): (WriteDetails | undefined)[] {
  return all.flatMap((write, at) => {
    const told = all[at + 1];
    return at % 2 === 1 || told === undefined ? [] : [readDetails(write, told)];
  });
}

function readResults({ results }: BulkAnsweredOutcome): readonly Result[] {
  const view = viewOf(results);
  const count = results.byteLength / RESULT_BYTES;
  return Array.from({ length: count }, (_, index) => decodeResult(view, index));
}
