/** The rules of the bank, one by one. */
import t from 'tap';
import { createHash } from 'node:crypto';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import {
  AMOUNT_MAX, CODE, encodeChunk, KIND, KIND_MAX, type Operation, REASON, RECORD_BYTES,
  type Result, viewOf,
} from '../../src/core/operation.ts';
import { decodeResults, joinChunks, Teller } from '../support/ledger-batches.ts';

/**
 * A bank with accounts 100: 50.00 and 101: 0.20, and a way to execute operations one after another.
 */
function openBank() {
  const teller = new Teller();
  const session = teller.lease();
  let request = 1;
  const execute = (...operations: readonly Operation[]): Result[] => {
    const results = teller.ask(session, request, ...operations);
    request += operations.length;
    return results;
  };
  execute({ kind: 'create', amount: 5000, scale: 2 }, { kind: 'create', amount: 2, scale: 1 });
  return { teller, session, execute, nextRequest: () => request };
}

function done(
  kind: Result['kind'], account: number, balance: number, version: number, toBalance = 0,
) {
  return { code: 'ok', kind, scale: 2, detail: version, account, balance, toBalance };
}

function refusal(code: Result['code'], kind: Result['kind'], account = 0, balance = 0) {
  return { code, kind, scale: 2, detail: 0, account, balance, toBalance: 0 };
}

function bad(kind: Result['kind'], reason: keyof typeof REASON) {
  return { ...refusal('badRequest', kind), detail: REASON[reason] };
}

t.test('ledger: create, update, deposit, withdraw, transfer: balances and versions', async (t) => {
  const { teller, execute } = openBank();
  t.same(teller.balances(), [5000, 20]);
  t.same(execute(
    { kind: 'create', amount: 7 },
    { kind: 'update', account: 100, amount: 150 },
    { kind: 'deposit', account: 100, amount: 105, scale: 1 },
    { kind: 'withdraw', account: 100, amount: 2049, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 102, amount: 40, scale: 0 },
    { kind: 'transfer', account: 102, toAccount: 101, amount: 4700, scale: 2 },
    { kind: 'withdraw', account: 101, amount: 0 },
  ), [
    done('create', 102, 700, 1),
    done('update', 100, 15_000, 2),
    done('deposit', 100, 16_050, 3),
    done('withdraw', 100, 14_001, 4),
    done('transfer', 100, 10_001, 5, 4700),
    done('transfer', 102, 0, 3, 4720),
    done('withdraw', 101, 4720, 3),
  ]);
  t.same(teller.balances(), [10_001, 4720, 0]);
  t.equal(teller.ledger.accountCount, 3);
});

t.test('ledger: account not found: which one is told, from before to', async (t) => {
  const { teller, execute } = openBank();
  const before = teller.ledger.stateDigest;
  t.same(execute(
    { kind: 'update', account: 102, amount: 1 },
    { kind: 'deposit', account: 99, amount: 1 },
    { kind: 'withdraw', account: -100, amount: 1 },
    { kind: 'transfer', account: 200, toAccount: 300, amount: 1 },
    { kind: 'transfer', account: 100, toAccount: 300, amount: AMOUNT_MAX, scale: 2 },
    { kind: 'transfer', account: 200, toAccount: 100, amount: 1 },
  ), [
    refusal('accountNotFound', 'update', 102),
    refusal('accountNotFound', 'deposit', 99),
    refusal('accountNotFound', 'withdraw', -100),
    refusal('accountNotFound', 'transfer', 200),
    refusal('accountNotFound', 'transfer', 300),
    refusal('accountNotFound', 'transfer', 200),
  ]);
  t.equal(teller.ledger.stateDigest, before);
});

t.test('ledger: insufficient funds: at one unit too many, funds before limit', async (t) => {
  const { teller, execute } = openBank();
  execute({ kind: 'update', account: 101, amount: AMOUNT_MAX, scale: 2 });
  const before = teller.ledger.stateDigest;
  t.same(execute(
    { kind: 'withdraw', account: 100, amount: 5001, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 5001, scale: 2 },
  ), [
    refusal('insufficientFunds', 'withdraw', 100, 5000),
    refusal('insufficientFunds', 'transfer', 100, 5000),
  ]);
  t.equal(teller.ledger.stateDigest, before);
  t.same(execute(
    { kind: 'withdraw', account: 100, amount: 5000, scale: 2 },
  ), [done('withdraw', 100, 0, 2)]);
});

