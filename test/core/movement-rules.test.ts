/** Holds, captures, voids, expiry and reversals, through the ledger. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerLimits } from '../../src/core/ledger.ts';
import { EXPIRED_AT_ONCE_MAX } from '../../src/core/movement-rules.ts';
import { AMOUNT_MAX, encodeChunk, type Operation, type Result } from '../../src/core/operation.ts';
import { decodeResults } from '../support/ledger-batches.ts';

const SECOND_US = 1e6;

/** Accounts 100: 50.00 and 101: 20.00; time passes as it is told. */
class Bank {
  readonly ledger: Ledger;
  #seq = 0;
  #nowUs = 0;
  #request = 1;
  readonly #limits: Partial<LedgerLimits>;

  constructor(limits: Partial<LedgerLimits> = {}) {
    this.#limits = limits;
    this.ledger = new Ledger(limits);
    this.#execute(encodeChunk(0, 0, [{ kind: 'lease' }]));
    this.do({ kind: 'create', amount: 5000, scale: 2 }, { kind: 'create', amount: 20 });
  }

  get seq(): number {
    return this.#seq;
  }

  /** In one entry. */
  do(...operations: readonly Operation[]): Result[] {
    const results = this.#execute(encodeChunk(64, this.#request, operations));
    this.#request += operations.length;
    return results;
  }

  code(operation: Operation): string {
    return this.do(operation)[0]?.code ?? 'nothing';
  }

  wait(seconds: number): void {
    this.#nowUs += seconds * SECOND_US;
  }

  /** What an entry of the frontend does where a hold is due. */
  tick(): void {
    this.#execute(encodeChunk(0, 0, [{ kind: 'expire' }]));
  }

  /** Balance, held and available. */
  account(number: number): readonly (string | undefined)[] {
    const text = this.ledger.query(encodeChunk(0, 0, [{ kind: 'account', account: number }]));
    const { account } = JSON.parse(new TextDecoder().decode(text)) as {
      account: Record<string, string>;
    };
    return [account['balance'], account['held'], account['available']];
  }

