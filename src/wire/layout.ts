/**
 * Every message's number and its fields in the order of the wire: the one table behind the codec.
 *
 * The types keep it true to core/message.ts: a message or a field that is missing, misspelt or of
 * another type does not compile. README.md has the same table for writers of other clients; a test
 * decodes by that one and compares. Numbers are never reused; a change of a row is a new version of
 * the protocol.
 */
import { BACKENDS_MAX } from '../core/ids.ts';
import type { Message, Original } from '../core/message.ts';
import {
  BATCH_BYTES_MAX, CHUNK_OPERATIONS_MAX, RECORD_BYTES, RESULT_BYTES,
} from '../core/operation.ts';
import {
  batch, bool, chunk, hex, i53, json, oneOf, originals, PATH_BYTES_MAX, reserve, results, sentence,
  u32, u8, view, type Field,
} from './fields.ts';

export type MessageType = Message['type'];
export type MessageOf<Type extends MessageType> = Extract<Message, { readonly type: Type }>;

/** The fields of one message; the order of the keys is the order of the bytes. */
export type Fields<Of extends Message> = {
  readonly [Name in Exclude<keyof Of, 'type'>]-?: Field<Of[Name]>;
};

export interface Layout<Of extends Message> {
  readonly number: number;
  readonly fields: Fields<Of>;
  /** What the fields must be to one another. */
  readonly rule?: Rule<Of>;
}

export interface Rule<Of> {
  /** The sentence about one that breaks it. */
  readonly is: string;
  readonly holds: (message: Of) => boolean;
}

/** No batch has more operations than this, since each takes at least a record. */
const BATCH_OPERATIONS_MAX = BATCH_BYTES_MAX / RECORD_BYTES;

const CUT_MODES = { 'both': 0, 'to': 1, 'from': 2, 'half-open': 3, 'slow': 4 } as const;

interface Resolved {
  readonly results: Uint8Array;
  readonly originals: readonly Original[];
}

const ORIGINALS_REPLACE_RESULTS: Rule<Resolved> = {
  is: 'each original replaces one of the results',
  holds: ({ results: all, originals: firsts }) =>
    firsts.every(({ index }) => (index + 1) * RESULT_BYTES <= all.length),
};

