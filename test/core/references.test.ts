/** References: what a posting is for, in the user's words. */
import t from 'tap';
import {
  BATCH_BYTES_MAX, CHUNK_BYTES_MAX, CHUNK_OPERATIONS_MAX, encodeChunk, RECORD_BYTES, REASON,
  viewOf, type Operation,
} from '../../src/core/operation.ts';
import { decodeOperation } from '../../src/core/spell-operation.ts';
import { Teller } from '../support/ledger-batches.ts';

const PAY = { kind: 'transfer', account: 100, toAccount: 101, amount: 1 } as const;
const HOLD = { kind: 'hold', account: 100, toAccount: 101, amount: 2, id: 'h' } as const;
/** One after the other; each is done. */
const POSTINGS: readonly Operation[] = [
  { kind: 'create', amount: 50, terms: { name: 'alice' } }, { kind: 'create', amount: 20 },
  { kind: 'update', account: 101, amount: 21, terms: { ifVersion: 1 } },
  { kind: 'deposit', account: 100, amount: 7 }, { kind: 'withdraw', account: 100, amount: 7 },
  PAY, { ...PAY, id: 't' }, HOLD, { kind: 'capture', id: 'h' }, { kind: 'reverse', id: 't' },
];
const MALFORMED = { code: 'badRequest', detail: REASON.malformed };

function open() {
  const teller = new Teller();
  const session = teller.lease();
  let request = 1;
  const bytes = (operations: readonly Operation[], isAtomic = false): Uint8Array => {
    const chunk = encodeChunk(session, request, operations, isAtomic);
    request += operations.length;
    return chunk;
  };
  return { teller, bytes, ask: (...all: readonly Operation[]) => teller.execute(bytes(all)) };
}

t.test('reference: of each posting, under a key or not: it changes nothing', async (t) => {
  for (const keyed of [false, true]) {
    const [plain, referred] = [open(), open()];
    for (const [at, posting] of POSTINGS.entries()) {
      const operation = keyed ? { ...posting, key: `k${at}` } : posting;
      const [expected] = plain.ask(operation);
      const [found] = referred.ask({ ...operation, reference: `Rechnung Nº ${at}` });
      t.equal(found?.code, 'ok', posting.kind);
      t.same(found, expected);
    }
    t.equal(referred.teller.ledger.stateDigest, plain.teller.ledger.stateDigest);
  }
});

t.test('reference: of what posts nothing: malformed', async (t) => {
  const { ask } = open();
  ask(...POSTINGS.slice(0, 2), HOLD);
  const others: readonly Operation[] = [
    { kind: 'amend', account: 100, terms: { frozen: true } }, { kind: 'void', id: 'h' },
    { kind: 'outcome', key: 'k' }, { kind: 'end' }, { kind: 'query', account: 100 },
  ];
  for (const other of others) t.match(ask({ ...other, reference: 'x' }), [MALFORMED], other.kind);
  t.match(ask({ kind: 'amend', account: 100, terms: { frozen: true } }), [{ code: 'ok' }]);
});

t.test('reference: one that is none: malformed, and nothing happens', async (t) => {
  const { teller, bytes, ask } = open();
  ask(...POSTINGS.slice(0, 2));
  const broken: readonly (readonly number[])[] = [
    [], [0x20, 0x61], [0x61, 0x20], [0x61, 0x0a], [0xff], [0xc3], [0x61, 0, 0x61],
    [...Buffer.from('\u2028a')],
  ];
  for (const record of broken) {
    for (const posting of [PAY, { ...PAY, key: 'k' }, { ...PAY, id: 'i' }]) {
      const chunk = bytes([{ ...posting, reference: 'x' }]);
      const at = chunk.length - RECORD_BYTES;
      chunk.fill(0, at).set(record, at);
      t.match(teller.execute(chunk), [MALFORMED], record.join(' '));
    }
  }
  const cut = bytes([{ ...PAY, reference: 'x' }]).subarray(0, 2 * RECORD_BYTES);
  viewOf(cut).setUint32(24, 1, true);
  t.match(teller.execute(cut), [MALFORMED], 'the chunk ends before it');
  const more = bytes([{ ...PAY, reference: 'x' }]);
  more[RECORD_BYTES + 1] = 16 + 8;
  t.match(teller.execute(more), [MALFORMED], 'a flag that there is not');
  t.same(teller.balances(), [5000, 2000]);
  t.match(ask({ ...PAY, key: 'k' }), [{ code: 'ok' }], 'the key is still free');
});

t.test('reference: of a write under a key: part of what it asks for', async (t) => {
  const { ask } = open();
  ask(...POSTINGS.slice(0, 2));
  for (const posting of [PAY, HOLD]) {
    const first = { ...posting, key: posting.kind, reference: 'rent' };
    t.match(ask(first), [{ code: 'ok' }]);
    t.match(ask(first), [{ code: 'duplicate' }]);
    t.match(ask({ ...first, reference: 'Rent' }), [{ code: 'keyReused' }]);
    t.match(ask({ ...posting, key: posting.kind }), [{ code: 'keyReused' }]);
  }
});

t.test('reference: in a group', async (t) => {
  const { teller, bytes, ask } = open();
  ask(...POSTINGS.slice(0, 2));
  const conditional = { ...PAY, terms: { ifVersion: 1 }, reference: 'y' };
  const group = bytes([conditional, { ...PAY, reference: '€'.repeat(21) }], true);
  t.match(teller.execute(group), [{ code: 'ok' }, { code: 'ok', balance: 4800 }]);
  const keyed = [{ ...PAY, key: 'k' }, { ...PAY, reference: 'x' }];
  t.match(teller.execute(bytes(keyed, true)), [{ code: 'ok' }, { code: 'ok', balance: 4600 }]);
  t.match(teller.execute(bytes(keyed, true)), [{ code: 'duplicate' }, { code: 'duplicate' }]);
  const another = [{ ...PAY, key: 'k' }, { ...PAY, reference: 'y' }];
  const reused = [{ code: 'keyReused' }, { code: 'keyReused' }];
  t.match(teller.execute(bytes(another, true)), reused);
  for (const at of [0, 1]) {
    const broken = bytes([{ ...PAY, key: 'n', reference: 'x' }, { ...PAY, reference: 'x' }], true);
    broken[(at === 0 ? 3 : 5) * RECORD_BYTES] = 0x20;
    t.match(teller.execute(broken)[at], MALFORMED, `operation ${at}`);
  }
});

t.test('reference: the longest chunk: read as it was written', async (t) => {
  const one: Operation = {
    ...PAY, scale: 2, key: 'k'.repeat(64), terms: { ifVersion: 7 }, reference: 'é'.repeat(32),
  };
  const chunk = encodeChunk(1, 1, Array.from({ length: CHUNK_OPERATIONS_MAX }, () => one));
  t.equal(chunk.length, CHUNK_BYTES_MAX);
  t.ok(CHUNK_BYTES_MAX <= BATCH_BYTES_MAX);
  const view = viewOf(chunk);
  let at = RECORD_BYTES;
  for (let count = 0; count < CHUNK_OPERATIONS_MAX; count += 1) {
    const decoded = decodeOperation(view, at);
    if (count % 4095 === 0) t.same(decoded?.operation, one);
    at = decoded?.next ?? NaN;
  }
  t.equal(at, chunk.length);
});
