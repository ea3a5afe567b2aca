/** The rules by examples: what each term does, each refusal, and of two refusals the first. */
import t, { type Test } from 'tap';
import {
  AMOUNT_MAX, encodeChunk, REASON, type Operation, type Result,
} from '../../src/core/operation.ts';
import type { Terms } from '../../src/core/terms.ts';
import { decodeResults, Teller } from '../support/ledger-batches.ts';

/** A bank that is asked one operation at a time. */
class Counter {
  readonly #teller = new Teller();
  readonly #session = this.#teller.lease();
  #request = 0;

  get digest(): string {
    return this.#teller.ledger.stateDigest;
  }

  ask(operation: Operation): Result {
    this.#request += 1;
    const [result] = this.#teller.ask(this.#session, this.#request, operation);
    if (result === undefined) throw new Error('no result');
    return result;
  }

  create(amount: number, terms?: Terms): Result {
    return this.ask({ kind: 'create', amount, scale: 2, ...(terms && { terms }) });
  }

  amend(account: number, terms: Terms): Result {
    return this.ask({ kind: 'amend', account, terms });
  }

  update(account: number, amount: number, terms?: Terms): Result {
    return this.ask({ kind: 'update', account, amount, scale: 2, ...(terms && { terms }) });
  }

  query(account: number): Result {
    const queries = encodeChunk(0, 0, [{ kind: 'query', account }]);
    const [result] = decodeResults(this.#teller.ledger.query(queries));
    if (result === undefined) throw new Error('no result');
    return result;
  }
}

/** `ok`, or why not: a reason, where it was a bad request. */
function told({ code, detail }: Result): string {
  if (code !== 'badRequest') return code;
  return Object.entries(REASON).find(([, number]) => number === detail)?.[0] ?? 'unknown';
}

t.test('rules: an account in a currency: amounts in its digits', async (t) => {
  const bank = new Counter();
  const yen = { kind: 'create', terms: { currency: 'JPY' } } as const;
  t.match(bank.ask({ ...yen, amount: 50 }), { code: 'ok', account: 100, balance: 50, scale: 0 });
  t.equal(told(bank.ask({ ...yen, amount: 50, scale: 1 })), 'tooManyDigits');
  const dinar = { kind: 'create', terms: { currency: 'BHD' } } as const;
  const made = bank.ask({ ...dinar, amount: 5, scale: 1 });
  t.match(made, { code: 'ok', account: 101, balance: 500, scale: 3, detail: 1 });
  t.match(bank.query(101), { code: 'ok', balance: 500, scale: 3, detail: 1 });
  const deposit = bank.ask({ kind: 'deposit', account: 101, amount: 1, scale: 3 });
  t.match(deposit, { code: 'ok', balance: 501, scale: 3, detail: 2 });
  const transfer = { kind: 'transfer', account: 101, toAccount: 100, amount: 1 } as const;
  t.match(bank.ask(transfer), { code: 'currencyMismatch', account: 100, balance: 50, scale: 0 });
});

t.test('rules: a floor below zero is a credit line, one above a reserve', async (t) => {
  const bank = new Counter();
  const made = bank.create(1000, { floor: -5000, scale: 2 });
  t.match(made, { code: 'ok', account: 100, balance: 1000 });
  const withdraw = { kind: 'withdraw', account: 100, scale: 2 } as const;
  t.match(bank.ask({ ...withdraw, amount: 6000 }), { code: 'ok', balance: -5000 });
  t.match(bank.ask({ ...withdraw, amount: 1 }), { code: 'insufficientFunds', balance: -5000 });
  bank.create(9000, { floor: 80 });
  const pay = { kind: 'transfer', account: 101, toAccount: 100, scale: 2 } as const;
  t.match(bank.ask({ ...pay, amount: 1001 }), { code: 'insufficientFunds', account: 101 });
  const done = { code: 'ok', account: 101, balance: 8000, toBalance: -4000 };
  t.match(bank.ask({ ...pay, amount: 1000 }), done);
  t.match(bank.update(101, 7999), { code: 'insufficientFunds', balance: 8000 });
  t.match(bank.create(7999, { floor: 80 }), {
    code: 'insufficientFunds', account: 0, balance: 7999,
  });
});

t.test('rules: a ceiling: nothing above it', async (t) => {
  const bank = new Counter();
  bank.create(1000, { ceiling: 20 });
  bank.create(5000);
  t.match(bank.ask({ kind: 'deposit', account: 100, amount: 11 }), {
    code: 'limitExceeded', account: 100, balance: 1000,
  });
  t.match(bank.ask({ kind: 'transfer', account: 101, toAccount: 100, amount: 11 }), {
    code: 'limitExceeded', account: 100, balance: 1000,
  });
  t.equal(told(bank.update(100, 2001)), 'limitExceeded');
  t.equal(told(bank.update(100, 2000)), 'ok');
  t.match(bank.create(2001, { ceiling: 20 }), { code: 'limitExceeded', account: 0, balance: 2001 });
});

t.test('rules: AMEND with nothing to change is malformed', async (t) => {
  const bank = new Counter();
  bank.create(0);
  for (const terms of [{ ifVersion: 1 }, { ifVersion: 2 }, { ifBalance: 0 }]) {
    for (const account of [100, 999]) {
      t.equal(told(bank.ask({ kind: 'amend', account, terms })), 'malformed');
    }
  }
  const change = { kind: 'amend', account: 100, terms: { frozen: true, ifVersion: 1 } } as const;
  t.match(bank.ask(change), { code: 'ok', detail: 2 });
});

t.test('rules: balances down to -(2^53 - 1): exact, and never below', async (t) => {
  const bank = new Counter();
  bank.create(0, { floor: -AMOUNT_MAX, scale: 2 });
  const withdraw = { kind: 'withdraw', account: 100, scale: 2 } as const;
  t.match(bank.ask({ ...withdraw, amount: AMOUNT_MAX }), { code: 'ok', balance: -AMOUNT_MAX });
  for (const amount of [1, 2, AMOUNT_MAX]) {
    t.equal(told(bank.ask({ ...withdraw, amount })), 'insufficientFunds');
  }
  t.match(bank.ask({ kind: 'deposit', account: 100, amount: AMOUNT_MAX, scale: 2 }), {
    code: 'ok', balance: 0,
  });
});

t.test('rules: a name is one account\'s at most; who has it is told', async (t) => {
  const bank = new Counter();
  bank.create(500, { name: 'alice', currency: 'EUR' });
  bank.create(600, { name: 'bob' });
  const taken = { code: 'nameTaken', account: 100, balance: 500 };
  t.match(bank.create(0, { name: 'alice' }), taken);
  t.match(bank.amend(101, { name: 'alice' }), taken);
  t.equal(told(bank.amend(100, { name: 'alice' })), 'ok', 'one\'s own');
  t.equal(told(bank.amend(100, { name: 'carol' })), 'ok');
  t.match(bank.create(0, { name: 'alice' }), { code: 'ok', account: 102 });
});

t.test('rules: frozen: nothing in, nothing out, until it is thawed', async (t) => {
  const bank = new Counter();
  for (const amount of [500, 500]) bank.create(amount);
  t.match(bank.amend(100, { frozen: true }), { code: 'ok', account: 100, balance: 500, detail: 2 });
  const frozen = { code: 'accountFrozen', account: 100, balance: 500 };
  for (const kind of ['update', 'deposit', 'withdraw'] as const) {
    t.match(bank.ask({ kind, account: 100, amount: 1 }), frozen, kind);
  }
  const transfer = { kind: 'transfer', amount: 1 } as const;
  t.match(bank.ask({ ...transfer, account: 100, toAccount: 101 }), frozen);
  t.match(bank.ask({ ...transfer, account: 101, toAccount: 100 }), frozen);
  t.equal(told(bank.amend(100, { floor: -1 })), 'ok', 'its terms can change');
  t.equal(told(bank.amend(100, { frozen: false })), 'ok');
  t.equal(told(bank.ask({ ...transfer, account: 101, toAccount: 100 })), 'ok');
});

t.test('rules: closed: only what is empty, and for good', async (t) => {
  const bank = new Counter();
  bank.create(500);
  bank.create(500);
  t.match(bank.amend(100, { closed: true }), { code: 'notEmpty', account: 100, balance: 500 });
  bank.update(100, 0);
  t.equal(told(bank.amend(100, { closed: true })), 'ok');
  for (const terms of [{ closed: false }, { name: 'a' }, { frozen: true }]) {
    t.equal(told(bank.amend(100, terms)), 'accountClosed', JSON.stringify(terms));
  }
  t.equal(told(bank.update(100, 0)), 'accountClosed');
  const transfer = { kind: 'transfer', account: 101, toAccount: 100, amount: 0 } as const;
  t.match(bank.ask(transfer), { code: 'accountClosed', account: 100, balance: 0 });
  t.match(bank.query(100), { code: 'ok', balance: 0, detail: 3 });
});

t.test('rules: a condition: version or balance as expected; else both are told', async (t) => {
  const bank = new Counter();
  bank.create(500);
  t.match(bank.update(100, 600, { ifVersion: 2 }), {
    code: 'conditionFailed', account: 100, balance: 500, detail: 1,
  });
  t.match(bank.update(100, 600, { ifVersion: 1 }), { code: 'ok', balance: 600, detail: 2 });
  t.match(bank.update(100, 700, { ifBalance: 5 }), {
    code: 'conditionFailed', account: 100, balance: 600, detail: 2,
  });
  t.match(bank.update(100, 700, { ifBalance: 60, scale: 1 }), { code: 'ok', detail: 3 });
  t.equal(told(bank.update(100, 800, { ifBalance: 7000, scale: 3 })), 'tooManyDigits');
  t.equal(told(bank.update(100, 800, { ifBalance: AMOUNT_MAX })), 'amountTooLarge');
  t.match(bank.amend(100, { name: 'a', ifVersion: 2 }), { code: 'conditionFailed', detail: 3 });
  t.match(bank.amend(100, { name: 'a', ifVersion: 3 }), { code: 'ok', detail: 4 });
  bank.create(0);
  const transfer = { kind: 'transfer', account: 100, toAccount: 101, amount: 1 } as const;
  const failed = { code: 'conditionFailed', account: 100, detail: 4 };
  t.match(bank.ask({ ...transfer, terms: { ifVersion: 1 } }), failed, 'of the account that pays');
  t.match(bank.ask({ ...transfer, terms: { ifVersion: 4 } }), { code: 'ok', detail: 5 });
});

t.test('rules: amended: each term keeps what is not given', async (t) => {
  const bank = new Counter();
  bank.create(500, { floor: -1, ceiling: 10 });
  t.equal(told(bank.amend(100, { frozen: true })), 'ok');
  t.equal(told(bank.amend(100, { frozen: false })), 'ok');
  t.equal(told(bank.update(100, 1001)), 'limitExceeded');
  t.equal(told(bank.amend(100, { ceiling: 11 })), 'ok');
  t.equal(told(bank.update(100, 1001)), 'ok');
  const withdraw = { kind: 'withdraw', account: 100, scale: 2 } as const;
  t.match(bank.ask({ ...withdraw, amount: 1101 }), { code: 'ok', balance: -100 });
  t.equal(told(bank.ask({ ...withdraw, amount: 1 })), 'insufficientFunds');
  t.equal(told(bank.amend(100, { floor: 0 })), 'insufficientFunds', 'the balance must fit');
  t.equal(told(bank.amend(100, { floor: 12 })), 'floorAboveCeiling');
  t.match(bank.query(100), { balance: -100, detail: 6 });
});

/** Something that speaks against an operation, and what is told of it. */
type Fault = readonly [told: string, spoil: (operation: Operation) => Operation];

const set = (fields: Partial<Operation>) => (operation: Operation) => ({ ...operation, ...fields });
const add = (terms: Terms) => (operation: Operation) => (
  { ...operation, terms: { ...operation.terms, ...terms } }
);
/** There is one condition at most. */
const condition = (terms: Terms) => ({ terms: { ifVersion: _, ifBalance: __, ...rest } = {},
  ...operation }: Operation) => ({ ...operation, terms: { ...rest, ...terms } });

/** Each fault alone, then each two: the first in the list is told. Nothing is changed by any. */
function checkOrder(t: Test, bank: Counter, base: Operation, faults: readonly Fault[]): void {
  const before = bank.digest;
  faults.forEach(([first, spoil], place) => {
    t.equal(told(bank.ask(spoil(base))), first, `${base.kind}: ${first}`);
    for (const [second, spoilFirst] of faults.slice(place + 1)) {
      const found = told(bank.ask(spoil(spoilFirst(base))));
      t.equal(found, first, `${base.kind}: ${first}, then ${second}`);
    }
  });
  t.equal(bank.digest, before, 'nothing was changed');
}

const AMOUNT: readonly Fault[] = [
  ['tooManyDigits', set({ scale: 3 })],
  ['amountTooLarge', (operation) => ({ scale: 0, ...operation, amount: AMOUNT_MAX })],
];
const CONDITION: readonly Fault[] = [
  ['tooManyDigits', condition({ ifBalance: 0, scale: 4 })],
  ['amountTooLarge', condition({ ifBalance: -AMOUNT_MAX, scale: 0 })],
  ['conditionFailed', condition({ ifVersion: 77 })],
];
/** No balance is below the floor and above the ceiling. */
function floorOnly({ terms: { ceiling: _, ...terms } = {}, ...operation }: Operation): Operation {
  return { ...operation, terms: { ...terms, floor: 60 } };
}
const LIMITS: readonly Fault[] = [
  ['tooManyDigits', add({ floor: 0, scale: 4 })],
  ['amountTooLarge', add({ floor: -AMOUNT_MAX, scale: 0 })],
  ['amountTooLarge', add({ ceiling: AMOUNT_MAX, scale: 0 })],
  ['floorAboveCeiling', add({ floor: 7, ceiling: 6 })],
  ['nameTaken', add({ name: 'alice' })],
  ['insufficientFunds', floorOnly],
  ['limitExceeded', add({ ceiling: 40 })],
];

/** Accounts 100 to 107, with 50.00 in most. */
function openBank(): Counter {
  const bank = new Counter();
  const euros = { currency: 'EUR' };
  bank.create(5000, { ...euros, name: 'alice' });
  bank.create(5000, { ...euros, floor: 10, ceiling: 60 });
  bank.create(5000, euros);
  bank.amend(102, { frozen: true });
  bank.create(0, euros);
  bank.amend(103, { closed: true });
  bank.create(0, euros);
  bank.amend(104, { frozen: true });
  bank.amend(104, { closed: true });
  bank.ask({ kind: 'create', amount: 50, terms: { currency: 'JPY' } });
  bank.create(5000, euros);
  bank.create(5000, euros);
  bank.amend(107, { frozen: true });
  return bank;
}
const [RICH, LIMITED, FROZEN, CLOSED] = [100, 101, 102, 103];
const [BOTH, YEN, OTHER, FROZEN_TOO] = [104, 105, 106, 107];

t.test('rules: of two refusals the first (CREATE)', async (t) => {
  checkOrder(t, openBank(), {
    kind: 'create', amount: 50, terms: { currency: 'EUR' },
  }, [
    ['malformed', condition({ ifVersion: 1 })],
    ['malformed', add({ frozen: false })],
    ['malformed', set({ amount: -1 })],
    ['unknownCurrency', add({ currency: 'XTS' })],
    ...AMOUNT, ...LIMITS,
  ]);
});

t.test('rules: of two refusals the first (AMEND)', async (t) => {
  checkOrder(t, openBank(), { kind: 'amend', account: RICH, terms: { floor: 0 } }, [
    ['malformed', add({ currency: 'EUR' })],
    ['malformed', set({ account: 2 ** 53 })],
    ['accountNotFound', set({ account: 99 })],
    ['conditionFailed', condition({ ifVersion: 77 })],
    ['accountClosed', set({ account: CLOSED })],
    ['accountClosed', set({ account: BOTH })],
    ...LIMITS.filter(([told]) => told !== 'nameTaken'),
    ['notEmpty', add({ closed: true })],
  ]);
  checkOrder(t, openBank(), { kind: 'amend', account: OTHER, terms: { floor: 0 } }, [
    ...CONDITION.filter(([told]) => told === 'conditionFailed'),
    ...LIMITS,
    ['notEmpty', add({ closed: true })],
  ]);
});

t.test('rules: of two refusals the first (UPDATE, DEPOSIT, WITHDRAW)', async (t) => {
  for (const kind of ['update', 'deposit', 'withdraw'] as const) {
    checkOrder(t, openBank(), { kind, account: LIMITED, amount: 50 }, [
      ['malformed', add({ name: 'x' })],
      ['malformed', set({ amount: -1 })],
      ['malformed', set({ account: 2 ** 53 })],
      ...AMOUNT,
      ['accountNotFound', set({ account: 99 })],
      ...CONDITION,
      ['accountClosed', set({ account: BOTH })],
      ['accountFrozen', set({ account: FROZEN })],
      ...kind === 'deposit' ? [] : [
        ['insufficientFunds', set({ amount: kind === 'update' ? 9 : 41 })] as const,
      ],
      ...kind === 'withdraw' ? [] : [['limitExceeded', set({ amount: 61 })] as const],
    ]);
  }
});

t.test('rules: of two refusals the first (TRANSFER)', async (t) => {
  checkOrder(t, openBank(), { kind: 'transfer', account: RICH, toAccount: OTHER, amount: 20 }, [
    ['malformed', add({ floor: 0 })],
    ['malformed', set({ amount: -1 })],
    ['malformed', set({ toAccount: 2 ** 53 })],
    ['sameAccount', ({ toAccount = 0, ...rest }) => ({ ...rest, toAccount, account: toAccount })],
    ...AMOUNT,
    ['accountNotFound', set({ account: 99 })],
    ['accountNotFound', set({ toAccount: 98 })],
    ...CONDITION,
    ['accountClosed', set({ account: BOTH })],
    ['accountFrozen', set({ account: FROZEN })],
    ['accountClosed', set({ toAccount: CLOSED })],
    ['accountFrozen', set({ toAccount: FROZEN_TOO })],
    ['currencyMismatch', set({ toAccount: YEN })],
    ['insufficientFunds', set({ amount: 51 })],
    ['limitExceeded', set({ toAccount: LIMITED })],
  ]);
});

t.test('rules: under a key: malformed before the key, the key before all else', async (t) => {
  const bank = openBank();
  const keyed = { kind: 'create', amount: 50, key: 'k', terms: { currency: 'EUR' } } as const;
  t.equal(told(bank.ask({ ...keyed, terms: { currency: 'EUR', name: 'alice' } })), 'nameTaken');
  t.equal(told(bank.ask(keyed)), 'keyReused', 'a refusal is an answer, too');
  t.equal(told(bank.ask({ ...keyed, terms: { ifVersion: 1 } })), 'malformed');
  t.equal(told(bank.ask({ ...keyed, terms: { currency: 'XTS' } })), 'keyReused');
  t.equal(told(bank.ask({ ...keyed, terms: { currency: 'EUR', name: 'alice' } })), 'duplicate');
  t.equal(told(bank.ask({ ...keyed, key: 'k2', terms: { currency: 'XTS' } })), 'unknownCurrency');
  t.equal(told(bank.ask({ ...keyed, key: 'k2' })), 'ok', 'a bad request uses no key up');
  const amend = { kind: 'amend', account: RICH, key: 'k3', terms: { floor: -5 } } as const;
  t.equal(told(bank.ask(amend)), 'ok');
  t.equal(told(bank.ask({ ...amend, amount: 7, scale: 1 })), 'duplicate', 'fields not looked at');
  t.equal(told(bank.ask({ ...amend, terms: { floor: -500, scale: 2 } })), 'duplicate');
  t.equal(told(bank.ask({ ...amend, terms: { floor: -6 } })), 'keyReused');
  t.equal(told(bank.ask({ kind: 'amend', account: RICH, key: 'k3' })), 'malformed', 'no terms');
});

t.test('rules: what takes no terms: malformed', async (t) => {
  const bank = openBank();
  const before = bank.digest;
  for (const kind of ['end', 'outcome', 'query', 'account', 'accounts', 'trial'] as const) {
    t.equal(told(bank.ask({ kind, account: 100, terms: { floor: 0 } })), 'malformed', kind);
  }
  t.equal(told(bank.ask({ kind: 'amend', account: RICH })), 'malformed', 'AMEND without any');
  t.equal(bank.digest, before);
});