t.test('ledger: limit exceeded: at one unit too many, which account is told', async (t) => {
  const { teller, execute } = openBank();
  execute({ kind: 'update', account: 101, amount: AMOUNT_MAX - 10, scale: 2 });
  const before = teller.ledger.stateDigest;
  t.same(execute(
    { kind: 'deposit', account: 101, amount: 11, scale: 2 },
    { kind: 'deposit', account: 101, amount: AMOUNT_MAX, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 11, scale: 2 },
  ), [
    refusal('limitExceeded', 'deposit', 101, AMOUNT_MAX - 10),
    refusal('limitExceeded', 'deposit', 101, AMOUNT_MAX - 10),
    refusal('limitExceeded', 'transfer', 101, AMOUNT_MAX - 10),
  ]);
  t.equal(teller.ledger.stateDigest, before);
  t.same(
    execute({ kind: 'transfer', account: 100, toAccount: 101, amount: 10, scale: 2 }),
    [done('transfer', 100, 4990, 2, AMOUNT_MAX)],
  );
});

t.test('ledger: amounts: exact up to the greatest, else refused with the reason', async (t) => {
  const { execute, teller } = openBank();
  const largest = Math.floor(AMOUNT_MAX / 100);
  t.same(execute(
    { kind: 'create', amount: largest },
    { kind: 'create', amount: Math.floor(AMOUNT_MAX / 10), scale: 1 },
    { kind: 'create', amount: AMOUNT_MAX, scale: 2 },
  ).map(({ balance }) => balance), [largest * 100, Math.floor(AMOUNT_MAX / 10) * 10, AMOUNT_MAX]);
  const before = teller.ledger.stateDigest;
  for (const kind of ['create', 'update', 'deposit', 'withdraw', 'transfer'] as const) {
    const operation = (amount: number, scale: number) => {
      return { kind, account: 777, toAccount: 778, amount, scale };
    };
    t.same(execute(
      operation(largest + 1, 0), operation(Math.floor(AMOUNT_MAX / 10) + 1, 1),
      operation(AMOUNT_MAX, 0), operation(0, 3), operation(1000, 255), operation(-1, 2),
      operation(-1, 9),
    ), [
      bad(kind, 'amountTooLarge'), bad(kind, 'amountTooLarge'), bad(kind, 'amountTooLarge'),
      bad(
        kind, 'tooManyDigits',
      ), bad(kind, 'tooManyDigits'), bad(kind, 'malformed'), bad(kind, 'malformed'),
    ], kind);
  }
  t.equal(teller.ledger.stateDigest, before);
});

t.test('ledger: same account: after malformed, before amount and account', async (t) => {
  const { execute } = openBank();
  const toItself = { kind: 'transfer', account: 555, toAccount: 555 } as const;
  t.same(execute(
    { ...toItself, amount: 1 }, { ...toItself, amount: 1, scale: 9 },
    { ...toItself, amount: AMOUNT_MAX }, { ...toItself, amount: -1 },
  ), [
    bad('transfer', 'sameAccount'), bad('transfer', 'sameAccount'),
    bad('transfer', 'sameAccount'), bad('transfer', 'malformed'),
  ]);
});

/** A chunk whose one record was changed by hand. */
function tampered(
  session: number, request: number, operation: Operation, change: (view: DataView) => void,
) {
  const chunk = encodeChunk(session, request, [operation]);
  change(viewOf(chunk.subarray(64)));
  return chunk;
}

t.test('ledger: fields out of range: malformed where used, ignored where not', async (t) => {
  const { teller, session, nextRequest } = openBank();
  let request = nextRequest();
  const fieldAt = { account: 8, toAccount: 16, amount: 24 };
  const used = {
    create: ['amount'], update: ['account', 'amount'], deposit: ['account', 'amount'],
    withdraw: ['account', 'amount'], transfer: ['account', 'toAccount', 'amount'],
  } as const;
  for (const [kind, fields] of Object.entries(used) as [keyof typeof used, readonly string[]][]) {
    for (const [field, at] of Object.entries(fieldAt)) {
      const operation = { kind, account: 100, toAccount: 101, amount: 0 };
      for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
        const [result] = teller.execute(tampered(session, request++, operation, (view) => {
          view.setBigInt64(at, value, true);
        }));
        if (fields.includes(field)) {
          t.same(result, bad(kind, 'malformed'), `${kind} ${field} ${value}`);
        }
        else t.equal(result?.code, 'ok', `${kind} ${field} ${value}`);
      }
    }
  }
});