export const LAYOUT: { readonly [Type in MessageType]: Layout<MessageOf<Type>> } = {
  // ---- backend → frontend: from 1 -------------------------------------------------------------
  'hello': {
    number: 1,
    fields: {
      cluster: hex(16),
      backend: u8(1, BACKENDS_MAX),
      incarnation: hex(16),
      nonce: hex(16),
      count: u8(1, BACKENDS_MAX),
      pid: u32(),
      condition: oneOf({ empty: 0, intact: 1, corrupt: 2 }),
      promisedEpoch: i53(),
      view: view(),
      detail: sentence(),
      directory: sentence(PATH_BYTES_MAX),
    },
  },
  'promised': {
    number: 2,
    fields: {
      epoch: i53(),
      tailSeq: i53(),
      tailEpoch: i53(),
      tailHash: hex(32),
      tailTimestamp: i53(),
      checkpointSeq: i53(),
      digest: hex(8),
      reserve: reserve(),
    },
  },
  'promise-refused': { number: 3, fields: { promisedEpoch: i53() } },
  'vote': {
    number: 4,
    fields: { epoch: i53(), seq: i53(), hash: hex(32), digest: hex(16), reserve: reserve() },
  },
  'results': {
    number: 5,
    fields: {
      epoch: i53(),
      seq: i53(),
      originals: originals(BATCH_OPERATIONS_MAX),
      results: results(BATCH_OPERATIONS_MAX),
    },
    rule: ORIGINALS_REPLACE_RESULTS,
  },
  'read-results': {
    number: 6,
    fields: { epoch: i53(), read: i53(), results: results(BATCH_OPERATIONS_MAX) },
  },
  'pong': {
    number: 7,
    fields: {
      epoch: i53(),
      probe: i53(),
      lastSeq: i53(),
      digest: hex(8),
      reserve: reserve(),
      journalBytes: i53(),
      nextExpiry: i53(),
      keysMax: i53(),
      syncs: i53(),
      writtenBytes: i53(),
      checkpoints: i53(),
    },
  },
  'located': {
    number: 8,
    fields: { epoch: i53(), seq: i53(), entryEpoch: i53(), hash: hex(32) },
  },
  'truncated': {
    number: 9,
    fields: { epoch: i53(), tailSeq: i53(), tailEpoch: i53(), tailHash: hex(32), digest: hex(8) },
  },
  'fetched': {
    number: 10,
    fields: {
      epoch: i53(),
      seq: i53(),
      entryEpoch: i53(),
      timestamp: i53(),
      view: view(),
      previousHash: hex(32),
      hash: hex(32),
      digest: hex(16),
      more: bool(),
      batch: batch(),
    },
  },
  'corrupted': { number: 11, fields: { detail: sentence() } },
  'cutting': { number: 12, fields: { order: i53() } },

  // ---- frontend → backend: from 32 ------------------------------------------------------------
  'promise': { number: 32, fields: { cluster: hex(16), epoch: i53(), owner: hex(16) } },
  'prepare': {
    number: 33,
    fields: {
      epoch: i53(),
      seq: i53(),
      entryEpoch: i53(),
      timestamp: i53(),
      view: view(),
      previousHash: hex(32),
      commitSeq: i53(),
      answerer: u8(0, BACKENDS_MAX),
      batch: batch(),
    },
  },
  'commit': { number: 34, fields: { epoch: i53(), commitSeq: i53() } },
  'ping': { number: 35, fields: { epoch: i53(), probe: i53(), commitSeq: i53() } },
  'read': { number: 36, fields: { epoch: i53(), read: i53(), batch: batch() } },
  'answer': { number: 37, fields: { epoch: i53(), seq: i53() } },
  'locate': { number: 38, fields: { epoch: i53(), seq: i53() } },
  'truncate': {
    number: 39,
    fields: { epoch: i53(), afterSeq: i53(), tailSeq: i53(), tailHash: hex(32) },
  },
  'fetch': { number: 40, fields: { epoch: i53(), fromSeq: i53(), bytes: i53() } },
  'reset': { number: 41, fields: { epoch: i53(), detail: sentence() } },
  'view-changed': { number: 42, fields: { epoch: i53(), view: view() } },
  'cut': { number: 43, fields: { order: i53(), mode: oneOf(CUT_MODES), forMs: u32() } },

  // ---- client → frontend: from 64 -------------------------------------------------------------
  'client-hello': { number: 64, fields: { cluster: hex(16) } },
  'open-session': { number: 65, fields: {} },
  'request': { number: 66, fields: { chunk: chunk() } },
  'query': { number: 67, fields: { query: i53(), chunk: chunk() } },
  'ask-status': { number: 68, fields: {} },
  'chaos': {
    number: 69,
    fields: {
      number: i53(),
      backend: u8(1, BACKENDS_MAX),
      mode: oneOf(CUT_MODES),
      forMs: u32(),
    },
  },

  // ---- frontend → client: from 96 -------------------------------------------------------------
  'welcome': { number: 96, fields: { cluster: hex(16), epoch: i53() } },
  'session': { number: 97, fields: { session: i53() } },
  'answered': {
    number: 98,
    fields: {
      session: i53(),
      firstRequest: i53(),
      seq: i53(),
      timestamp: i53(),
      originals: originals(CHUNK_OPERATIONS_MAX),
      results: results(CHUNK_OPERATIONS_MAX),
    },
    rule: ORIGINALS_REPLACE_RESULTS,
  },
  'query-answered': {
    number: 99,
    fields: { query: i53(), seq: i53(), results: results(BATCH_OPERATIONS_MAX) },
  },
  'refusal': {
    number: 100,
    fields: {
      thing: oneOf({ request: 0, query: 1, session: 2 }),
      session: i53(),
      number: i53(),
      code: oneOf({ UNAVAILABLE: 0, BUSY: 1, BAD_REQUEST: 2 }),
      detail: sentence(),
    },
  },
  'status-report': { number: 101, fields: { json: json() } },
  'chaos-answer': {
    number: 102,
    fields: {
      number: i53(),
      outcome: oneOf({ 'begins': 0, 'refused': 1, 'not-allowed': 2 }),
      detail: sentence(),
    },
  },

  // ---- frontend → whoever said hello ----------------------------------------------------------
  'refused': { number: 120, fields: { retry: bool(), detail: sentence() } },
};
