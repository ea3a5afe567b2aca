/** What the clients of the model say: each one thing, on a connection of its own. */
import type { Query, Request } from '../../core/message.ts';
import { encodeChunk } from '../../core/operation.ts';
import { CLIENTS_FROM } from './coordinator-actor.ts';

/** It waits for a session from the start of its frontend on. */
export const SESSION_CLIENT = CLIENTS_FROM;
const WRITE_CLIENTS = CLIENTS_FROM + 10;
const READ_CLIENTS = CLIENTS_FROM + 20;
/** Each write makes an account; the first two are what reads ask for. */
const FIRST_ACCOUNT = 100;
const AMOUNTS = [0, 7, 11, 13, 17, 19, 23, 29];

export const QUERIES: Uint8Array = encodeChunk(0, 0, [
  { kind: 'query', account: FIRST_ACCOUNT },
  { kind: 'query', account: FIRST_ACCOUNT + 1 },
]);

/** The write of that number, in a session of its own out of the lease at `session`. */
export function writeOf(session: number, number: number): Request {
  const operation = { kind: 'create', amount: AMOUNTS[number] ?? 0 } as const;
  return { type: 'request', chunk: encodeChunk(session + 1 + number, 1, [operation]) };
}

export function readOf(number: number): Query {
  return { type: 'query', query: number, chunk: QUERIES };
}

export function writeClient(number: number): number {
  return WRITE_CLIENTS + number;
}

export function readClient(number: number): number {
  return READ_CLIENTS + number;
}