t.test('ledger: unknown kinds and flags: malformed', async (t) => {
  const { teller, session, nextRequest } = openBank();
  let request = nextRequest();
  const before = teller.ledger.stateDigest;
  const withByte = (at: number, byte: number) => teller.execute(tampered(
    session, request++, {
      kind: 'deposit', account: 100, amount: 1,
    }, (view) => view.setUint8(at, byte),
  ))[0];
  for (const kind of [0, KIND_MAX + 1, 0xc0, 255]) {
    t.same(withByte(0, kind), bad(undefined, 'malformed'));
  }
  for (const flags of [2, 3, 4, 0x80, 0xff]) {
    t.same(withByte(1, flags), bad('deposit', 'malformed'));
  }
  t.same(withByte(1, 1), bad('deposit', 'malformed'), 'a key flag on the last record');
  t.same(withByte(0, KIND.query), bad('query', 'malformed'), 'reads go through query');
  t.same(withByte(0, KIND.lease), bad('lease', 'malformed'), 'leases have chunks of their own');
  t.equal(teller.ledger.stateDigest, before);
});

t.test('ledger: records of the frontend\'s own chunk run out: malformed', async (t) => {
  const { teller } = openBank();
  const empty = encodeChunk(0, 0, []);
  for (const operations of [1, 2]) {
    viewOf(empty).setUint32(4, operations, true);
    const all = Array.from({ length: operations }, () => bad(undefined, 'malformed'));
    t.same(teller.execute(empty), all);
  }
});

t.test('ledger: records that run out: malformed, counted, numbered', async (t) => {
  const { teller, session, nextRequest } = openBank();
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 1 };
  const short = encodeChunk(
    session, nextRequest(), [deposit, { ...deposit, key: 'k' }],
  ).slice(0, 192);
  viewOf(short).setUint32(4, 4, true);
  viewOf(short).setUint32(24, 2, true);
  const next = encodeChunk(session, nextRequest() + 4, [deposit]);
  t.same(teller.execute(short, next), [
    done('deposit', 100, 5100, 2), bad('deposit', 'malformed'), bad(undefined, 'malformed'),
    bad(undefined, 'malformed'), done('deposit', 100, 5200, 3),
  ]);
  const long = encodeChunk(session, nextRequest() + 5, [deposit, deposit, deposit]);
  viewOf(long).setUint32(4, 1, true);
  t.same(teller.execute(long), [done('deposit', 100, 5300, 4)], 'records left over are ignored');
});

t.test('ledger: bytes that are no chunks: an assertion, nothing changed', async (t) => {
  const { teller, session, nextRequest } = openBank();
  const good = encodeChunk(session, nextRequest(), [{ kind: 'deposit', account: 100, amount: 1 }]);
  const before = teller.ledger.stateDigest;
  const seq = (teller.seq + 1) as Seq;
  for (const rest of [[0], [0xc0], Array.from({ length: 64 }, () => 0), [...good].slice(0, 127)]) {
    const batch = joinChunks([good, Uint8Array.from(rest)]);
    t.throws(() => teller.ledger.execute(seq, 1 as Timestamp, batch), { name: 'AssertionFailure' });
    t.throws(() => teller.ledger.query(batch), { name: 'AssertionFailure' });
    t.equal(teller.ledger.stateDigest, before);
  }
  t.same(teller.execute(good), [done('deposit', 100, 5100, 2)]);
});

t.test('ledger: entries: in order, each once, with a whole timestamp', async (t) => {
  const ledger = new Ledger();
  const execute = (seq: number, timestamp: number) => () => {
    ledger.execute(seq as Seq, timestamp as Timestamp, new Uint8Array(0));
  };
  t.throws(execute(2, 1), { message: /in order/ });
  t.throws(execute(1, NaN), { message: /timestamp/ });
  t.doesNotThrow(execute(1, 1));
  t.throws(execute(1, 1), { message: /in order/ });
  t.doesNotThrow(execute(2, 1));
  for (const runsMax of [0, -1, 1.5, NaN]) {
    t.throws(() => new Ledger({ runsMax }), { message: /limit/ });
  }
});

