/** Details: what the operation directly behind a write tells of it. */
import t, { type Test } from 'tap';
import {
  encodeChunk, GROUP_OPERATIONS_MAX, OF_THE_WRITE, REASON, RECORD_BYTES, type Operation,
  type Result,
} from '../../src/core/operation.ts';
import { joinChunks, Teller } from '../support/ledger-batches.ts';

const DETAILS: Operation = { kind: 'details' };
const MALFORMED = { code: 'badRequest', kind: 'details', detail: REASON.malformed };
const NONE = { code: 'neverHappened', kind: 'details', account: 0, balance: 0, toBalance: 0 };
const HOLD = { kind: 'hold', account: 100, toAccount: 101, amount: 30, id: 'h' } as const;
const PAY = { kind: 'transfer', account: 100, toAccount: 101, amount: 10 } as const;

/** Accounts 100: 50.00 and 101: 20.00; a session whose next request is `next`. */
function open() {
  const teller = new Teller();
  const session = teller.lease();
  let next = 1;
  const bytes = (operations: readonly Operation[], isAtomic = false): Uint8Array => {
    const chunk = encodeChunk(session, next, operations, isAtomic);
    next += operations.length;
    return chunk;
  };
  const ask = (...all: readonly Operation[]) => teller.execute(bytes(all));
  const group = (...all: readonly Operation[]) => teller.execute(bytes(all, true));
  ask({ kind: 'create', amount: 50 }, { kind: 'create', amount: 20 });
  return { teller, session, bytes, ask, group, next: () => next };
}

/** The account as a report tells it. */
function lookAt(teller: Teller, account: number): Record<string, unknown> {
  const text = teller.ledger.query(encodeChunk(0, 0, [{ kind: 'account', account }]));
  const report = JSON.parse(new TextDecoder().decode(text)) as { account: object };
  return report.account as Record<string, unknown>;
}

function units(amount: unknown): number {
  return Math.round(Number(amount) * 100);
}

/** The write's details are what looking at the accounts before and after it tells. */
function check(
  t: Test, bank: ReturnType<typeof open>, write: Operation, [one, other]: readonly number[],
): void {
  const { teller, ask } = bank;
  const before = one === undefined ? 0 : units(lookAt(teller, one)['balance']);
  const [result, details] = ask(write, DETAILS) as [Result, Result];
  const what = `${write.kind} ${write.id ?? ''}`;
  t.equal(result.code, 'ok', what);
  t.match(details, { code: 'ok', kind: 'details', scale: 2 }, what);
  const account = lookAt(teller, result.account);
  t.equal(details.account, before, `${what}: before`);
  t.equal(details.balance, units(account['available']), `${what}: available`);
  t.equal(result.balance, units(account['balance']));
  t.equal(result.detail, account['version']);
  const otherNow = other === undefined ? { version: 0, available: 0 } : lookAt(teller, other);
  t.equal(details.detail, otherNow['version'], `${what}: version of the other account`);
  t.equal(details.toBalance, units(otherNow['available']), `${what}: available of the other`);
  if (other !== undefined) t.equal(result.toBalance, units(otherNow['balance']));
}

t.test('details: of each kind of write: before, available, the other account', async (t) => {
  const bank = open();
  const writes: readonly [Operation, ...accounts: number[]][] = [
    [{ kind: 'create', amount: 7 }],
    [{ kind: 'update', account: 101, amount: 25 }, 101],
    [{ kind: 'deposit', account: 100, amount: 5 }, 100],
    [{ kind: 'withdraw', account: 100, amount: 5 }, 100],
    [PAY, 100, 101],
    [{ ...PAY, account: 101, toAccount: 100 }, 101, 100],
    [HOLD, 100],
    // Held money on both sides: available is another thing than the balance.
    [{ ...HOLD, account: 101, toAccount: 100, amount: 3, id: 'back' }, 101],
    [{ ...PAY, amount: 1 }, 100, 101],
    [{ ...PAY, amount: 2, id: 'tx' }, 100, 101],
    [{ kind: 'amend', account: 100, terms: { name: 'alice' } }, 100],
    [{ kind: 'update', account: 100, amount: 60, terms: { ifVersion: 9 } }, 100],
    [{ kind: 'capture', id: 'h', amount: 4 }, 100, 101],
    [{ kind: 'reverse', id: 'h', amount: 1 }, 100, 101],
    [{ kind: 'reverse', id: 'tx' }, 100, 101],
    [{ kind: 'void', id: 'back' }, 101],
    [{ kind: 'deposit', account: 101, amount: 1, key: 'k', reference: 'x' }, 101],
  ];
  for (const [write, ...accounts] of writes) check(t, bank, write, accounts);
});

t.test('details: of a write that has others before and behind it in its chunk', async (t) => {
  const { ask } = open();
  t.match(ask(PAY, { ...PAY, amount: 1 }, DETAILS, PAY, DETAILS, PAY), [
    { balance: 4000 }, { balance: 3900 }, { account: 4000, balance: 3900, toBalance: 3100 },
    { balance: 2900 }, { account: 3900, balance: 2900, toBalance: 4100 }, { balance: 1900 },
  ]);
  const yen: Operation = { kind: 'create', amount: 5, terms: { currency: 'JPY' } };
  t.match(ask(yen, DETAILS), [{ scale: 0 }, { code: 'ok', scale: 0, account: 0, balance: 5 }]);
});

