/** Sessions, keys and OUTCOME: what runs, what is a retry, and what never will run. */
import t from 'tap';
import { SESSIONS_PER_LEASE } from '../../src/core/session-table.ts';
import {
  encodeChunk, type Operation, REASON, type Result, viewOf,
} from '../../src/core/operation.ts';
import { joinChunks, Teller } from '../support/ledger-batches.ts';

const CREATE: Operation = { kind: 'create', amount: 100 };
const DEPOSIT: Operation = { kind: 'deposit', account: 100, amount: 1 };

/** A result in a word or two: `ok`, `duplicate 3:1`, `badRequest passedOver`. */
function say(result: Result): string {
  if (result.code === 'duplicate') return `duplicate ${result.account}:${result.balance}`;
  if (result.code !== 'badRequest') return result.code;
  const reason = Object.entries(REASON).find(([, number]) => number === result.detail);
  return `badRequest ${reason?.[0]}`;
}

function open(limits = {}) {
  const teller = new Teller(limits);
  const session = teller.lease();
  const ask = (request: number, ...operations: readonly Operation[]) =>
    teller.ask(session, request, ...operations).map(say);
  const other = (request: number, ...operations: readonly Operation[]) =>
    teller.ask(session + 1, request, ...operations).map(say);
  return { teller, session, ask, other };
}

function outcomeOf(account: number, toAccount: number): Operation {
  return { kind: 'outcome', account, toAccount };
}

const outcomeOfKey = (key: string): Operation => ({ kind: 'outcome', key });
const PASSED_OVER = 'badRequest passedOver';
const MALFORMED = 'badRequest malformed';

t.test('lease: opens 64 sessions named by its seq; alone in a chunk of session 0', async (t) => {
  const { teller, session } = open();
  t.equal(session, SESSIONS_PER_LEASE);
  teller.execute();
  const [lease] = teller.ask(0, 0, { kind: 'lease' });
  t.same(lease, {
    code: 'ok', kind: 'lease', scale: 2, detail: 0, account: 192, balance: 64, toBalance: 0,
  });
  t.same(teller.ask(192 + 63, 1, CREATE).map(say), ['ok']);
  t.same(teller.ask(0, 0, { kind: 'lease' }, { kind: 'lease' }).map(say), [MALFORMED, MALFORMED]);
  const others: Operation[] = [
    CREATE, DEPOSIT, { kind: 'end' }, outcomeOf(64, 9), { kind: 'query', account: 100 },
    { kind: 'lease', key: 'k' },
  ];
  for (const operation of others) t.same(teller.ask(0, 1, operation).map(say), [MALFORMED]);
  t.same(
    teller.ask(64, 9, CREATE).map(say), ['ok'], 'the OUTCOME in the session-0 chunk sealed nothing',
  );
  t.same(teller.ask(64, 10, { kind: 'lease' }).map(say), [MALFORMED]);
  const chunk = encodeChunk(0, 0, [{ kind: 'lease' }]);
  t.same(teller.execute(chunk, chunk).map(say), ['ok', MALFORMED], 'one lease an entry');
});

t.test('session: unknown: nothing happens, and no fresh start', async (t) => {
  const { teller } = open();
  for (const session of [1, 63, 128, 64 * 1000, 2 ** 53 - 1]) {
    t.same(teller.ask(session, 1, CREATE, DEPOSIT).map(say), ['sessionExpired', 'sessionExpired']);
  }
  t.equal(teller.ledger.accountCount, 0);
  t.match(teller.ask(7, 1, DEPOSIT), [{ kind: 'deposit', scale: 2 }]);
});

t.test('session: retry: the place of the first answer, nothing twice', async (t) => {
  const { teller, ask } = open();
  t.same(ask(
    1, CREATE, DEPOSIT, { kind: 'withdraw', account: 100, amount: 5000 },
  ), ['ok', 'ok', 'insufficientFunds']);
  t.same(ask(1, CREATE, DEPOSIT, DEPOSIT), ['duplicate 2:0', 'duplicate 2:1', 'duplicate 2:2']);
  t.same(ask(3, DEPOSIT), ['duplicate 2:2']);
  t.same(teller.balances(), [10_100]);
  t.match(
    teller.ask(64, 1, DEPOSIT), [{ code: 'duplicate', kind: 'deposit', scale: 2, detail: 0 }],
  );
});

t.test('session: a chunk of retries and new requests: each gets its own', async (t) => {
  const { teller, ask, other } = open();
  ask(1, CREATE, DEPOSIT);
  t.same(ask(2, DEPOSIT, DEPOSIT, DEPOSIT), ['duplicate 2:1', 'ok', 'ok']);
  t.same(teller.balances(), [10_300]);
  t.same(ask(1, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT), [
    'duplicate 2:0', 'duplicate 2:1', 'duplicate 3:1', 'duplicate 3:2', 'ok',
  ]);
  t.same(ask(5, DEPOSIT), ['duplicate 4:4']);
  t.same(other(1, DEPOSIT), ['ok'], 'sessions do not touch');
});