t.test('ledger: query: the balance and version; no key, no other kind, no change', async (t) => {
  const { teller, execute, session } = openBank();
  execute({ kind: 'deposit', account: 100, amount: 1 });
  const before = teller.ledger.snapshot();
  const operations: Operation[] = [
    { kind: 'query', account: 100 }, { kind: 'query', account: 102 }, {
      kind: 'query', account: 101, key: 'k',
    },
    { kind: 'deposit', account: 100, amount: 1 }, { kind: 'lease' }, { kind: 'end' },
    { kind: 'outcome', account: session, toAccount: 900 }, { kind: 'query', account: 101 },
  ];
  const outOfRange = tampered(
    0, 0, { kind: 'query' }, (view) => view.setBigInt64(8, 2n ** 53n, true),
  );
  const batch = joinChunks([encodeChunk(session, 1, operations), outOfRange]);
  t.same(decodeResults(teller.ledger.query(batch)), [
    done('query', 100, 5100, 2), refusal(
      'accountNotFound', 'query', 102,
    ), bad('query', 'malformed'),
    bad('deposit', 'malformed'), bad('lease', 'malformed'), bad('end', 'malformed'),
    bad('outcome', 'malformed'), done('query', 101, 20, 1), bad('query', 'malformed'),
  ]);
  teller.ledger.releaseSnapshot();
  t.same(teller.ledger.snapshot(), before);
});

t.test('ledger: query: by a name: many in a chunk, exactly, and nothing beside it', async (t) => {
  const { teller, execute, session } = openBank();
  execute({ kind: 'amend', account: 100, terms: { name: 'alice' } });
  execute({ kind: 'amend', account: 101, terms: { name: '100' } });
  const named = (name: string, more: Partial<Operation> = {}): Operation =>
    ({ kind: 'query', terms: { name }, ...more });
  const operations: Operation[] = [
    named('100'), named('alic'), named('alice'), { kind: 'query', account: 100 },
    named('alice', { account: 100 }), named('alice', { key: 'k' }),
    { kind: 'query', terms: { name: 'alice', currency: 'EUR' } },
    { kind: 'query', terms: { floor: 1 } },
  ];
  const cut = encodeChunk(session, 1, [named('alice')]).slice(0, 2 * RECORD_BYTES);
  viewOf(cut).setUint32(24, 1, true);
  const batch = joinChunks([encodeChunk(session, 1, operations), cut]);
  t.same(decodeResults(teller.ledger.query(batch)), [
    done('query', 101, 20, 2), refusal('accountNotFound', 'query', 0),
    done('query', 100, 5000, 2), done('query', 100, 5000, 2),
    ...Array.from({ length: 5 }, () => bad('query', 'malformed')),
  ]);
});

t.test('ledger: digest: of the state, then of the results', async (t) => {
  const { teller, session, nextRequest } = openBank();
  const batch = encodeChunk(session, nextRequest(), [{ kind: 'deposit', account: 100, amount: 1 }]);
  const seq = (teller.seq + 1) as Seq;
  const { results, digest } = teller.ledger.execute(seq, 1 as Timestamp, batch);
  t.equal(digest.slice(0, 16), teller.ledger.stateDigest);
  t.equal(digest.slice(16), createHash('sha256').update(results).digest('hex').slice(0, 16));
  t.equal(teller.ledger.stateDigest, teller.ledger.recomputeStateDigest());
  t.equal(results[0], CODE.ok);
});

t.test('ledger: a batch inside a larger buffer: its bytes alone are read', async (t) => {
  const { teller, session, nextRequest } = openBank();
  const batch = encodeChunk(session, nextRequest(), [
    {
      kind: 'deposit', account: 100, amount: 1, key: 'k',
    }, { kind: 'deposit', account: 100, amount: 1 },
  ]);
  const around = new Uint8Array(batch.length + 100).fill(0xaa);
  around.set(batch, 37);
  const results = decodeResults(teller.executeBytes(around.subarray(37, 37 + batch.length)));
  t.same(results, [done('deposit', 100, 5100, 2), done('deposit', 100, 5200, 3)]);
});