  /** The same bank, from a checkpoint: it must go on alike. */
  restored(): Ledger {
    const image = this.ledger.snapshot();
    const restored = Ledger.restore(image, this.#limits);
    this.ledger.releaseSnapshot();
    return restored;
  }

  #execute(chunk: Uint8Array): Result[] {
    this.#seq += 1;
    this.#nowUs += 1;
    const [seq, timestamp] = [this.#seq as Seq, this.#nowUs as Timestamp];
    return decodeResults(this.ledger.execute(seq, timestamp, chunk).results);
  }
}

function hold(amount: number, more: Partial<Operation> = {}): Operation {
  return { kind: 'hold', account: 100, toAccount: 101, amount, ...more };
}

t.test('hold: what is held is not available, to anybody', async (t) => {
  const bank = new Bank();
  t.equal(bank.code(hold(30, { id: 'h' })), 'ok');
  t.same(bank.account(100), ['50.00', '30.00', '20.00']);
  for (const kind of ['withdraw', 'transfer', 'hold'] as const) {
    const asked = { kind, account: 100, toAccount: 101, amount: 2001, scale: 2 };
    t.equal(bank.code(asked), 'insufficientFunds', `${kind}: beyond what is available`);
  }
  t.equal(bank.code({ kind: 'update', account: 100, amount: 29 }), 'insufficientFunds');
  t.equal(bank.code({ kind: 'withdraw', account: 100, amount: 20 }), 'ok');
  t.equal(bank.code({ kind: 'amend', account: 100, terms: { closed: true } }), 'notEmpty');
  t.same(bank.account(101), ['20.00', '0.00', '20.00'], 'and is not there yet');
});

t.test('capture: once, the whole or less; the rest is released', async (t) => {
  const bank = new Bank();
  bank.do(hold(30, { id: 'h' }));
  t.equal(bank.code({ kind: 'capture', id: 'h', amount: 31 }), 'exceedsOriginal');
  t.match(bank.do({ kind: 'capture', id: 'h', amount: 1250, scale: 2 }), [
    { code: 'ok', account: 100, balance: 3750, toBalance: 3250 },
  ]);
  t.same(bank.account(100), ['37.50', '0.00', '37.50']);
  for (const kind of ['capture', 'void'] as const) {
    const [refused = {}] = bank.do({ kind, id: 'h' });
    t.match(refused, { code: 'movementSettled', detail: 2 }, `${kind} after`);
    t.notOk('toAccount' in refused, 'only of what was done');
  }
  t.same(bank.account(100), ['37.50', '0.00', '37.50']);
});

t.test('void: releases, once; no capture after it', async (t) => {
  const bank = new Bank();
  bank.do(hold(30, { id: 'h' }));
  t.equal(bank.code({ kind: 'void', id: 'h' }), 'ok');
  t.same(bank.account(100), ['50.00', '0.00', '50.00']);
  t.match(bank.do({ kind: 'void', id: 'h' }), [{ code: 'movementSettled', detail: 3 }]);
  t.equal(bank.code({ kind: 'capture', id: 'h' }), 'movementSettled');
  t.equal(bank.code({ kind: 'reverse', id: 'h' }), 'movementSettled', 'nothing was posted');
});

t.test('expiry: by the time of entries; nothing of an expired hold blocks, or can be captured',
  async (t) => {
    const bank = new Bank();
    bank.do(hold(30, { id: 'a', forSeconds: 60 }), hold(20, { id: 'b', forSeconds: 30 }));
    bank.wait(29);
    t.equal(bank.code({ kind: 'withdraw', account: 100, amount: 1 }), 'insufficientFunds');
    bank.wait(1);
    t.equal(bank.code({ kind: 'withdraw', account: 100, amount: 1 }), 'ok', 'the very first entry');
    t.match(bank.do({ kind: 'capture', id: 'b' }), [{ code: 'movementSettled', detail: 4 }]);
    bank.wait(29.9);
    t.equal(bank.ledger.nextExpiry > 0, true);
    bank.wait(0.1);
    bank.tick();
    t.same(bank.account(100), ['49.00', '0.00', '49.00'], 'nobody has to write');
    t.equal(bank.ledger.nextExpiry, 0);
    t.equal(bank.ledger.recomputeStateDigest(), bank.ledger.stateDigest);
  });

t.test('expiry: very many at once: some in each entry; none can be captured', async (t) => {
  const bank = new Bank();
  bank.do({ kind: 'deposit', account: 100, amount: 20_000 });
  const count = EXPIRED_AT_ONCE_MAX + 3;
  for (let made = 0; made < count; made += 1_000) {
    const size = Math.min(1_000, count - made);
    bank.do(...Array.from({ length: size }, (_, at) =>
      hold(1, { scale: 2, id: `h${made + at}`, forSeconds: 60 })));
  }
  bank.wait(60);
  const other = bank.restored();
  t.match(bank.do({ kind: 'capture', id: `h${count - 1}` }), [
    { code: 'movementSettled', detail: 4 },
  ]);
  t.equal(bank.account(100)[1], '0.02', 'the rest is still to be released');
  t.ok(bank.ledger.nextExpiry > 0, 'and the frontend knows');
  const capture = encodeChunk(64, 1_000_000, [{ kind: 'capture', id: `h${count - 1}` }]);
  const after = encodeChunk(64, 1_000_001, [{ kind: 'void', id: `h${count - 2}` }]);
  const [seq, time] = [bank.seq, 120 * SECOND_US];
  const again = bank.restored();
  t.equal(
    again.execute((seq + 1) as Seq, time as Timestamp, after).digest,
    bank.ledger.execute((seq + 1) as Seq, time as Timestamp, after).digest,
  );
  other.execute(seq as Seq, time as Timestamp, capture);
  other.execute((seq + 1) as Seq, (time + 1) as Timestamp, after);
  t.equal(other.stateDigest, bank.ledger.stateDigest, 'restored before');
  t.same(bank.account(100), ['20050.00', '0.00', '20050.00']);
  t.equal(bank.ledger.nextExpiry, 0);
  t.equal(bank.ledger.recomputeStateDigest(), bank.ledger.stateDigest);
});

t.test('expiry: of what is settled nobody waits for the time any more', async (t) => {
  const bank = new Bank({ movementsMax: 2 });
  bank.do(hold(1, { id: 'a', forSeconds: 60 }), hold(1, { id: 'b', forSeconds: 90 }));
  bank.do({ kind: 'capture', id: 'a' });
  t.equal(bank.ledger.nextExpiry, bank.restored().nextExpiry);
  bank.do(hold(1, { id: 'c', forSeconds: 120 }), { kind: 'void', id: 'b' });
  t.equal(bank.ledger.nextExpiry, bank.restored().nextExpiry);
  bank.do({ kind: 'void', id: 'c' });
  t.equal(bank.ledger.nextExpiry, 0);
});

t.test('ids: one that was given none is called by its place; each names one movement',
  async (t) => {
    const bank = new Bank();
    const [, second] = bank.do(hold(1), hold(2));
    t.match(second, { code: 'ok', toBalance: 1 }, 'tells its index');
    const id = `${bank.seq}.1`;
    t.match(bank.do({ kind: 'capture', id }), [{ code: 'ok', balance: 4800, toBalance: 2200 }]);
    t.equal(bank.code(hold(1, { id: 'mine' })), 'ok');
    t.equal(bank.code(hold(1, { id: 'mine' })), 'idTaken');
    t.equal(bank.code({ ...hold(1, { id: 'mine' }), kind: 'transfer' }), 'idTaken');
    t.equal(bank.code(hold(1, { id: '7.1' })), 'badRequest', 'that form is the bank\'s own');
    t.equal(bank.code({ kind: 'capture', id: 'other' }), 'movementNotFound');
    t.equal(bank.code({ kind: 'capture' }), 'badRequest', 'of none');
  });

t.test('reverse: in parts, never more than the whole', async (t) => {
  const bank = new Bank();
  const pay = { account: 100, toAccount: 101, amount: 10 };
  const transfer = { kind: 'transfer', ...pay, id: 'tx' } as const;
  t.match(bank.do(transfer), [{ code: 'ok', balance: 4000, toBalance: 3000 }]);
  t.match(bank.do({ kind: 'reverse', id: 'tx', amount: 4 }), [
    { code: 'ok', account: 100, balance: 4400, toBalance: 2600 },
  ]);
  t.match(bank.do({ kind: 'reverse', id: 'tx', amount: 601, scale: 2 }), [
    { code: 'exceedsOriginal', balance: 600 },
  ]);
  t.match(bank.do({ kind: 'reverse', id: 'tx' }), [{ code: 'ok', balance: 5000, toBalance: 2000 }]);
  t.equal(bank.code({ kind: 'reverse', id: 'tx' }), 'exceedsOriginal', 'twice');
  t.equal(bank.code({ kind: 'capture', id: 'tx' }), 'movementSettled', 'a transfer is no hold');
  bank.do(hold(10, { id: 'h' }), { kind: 'capture', id: 'h', amount: 8 });
  t.match(bank.do({ kind: 'reverse', id: 'h' }), [{ code: 'ok', balance: 5000 }], 'what was taken');
  bank.do({ ...transfer, id: 'spent' }, { kind: 'withdraw', account: 101, amount: 25 });
  t.equal(bank.code({ kind: 'reverse', id: 'spent' }), 'insufficientFunds');
});

t.test('hold: on credit: an account with nothing in it is not empty', async (t) => {
  const bank = new Bank();
  const [opened] = bank.do({ kind: 'create', amount: 0, terms: { floor: -50 } });
  const account = opened?.account ?? NaN;
  t.equal(bank.code(hold(50, { account, id: 'h' })), 'ok');
  t.equal(bank.code({ kind: 'withdraw', account, amount: 1 }), 'insufficientFunds');
  t.equal(bank.code({ kind: 'amend', account, terms: { floor: -49 } }), 'insufficientFunds');
  const close = { kind: 'amend', account, terms: { closed: true } } as const;
  t.equal(bank.code(close), 'notEmpty');
  t.equal(bank.code({ kind: 'void', id: 'h' }), 'ok');
  t.equal(bank.code(close), 'ok');
});

t.test('hold: no more is held than a balance can be', async (t) => {
  const bank = new Bank();
  const [opened] = bank.do({
    kind: 'create', amount: AMOUNT_MAX, scale: 2, terms: { floor: -AMOUNT_MAX, scale: 2 },
  });
  const account = opened?.account ?? NaN;
  const all = hold(AMOUNT_MAX - 2000, { account, scale: 2 });
  t.equal(bank.code(all), 'ok');
  t.equal(bank.code(hold(2000, { account, scale: 2 })), 'ok', 'as much as can be');
  t.match(bank.do(hold(1, { account, scale: 2 })), [{ code: 'limitExceeded', account }]);
  t.equal(bank.code(hold(0, { account })), 'ok');
  t.equal(bank.ledger.recomputeStateDigest(), bank.ledger.stateDigest);
});

t.test('malformed: whatever the movement is, and the key', async (t) => {
  const bank = new Bank();
  t.equal(bank.code({ kind: 'void', id: 'none', amount: 1 }), 'badRequest', 'before not found');
  t.equal(bank.code({ kind: 'deposit', account: 100, amount: 0, key: 'k' }), 'ok');
  for (const wrong of [
    hold(1, { id: '7.1' }), hold(1, { id: 'a b' }), hold(1, { id: '' }), { kind: 'void' },
    { kind: 'void', id: 'h', amount: 1 }, { kind: 'capture' },
  ] satisfies readonly Operation[]) {
    t.equal(bank.code({ ...wrong, key: 'k' }), 'badRequest', JSON.stringify(wrong));
  }
  t.equal(bank.code(hold(1, { key: 'k' })), 'keyReused');
  for (const account of [-7, 99, 102]) {
    t.match(bank.do(hold(1, { account })), [{ code: 'accountNotFound', account }]);
  }
});

t.test('a key: of a capture only the id and the amount count', async (t) => {
  const bank = new Bank();
  bank.do(hold(5, { id: 'h' }));
  t.equal(bank.code({ kind: 'capture', id: 'h', amount: 1, key: 'k' }), 'ok');
  const other = { account: 100, toAccount: 7 };
  const again = { kind: 'capture', id: 'h', amount: 100, scale: 2, key: 'k', ...other } as const;
  t.equal(bank.code(again), 'duplicate');
  t.equal(bank.code({ ...again, id: 'i' }), 'keyReused');
  t.equal(bank.code({ kind: 'capture', id: 'h', key: 'k' }), 'keyReused', 'all of it');
});

t.test('frozen: no capture, and a hold still runs out', async (t) => {
  const bank = new Bank();
  bank.do(hold(30, { id: 'h', forSeconds: 10 }));
  bank.do({ kind: 'amend', account: 101, terms: { frozen: true } });
  t.equal(bank.code({ kind: 'capture', id: 'h' }), 'accountFrozen');
  bank.wait(10);
  bank.tick();
  t.same(bank.account(100), ['50.00', '0.00', '50.00']);
});

t.test('memory: settled movements give way to new ones, open holds never', async (t) => {
  const bank = new Bank({ movementsMax: 3 });
  bank.do(hold(1, { id: 'open' }), hold(1, { id: 'b' }), { kind: 'void', id: 'b' });
  bank.do(hold(1, { id: 'c' }), { kind: 'void', id: 'c' });
  for (const id of ['d', 'e', 'f']) bank.do(hold(1, { id }), { kind: 'void', id });
  t.equal(bank.code({ kind: 'void', id: 'd' }), 'movementNotFound', 'forgotten');
  t.equal(bank.code({ kind: 'void', id: 'f' }), 'movementSettled', 'remembered');
  t.equal(bank.code({ kind: 'capture', id: 'open' }), 'ok');
  bank.do(hold(1, { id: 'x' }), hold(1, { id: 'y' }), hold(1, { id: 'z' }));
  t.equal(bank.code(hold(1, { id: 'too many' })), 'badRequest', 'an id has no blank');
  t.equal(bank.code(hold(1, { id: 'many' })), 'limitExceeded');
  t.equal(bank.ledger.recomputeStateDigest(), bank.ledger.stateDigest);
});

t.test('checkpoint: a restored ledger goes on alike', async (t) => {
  const bank = new Bank({ movementsMax: 8 });
  bank.do(hold(3, { id: 'a', forSeconds: 60 }), hold(2, { id: 'b', forSeconds: 30 }));
  bank.do({ kind: 'transfer', account: 100, toAccount: 101, amount: 1, id: 'tx' });
  const other = bank.restored();
  const chunk = encodeChunk(64, 1000, [
    { kind: 'capture', id: 'a' }, { kind: 'reverse', id: 'tx' }, { kind: 'void', id: 'b' },
  ]);
  const at = [(bank.seq + 1) as Seq, (31 * SECOND_US) as Timestamp, chunk] as const;
  t.same(other.execute(...at), bank.ledger.execute(...at));
  t.equal(other.stateDigest, bank.ledger.stateDigest);
  t.equal(other.nextExpiry, bank.ledger.nextExpiry);
});

t.test('a key: the same hold twice is one', async (t) => {
  const bank = new Bank();
  const asked = hold(5, { key: 'k', forSeconds: 60 });
  t.equal(bank.code(asked), 'ok');
  t.equal(bank.code(asked), 'duplicate');
  t.equal(bank.code({ ...asked, forSeconds: 61 }), 'keyReused');
  t.equal(bank.code({ ...asked, id: 'i' }), 'keyReused');
  t.same(bank.account(100), ['50.00', '5.00', '45.00']);
});