t.test('session: chunks of one batch: places count through the batch', async (t) => {
  const { teller, session, ask, other } = open();
  const chunks = [
    encodeChunk(session, 1, [CREATE, DEPOSIT]), encodeChunk(session + 1, 1, [DEPOSIT]),
    encodeChunk(
      session, 3, [DEPOSIT],
    ), encodeChunk(session, 4, [DEPOSIT]), encodeChunk(session, 3, [DEPOSIT]),
  ];
  t.same(teller.execute(...chunks).map(say), ['ok', 'ok', 'ok', 'ok', 'ok', 'duplicate 2:3']);
  t.same(
    ask(1, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT), [0, 1, 3, 4].map((index) => `duplicate 2:${index}`),
  );
  t.same(other(1, DEPOSIT), ['duplicate 2:2']);
});

t.test('session: numbers skipped: passed over for ever', async (t) => {
  const { teller, ask } = open();
  t.same(ask(5, CREATE), ['ok']);
  t.same(ask(8, DEPOSIT), ['ok']);
  for (const request of [0, 1, 4, 6, 7]) t.same(ask(request, DEPOSIT), [PASSED_OVER], `${request}`);
  t.same(teller.balances(), [10_100]);
  t.same(ask(7, DEPOSIT, DEPOSIT, DEPOSIT), [PASSED_OVER, 'duplicate 3:0', 'ok']);
});

t.test('session: answers no longer remembered: expired, never run again', async (t) => {
  const { teller, ask, other } = open({ runsMax: 2 });
  ask(1, CREATE);
  ask(3, DEPOSIT);
  t.same(ask(1, DEPOSIT), ['duplicate 2:0']);
  other(1, DEPOSIT);
  t.same([1, 2, 3].map((request) => ask(request, DEPOSIT)[0]), [
    'sessionExpired', 'sessionExpired', 'duplicate 3:0',
  ]);
  t.same(ask(4, outcomeOf(64, 2)), ['sessionExpired'], 'nobody can tell any more');
  t.same(teller.balances(), [10_200]);
});

t.test('session: lease evicted: expired', async (t) => {
  const { teller, ask } = open({ leasesMax: 2 });
  ask(1, CREATE);
  teller.lease();
  ask(2, DEPOSIT);
  teller.lease();
  t.same(ask(1, DEPOSIT), ['duplicate 2:0'], 'used later than the other');
  teller.lease();
  teller.lease();
  t.same(ask(1, DEPOSIT, CREATE), ['sessionExpired', 'sessionExpired']);
  t.same(ask(50, DEPOSIT), ['sessionExpired']);
  t.same(teller.balances(), [10_100]);
});

t.test('end: refuses what is new, not what is a retry, its own included', async (t) => {
  const { teller, ask, other } = open();
  t.same(ask(1, CREATE, { kind: 'end' }, DEPOSIT), ['ok', 'ok', 'sessionExpired']);
  t.same(
    ask(1, CREATE, { kind: 'end' }, DEPOSIT), ['duplicate 2:0', 'duplicate 2:1', 'sessionExpired'],
  );
  t.same(ask(0, DEPOSIT), [PASSED_OVER]);
  t.same(other(1, DEPOSIT), ['ok'], 'its neighbour goes on');
  t.same(other(2, { kind: 'end', key: 'k' }, DEPOSIT), [MALFORMED, 'ok']);
  t.same(teller.balances(), [10_200]);
});

t.test('key: retry: the first answer from any session; other content is refused', async (t) => {
  const { teller, ask, other } = open();
  ask(1, CREATE, CREATE);
  const pay: Operation = {
    kind: 'transfer', account: 100, toAccount: 101, amount: 50, key: 'rent',
  };
  t.same(ask(3, pay, pay), ['ok', 'duplicate 3:0'], 'twice in one batch too');
  t.same(other(1, { ...pay, amount: 5000, scale: 2 }), ['duplicate 3:0'], '50.00 is 50');
  const others: Operation[] = [
    { ...pay, amount: 51 }, { ...pay, scale: 1 }, {
      ...pay, toAccount: 102,
    }, { ...pay, account: 102 },
    { ...pay, kind: 'deposit' }, { ...pay, kind: 'create' },
  ];
  for (const [place, operation] of others.entries()) {
    t.same(other(2 + place, operation), ['keyReused'], JSON.stringify(operation));
  }
  t.same(other(20, { ...pay, key: 'Rent' }), ['ok'], 'another key');
  t.same(teller.balances(), [0, 20_000]);
  t.match(other(21, { ...pay, amount: 1 }), ['keyReused']);
});

