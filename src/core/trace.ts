/** `--trace`: one line for each transaction, from prepared to answered. */
import { formatAmount } from './amount.ts';
import type { BackendId } from './ids.ts';
import type { Batch } from './in-flight.ts';
import type { Results } from './message.ts';
import {
  decodeResult, readChunkHeader, RECORD_BYTES, viewOf, type Code, type Operation,
} from './operation.ts';
import { decodeOperation } from './spell-operation.ts';

const VOTE_WORDS: Record<Code, string> = {
  ok: 'OK,commit',
  accountNotFound: 'ERR acct not found',
  insufficientFunds: 'ERR insufficient funds',
  limitExceeded: 'ERR limit exceeded',
  badRequest: 'ERR bad request',
  keyReused: 'ERR key reused',
  sessionExpired: 'ERR session expired',
  neverHappened: 'OK,never happened',
  duplicate: 'OK,answered before',
  conditionFailed: 'ERR condition failed',
  accountFrozen: 'ERR acct frozen',
  accountClosed: 'ERR acct closed',
  currencyMismatch: 'ERR currency mismatch',
  nameTaken: 'ERR name taken',
  notEmpty: 'ERR acct not empty',
  idTaken: 'ERR id taken',
  movementNotFound: 'ERR movement not found',
  movementSettled: 'ERR movement settled',
  exceedsOriginal: 'ERR exceeds original',
  groupRefused: 'ERR group refused',
};

export function traceBatch(
  batch: Pick<Batch, 'seq' | 'batch'>,
  { results }: Pick<Results, 'results'>,
  voters: readonly BackendId[],
  trace: (line: string) => void,
): void {
  const view = viewOf(results);
  let index = 0;
  for (const operation of operationsOf(batch.batch)) {
    const words = VOTE_WORDS[decodeResult(view, index).code];
    const votes = voters.map((id) => `${id} ${words}`).join('; ');
    const what = operation === undefined ? 'malformed' : describe(operation);
    trace(`seq ${batch.seq}.${index} ${what}: prepared; votes: ${votes}; decided commit; answered`);
    index += 1;
  }
}

function* operationsOf(batch: Uint8Array): IterableIterator<Operation | undefined> {
  const view = viewOf(batch);
  for (let start = 0; start < batch.length; ) {
    const header = readChunkHeader(view, start);
    if (header === undefined) return;
    let offset = start + RECORD_BYTES;
    for (let count = 0; count < header.operations; count += 1) {
      const decoded = offset < start + header.bytes ? decodeOperation(view, offset) : undefined;
      offset = decoded?.next ?? offset + RECORD_BYTES;
      yield decoded?.operation;
    }
    start += header.bytes;
  }
}

function describe({ kind, account, toAccount, amount, scale, key, id }: Operation): string {
  const parts: (string | number)[] = key === undefined ? [kind] : [`@${key}`, kind];
  switch (kind) {
    case 'create': parts.push(amountText(amount, scale)); break;
    case 'update':
    case 'deposit':
    case 'withdraw': parts.push(account ?? 0, amountText(amount, scale)); break;
    case 'hold':
    case 'transfer': parts.push(account ?? 0, toAccount ?? 0, amountText(amount, scale)); break;
    case 'capture':
    case 'void':
    case 'reverse': parts.push(id ?? '', amountText(amount, scale)); break;
    case 'amend': parts.push(account ?? 0); break;
    case 'remember': parts.push(amount ?? 0); break;
    case 'query':
    case 'outcome':
    case 'lease':
    case 'end':
    case 'expire':
    case 'details':
    case 'account':
    case 'accounts':
    case 'trial': break;
  }
  // What a client sent is shown, and never spoken to the terminal: a key or id may be anything.
  return parts.join(' ').replace(/[^\x20-\x7e]/g, '?');
}

function amountText(amount = 0, scale = 0): string {
  return Number.isSafeInteger(amount) ? formatAmount(amount, scale) : 'malformed';
}