t.test('details: of nothing: never happened', async (t) => {
  const { teller, session, bytes, ask, next } = open();
  t.match(ask(DETAILS), [NONE], 'the first of its chunk');
  t.match(teller.execute(joinChunks([bytes([PAY]), bytes([DETAILS])])), [{ code: 'ok' }, NONE]);
  t.match(ask(PAY, DETAILS, DETAILS), [{ code: 'ok' }, { code: 'ok' }, NONE]);
  t.match(ask({ ...PAY, amount: 99 }, DETAILS), [{ code: 'insufficientFunds' }, NONE]);
  t.match(ask({ ...PAY, amount: 1, scale: 3 }, DETAILS), [{ code: 'badRequest' }, NONE]);
  const outcome = { kind: 'outcome', account: session, toAccount: 1 } as const;
  t.match(ask(outcome, DETAILS), [{ code: 'duplicate', kind: 'outcome' }, NONE]);
  t.match(ask({ kind: 'query', account: 100 }, DETAILS), [{ code: 'badRequest' }, NONE]);
  t.match(ask({ ...PAY, key: 'k' }, { ...PAY, key: 'k', amount: 1 }, DETAILS), [
    { code: 'ok' }, { code: 'keyReused' }, NONE,
  ]);
  t.match(ask({ kind: 'end' }, DETAILS), [{ code: 'ok' }, { code: 'sessionExpired' }]);
  t.match(teller.ask(session, next(), DETAILS), [{ code: 'sessionExpired' }]);
});

t.test('details: with flags: malformed; and no query', async (t) => {
  const { teller, bytes } = open();
  for (const more of [{ key: 'k' }, { id: 'i' }, { reference: 'r' }, { terms: { floor: 1 } }]) {
    t.match(teller.execute(bytes([PAY, { ...DETAILS, ...more }])), [{ code: 'ok' }, MALFORMED]);
  }
  const query = encodeChunk(0, 0, [{ kind: 'query', account: 100 }, DETAILS]);
  t.equal(teller.ledger.query(query)[32], 4, 'badRequest');
  t.match(teller.ask(0, 0, DETAILS), [MALFORMED], 'nor the frontend\'s own');
});

t.test('details: a retry: each has its own first answer', async (t) => {
  const { teller, session, ask, next } = open();
  const first = next();
  t.match(ask(PAY, DETAILS), [{ code: 'ok' }, { code: 'ok' }]);
  const at = { code: 'duplicate', account: teller.seq };
  t.match(teller.ask(session, first, PAY, DETAILS), [
    { ...at, kind: 'transfer', balance: 0 }, { ...at, kind: 'details', balance: 1, detail: 0 },
  ]);
  t.match(teller.ask(session, first + 1, DETAILS), [{ ...at, balance: 1, detail: 0 }]);
  t.same(teller.balances(), [4000, 3000]);
});

t.test('details: of a write under a key that comes again: those of the first', async (t) => {
  const { teller, ask } = open();
  const keyed = { ...PAY, key: 'k' };
  ask({ kind: 'deposit', account: 100, amount: 1 }, keyed, DETAILS);
  const at = { code: 'duplicate', account: teller.seq, balance: 1 };
  const all = [{ ...at, kind: 'transfer' }, { ...at, kind: 'details', detail: OF_THE_WRITE }];
  t.match(ask(keyed, DETAILS), all);
  t.match(teller.ask(teller.lease(), 1, keyed, DETAILS), all, 'by another session');
});

t.test('group: details behind its postings', async (t) => {
  const { teller, group } = open();
  t.match(group(PAY, DETAILS, { kind: 'withdraw', account: 101, amount: 5 }, DETAILS, PAY), [
    { code: 'ok', balance: 4000, toBalance: 3000 },
    { code: 'ok', account: 5000, balance: 4000, toBalance: 3000, detail: 2 },
    { code: 'ok', balance: 2500 },
    { code: 'ok', account: 3000, balance: 2500, toBalance: 0, detail: 0 },
    { code: 'ok', balance: 3000, toBalance: 3500 },
  ]);
  t.same(teller.balances(), [3000, 3500]);
});

t.test('group: one is refused: so are all details, and they do not count', async (t) => {
  const { teller, group } = open();
  const before = teller.ledger.stateDigest;
  const other = { code: 'groupRefused', detail: 1, account: 0, balance: 0 };
  t.match(group(PAY, DETAILS, { ...PAY, amount: 41 }, DETAILS, PAY), [
    other, { ...other, kind: 'details' }, { code: 'insufficientFunds' },
    { ...other, kind: 'details' }, other,
  ]);
  const alone = [DETAILS, PAY];
  t.match(group(...alone), [MALFORMED, { code: 'groupRefused', detail: 0 }]);
  t.match(group(PAY, DETAILS, DETAILS), [{ code: 'groupRefused' }, { code: 'groupRefused' },
    MALFORMED]);
  t.equal(teller.ledger.stateDigest, before);
});

t.test('group: as many as ever, with details; one more is too many', async (t) => {
  const { teller, bytes } = open();
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 1 };
  const pairs = (count: number) => Array.from({ length: count }, () => [deposit, DETAILS]).flat();
  const most = teller.execute(bytes(pairs(GROUP_OPERATIONS_MAX), true));
  t.ok(most.every(({ code }) => code === 'ok'));
  const [first, ...others] = teller.execute(bytes(pairs(GROUP_OPERATIONS_MAX + 1), true));
  t.equal(first?.code, 'badRequest');
  t.ok(others.every(({ code, detail }) => code === 'groupRefused' && detail === 0));
  t.same(teller.balances(), [5000 + 100 * GROUP_OPERATIONS_MAX, 2000]);
});

t.test('details: the records run out: malformed', async (t) => {
  const { teller, bytes } = open();
  const chunk = bytes([PAY, DETAILS]).slice(0, 2 * RECORD_BYTES);
  chunk[24] = 1;
  t.match(teller.execute(chunk), [{ code: 'ok' }, { code: 'badRequest', kind: undefined }]);
});