t.test('key: every kind of write takes one; fields it does not use do not count', async (t) => {
  const { ask } = open();
  t.same(ask(1, CREATE, CREATE), ['ok', 'ok']);
  const writes: Operation[] = [
    { ...CREATE, account: 5, toAccount: 6 }, { ...DEPOSIT, toAccount: 7 },
    { kind: 'update', account: 100, amount: 3, toAccount: 8 },
    { kind: 'withdraw', account: 100, amount: 3, toAccount: 8 },
    { kind: 'transfer', account: 101, toAccount: 100, amount: 4 },
  ];
  const keyed = writes.map((write) => ({ ...write, key: `key-${write.kind}` }));
  t.same(ask(3, ...keyed), ['ok', 'ok', 'ok', 'ok', 'ok']);
  const changed = keyed.map(
    (write) => (write.kind === 'transfer' ? write : { ...write, toAccount: 99 }),
  );
  t.same(ask(8, ...changed), keyed.map((_, place) => `duplicate 3:${place}`));
});

t.test('key: refusals of the bank are remembered, bad requests are not', async (t) => {
  const { ask } = open();
  const missing: Operation = { ...DEPOSIT, key: 'a' };
  const poor: Operation = { kind: 'withdraw', account: 100, amount: 500, key: 'b' };
  t.same(ask(1, missing, CREATE, poor), ['accountNotFound', 'ok', 'insufficientFunds']);
  const full: Operation = {
    kind: 'deposit', account: 100, amount: 2 ** 53 - 1, scale: 2, key: 'c',
  };
  t.same(ask(4, full, { kind: 'deposit', account: 100, amount: 500 }), ['limitExceeded', 'ok']);
  t.same(ask(6, missing, poor, full), ['duplicate 2:0', 'duplicate 2:2', 'duplicate 3:0']);
  const bad: Operation[] = [
    { ...DEPOSIT, scale: 3, key: 'd' }, {
      ...DEPOSIT, amount: 2 ** 52, key: 'd',
    }, { ...DEPOSIT, amount: -1, key: 'd' },
    { kind: 'transfer', account: 100, toAccount: 100, amount: 1, key: 'd' },
    { kind: 'query', account: 100, key: 'd' }, { kind: 'lease', key: 'd' },
  ];
  t.same(ask(9, ...bad), [
    'badRequest tooManyDigits', 'badRequest amountTooLarge', MALFORMED, 'badRequest sameAccount',
    MALFORMED, MALFORMED,
  ]);
  t.same(ask(15, { ...DEPOSIT, key: 'd' }), ['ok']);
});

t.test('key: an invalid one: malformed, nothing happens', async (t) => {
  const { teller, session, ask } = open();
  ask(1, CREATE);
  let request = 2;
  for (const bytes of [[], [0x20], [0x61, 0, 0x61], [0x7f], [0xc3, 0xa9], [0x61, 0x1f]]) {
    for (const operation of [{ ...DEPOSIT, key: '' }, { kind: 'outcome', key: '' }] as const) {
      const chunk = encodeChunk(session, request++, [operation, DEPOSIT]);
      chunk.set(bytes, 128);
      t.same(teller.execute(chunk).map(say), [MALFORMED, 'ok'], `${bytes}`);
      request += 1;
    }
  }
  t.same(teller.balances(), [10_000 + 12 * 100]);
});

t.test('key: the session is looked at before the key', async (t) => {
  const { ask } = open();
  t.same(ask(1, CREATE, { ...DEPOSIT, key: 'a' }), ['ok', 'ok']);
  t.same(ask(2, { ...DEPOSIT, amount: 9, key: 'a' }), ['duplicate 2:1'], 'not key reused');
  t.same(ask(3, { ...DEPOSIT, amount: 9, key: 'a' }), ['keyReused']);
  t.same(
    ask(3, { ...DEPOSIT, key: 'a' }), ['duplicate 4:0'], 'that number was answered with key reused',
  );
  t.same(ask(1, { ...DEPOSIT, key: 'b' }), ['duplicate 2:0']);
  t.same(ask(4, { ...DEPOSIT, amount: 9, key: 'b' }), ['ok'], 'the retry did not record it');
});

t.test('key: beyond the ring: forgotten, oldest first', async (t) => {
  const { teller, ask } = open({ keysMax: 2 });
  ask(1, CREATE);
  const keyed = (key: string) => ({ ...DEPOSIT, key });
  t.same(ask(2, keyed('a'), keyed('b'), keyed('a')), ['ok', 'ok', 'duplicate 3:0']);
  t.same(ask(
    5, keyed('c'), keyed('b'), keyed('a'), keyed('c'),
  ), ['ok', 'duplicate 3:1', 'ok', 'duplicate 4:0']);
  t.same(teller.balances(), [10_400]);
});

t.test('outcome of a request: its first answer, or sealed for ever', async (t) => {
  const { teller, session, ask, other } = open();
  ask(1, CREATE);
  ask(4, DEPOSIT);
  t.same(other(
    1, outcomeOf(session, 4), outcomeOf(session, 1), outcomeOf(session, 3), outcomeOf(session, 0),
  ), [
    'duplicate 3:0', 'duplicate 2:0', 'neverHappened', 'neverHappened',
  ]);
  t.same(other(5, outcomeOf(session, 7)), ['neverHappened']);
  t.same(ask(5, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT), [PASSED_OVER, PASSED_OVER, PASSED_OVER, 'ok']);
  t.same(
    other(6, outcomeOf(session, 7), outcomeOf(session, 6)), ['neverHappened', 'neverHappened'],
  );
  t.same(other(5, outcomeOf(session, 8)), ['duplicate 5:0'], 'a retry of the OUTCOME itself');
  t.same(teller.balances(), [10_200]);
});

t.test('outcome of a request: unknown, evicted and ended sessions', async (t) => {
  const { teller, session, ask, other } = open();
  ask(1, CREATE, { kind: 'end' });
  t.same(other(1, outcomeOf(session, 1), outcomeOf(session, 2), outcomeOf(session, 3)), [
    'duplicate 2:0', 'duplicate 2:1', 'neverHappened',
  ]);
  t.same(ask(3, DEPOSIT), [PASSED_OVER]);
  t.same(other(4, outcomeOf(0, 1), outcomeOf(6400, 1)), ['sessionExpired', 'sessionExpired']);
  t.same(other(6, outcomeOf(-64, 1), outcomeOf(session, -1)), [MALFORMED, MALFORMED]);
  t.same(teller.balances(), [10_000]);
});

t.test('outcome: of an own request: earlier, itself, later', async (t) => {
  const { session, ask } = open();
  t.same(ask(
    1, CREATE, outcomeOf(session, 1), outcomeOf(session, 2), outcomeOf(session, 4), DEPOSIT,
  ), [
    'ok', 'duplicate 2:0', 'duplicate 2:1', MALFORMED, 'ok',
  ]);
  t.same(ask(6, DEPOSIT, outcomeOf(session, 9), DEPOSIT, DEPOSIT, DEPOSIT), [
    'ok', 'neverHappened', PASSED_OVER, PASSED_OVER, 'ok',
  ]);
  t.same(ask(
    1, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT,
  ), [0, 1, 2, 3, 4].map((i) => `duplicate 2:${i}`));
  t.same(ask(6, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT), [
    'duplicate 3:0', 'duplicate 3:1', PASSED_OVER, PASSED_OVER, 'duplicate 3:4', 'ok',
  ]);
});

t.test('outcome: in one batch with what it asks for: by the order', async (t) => {
  const { teller, session } = open();
  const [ask, asked] = [session + 1, session];
  const results = teller.execute(
    encodeChunk(asked, 1, [CREATE]), encodeChunk(
      ask, 1, [outcomeOf(asked, 1), outcomeOf(asked, 2)],
    ),
    encodeChunk(asked, 2, [DEPOSIT, DEPOSIT]), encodeChunk(ask, 3, [outcomeOf(asked, 3)]),
  );
  t.same(
    results.map(say), ['ok', 'duplicate 2:0', 'neverHappened', PASSED_OVER, 'ok', 'duplicate 2:4'],
  );
});

t.test('outcome of a key: its first answer, or sealed for ever', async (t) => {
  const { teller, ask, other } = open();
  t.same(ask(1, CREATE, { ...DEPOSIT, key: 'a' }, outcomeOfKey('a'), outcomeOfKey('b')), [
    'ok', 'ok', 'duplicate 2:1', 'neverHappened',
  ]);
  t.same(other(1, { ...DEPOSIT, key: 'b' }, outcomeOfKey('b'), { ...DEPOSIT, key: 'a' }), [
    'keyReused', 'neverHappened', 'duplicate 2:1',
  ]);
  t.same(teller.balances(), [10_100]);
});

t.test('outcome: key flag and key code: both or neither', async (t) => {
  const { teller, session } = open();
  const keyed = encodeChunk(session, 1, [outcomeOfKey('a')]);
  const plain = encodeChunk(session, 2, [outcomeOf(session, 99)]);
  viewOf(keyed).setUint32(68, 0, true);
  viewOf(plain).setUint32(68, 1, true);
  const other = encodeChunk(session, 3, [outcomeOfKey('a')]);
  viewOf(other).setUint32(68, 2, true);
  const batch = joinChunks(
    [keyed, plain, other, encodeChunk(session, 4, [{ ...CREATE, key: 'a' }])],
  );
  t.same(
    teller.execute(batch).map(say), [MALFORMED, MALFORMED, MALFORMED, 'ok'], 'nothing was sealed',
  );
});
