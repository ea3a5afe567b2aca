import { Chalk } from 'chalk';
import t, { type Test } from 'tap';
import {
  answerAccount, answerAccounts, answerBadRequest, answerHelp, answerOutcome as answerAsked,
  answerQuit, answerStatus, answerTrial, answerUnavailable, type Answer,
} from '../../src/cli/answer.ts';
import type { CommandWord } from '../../src/cli/command-words.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { REASON, type Operation, type Result } from '../../src/core/operation.ts';
import { refused, unknown, type Outcome } from '../../src/core/outcome.ts';

const RESULT: Result = {
  code: 'ok', kind: 'query', scale: 2, detail: 0, account: 100, balance: 0, toBalance: 0,
};

function answered(result: Partial<Result>): Outcome {
  const [seq, timestamp] = [17 as Seq, 5 as Timestamp];
  return { kind: 'answered', result: { ...RESULT, ...result }, seq, timestamp, request: '64-2' };
}

/** Asked with the word that is its kind. */
function answerOutcome(operation: Operation, outcome: Outcome): Answer {
  return answerAsked({ word: operation.kind as CommandWord, operation }, outcome);
}

interface Case {
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly text: string;
  readonly json: string;
  readonly status: number;
}

function check(t: Test, { operation, outcome, text, json, status }: Case): void {
  const answer = answerOutcome(operation, outcome);
  t.equal(answer.text, text);
  t.equal(JSON.stringify(answer.json), json);
  t.equal(answer.status, status, `exit status of ${text}`);
}

t.test('answer: OK of every operation: text and JSON', async (t) => {
  const accounts = { account: 100, toAccount: 101 };
  const transfer: Operation = { kind: 'transfer', ...accounts, amount: 1, scale: 0 };
  check(t, {
    operation: transfer,
    outcome: answered({ kind: 'transfer', balance: 4000, toBalance: 6000, detail: 7 }),
    text: 'OK 40.00 60.00',
    json: '{"ok":true,"op":"transfer","request":"64-2","seq":17,"account":100,"balance":"40.00",' +
      '"toAccount":101,"toBalance":"60.00","version":7,"timestamp":"1970-01-01T00:00:00.000005Z"}',
    status: 0,
  });
  check(t, {
    operation: { kind: 'create', amount: 50, scale: 0 },
    outcome: answered({ kind: 'create', balance: 5000, detail: 1 }),
    text: 'OK 100',
    json: '{"ok":true,"op":"create","request":"64-2","seq":17,"account":100,"balance":"50.00",' +
      '"version":1,"timestamp":"1970-01-01T00:00:00.000005Z"}',
    status: 0,
  });
  for (const kind of ['update', 'query', 'deposit', 'withdraw', 'amend'] as const) {
    check(t, {
      operation: { kind, account: 100 },
      outcome: { ...answered({ kind, balance: 7, detail: 3 }), timestamp: undefined } as Outcome,
      text: 'OK 0.07',
      json: `{"ok":true,"op":"${kind}","request":"64-2","seq":17,"account":100,` +
        '"balance":"0.07","version":3}',
      status: 0,
    });
  }
});

t.test('answer: OUTCOME: the first answer of that kind, or that it never happened', async (t) => {
  const operation: Operation = { kind: 'outcome', key: 'rent' };
  const firsts: readonly [Partial<Result>, string, object][] = [
    [{ kind: 'create' }, 'OK 100', { first: 'create', account: 100, balance: '0.00' }],
    [{ kind: 'deposit', balance: 500 }, 'OK 5.00', { first: 'deposit', balance: '5.00' }],
    [{ kind: 'transfer', balance: 1, toBalance: 2 }, 'OK 0.01 0.02', { toBalance: '0.02' }],
    [{ kind: 'end' }, 'OK', { first: 'end' }],
    [{ kind: 'outcome', code: 'neverHappened' }, 'OK NEVER HAPPENED', { happened: false }],
  ];
  for (const [result, text, fields] of firsts) {
    const answer = answerOutcome(operation, answered(result));
    t.equal(answer.text, text);
    t.match(answer.json, { ok: true, op: 'outcome', request: '64-2', seq: 17, ...fields });
    t.equal(answer.status, 0);
  }
  const refusal = answered({ kind: 'withdraw', code: 'insufficientFunds', balance: 5000 });
  t.equal(answerOutcome(operation, refusal).text, 'ERR INSUFFICIENT FUNDS: account 100 has 50.00');
});

t.test('answer: refusals of the ledger: words, sentence, code, status', async (t) => {
  const cases: readonly [Partial<Result>, code: string, sentence: string][] = [
    [{ code: 'accountNotFound', account: 101 }, 'ACCT_NOT_FOUND', 'account 101 does not exist'],
    [{ code: 'insufficientFunds', balance: 5000 }, 'INSUFFICIENT_FUNDS', 'account 100 has 50.00'],
    [
      { code: 'conditionFailed', balance: 12_000, detail: 7 }, 'CONDITION_FAILED',
      'account 100 is at version 7 and has 120.00',
    ],
    [{ code: 'accountFrozen' }, 'ACCT_FROZEN', 'account 100 is frozen'],
    [{ code: 'accountClosed' }, 'ACCT_CLOSED', 'account 100 is closed'],
    [{ code: 'currencyMismatch' }, 'CURRENCY_MISMATCH', 'account 100 has another currency'],
    [{ code: 'nameTaken', account: 101 }, 'NAME_TAKEN', 'account 101 has that name'],
    [{ code: 'notEmpty', balance: 5, scale: 3 }, 'NOT_EMPTY', 'account 100 has 0.005'],
    [
      { code: 'keyReused' }, 'KEY_REUSED',
      'the key was used before with another command or group, or sealed by OUTCOME',
    ],
    [
      { code: 'sessionExpired' }, 'SESSION_EXPIRED',
      'it is too long ago to be known',
    ],
    [
      { code: 'badRequest', detail: REASON.sameAccount }, 'BAD_REQUEST',
      'from and to are the same account',
    ],
    [
      { code: 'badRequest', detail: REASON.tooManyDigits }, 'BAD_REQUEST',
      'an account keeps 2 digits after the point, or those of its currency',
    ],
    [
      { code: 'badRequest', detail: REASON.amountTooLarge }, 'BAD_REQUEST',
      "an amount is at most 90071992547409.91, or 2^53 - 1 of the currency's smallest unit",
    ],
    [
      { code: 'badRequest', detail: REASON.unknownCurrency }, 'BAD_REQUEST',
      'there is no such currency',
    ],
    [
      { code: 'badRequest', detail: REASON.floorAboveCeiling }, 'BAD_REQUEST',
      'the floor would be above the ceiling',
    ],
    [
      { code: 'badRequest', detail: REASON.passedOver }, 'BAD_REQUEST',
      'its number was passed over by a later request; it did not happen and never will',
    ],
    [
      { code: 'badRequest', detail: REASON.malformed, kind: undefined }, 'BAD_REQUEST',
      'the bank could not read the request',
    ],
  ];
  for (const [result, code, message] of cases) {
    check(t, {
      operation: { kind: 'withdraw', account: 100 },
      outcome: answered(result),
      text: `ERR ${code.replaceAll('_', ' ')}: ${message}`,
      json: JSON.stringify({
        ok: false, op: 'withdraw', request: '64-2', code, message, definite: true,
      }),
      status: 1,
    });
  }
});

t.test('answer: below a floor, above a ceiling: what is known of it, and no more', async (t) => {
  const max = Number.MAX_SAFE_INTEGER;
  const cases: readonly [Operation, Partial<Result>, sentence: string][] = [
    [
      { kind: 'withdraw', account: 100, amount: 51, scale: 0 },
      { code: 'insufficientFunds', kind: 'withdraw', balance: 5_000 }, 'account 100 has 50.00',
    ],
    [
      { kind: 'transfer', account: 100, toAccount: 101, amount: 50, scale: 0 },
      { code: 'insufficientFunds', kind: 'transfer', balance: 5_000 },
      'account 100 has 50.00, and not so much is available',
    ],
    [
      { kind: 'withdraw', account: 100, amount: 51, scale: 0 },
      { code: 'insufficientFunds', kind: 'withdraw', balance: -50, scale: 0 },
      'account 100 has -50, and not so much is available',
    ],
    [
      { kind: 'update', account: 100, amount: 5, scale: 0 },
      { code: 'insufficientFunds', kind: 'update', balance: 5_000 },
      'account 100 has 50.00, and must keep more than the new balance',
    ],
    [
      { kind: 'create', amount: 5, scale: 0 },
      { code: 'insufficientFunds', kind: 'create', account: 0, balance: 500 },
      'a new account must not begin below its floor',
    ],
    [
      { kind: 'amend', account: 100, terms: { floor: 60 } },
      { code: 'insufficientFunds', kind: 'amend', balance: 5_000 },
      'account 100 has 50.00, and less is available than that floor',
    ],
    [
      { kind: 'deposit', account: 100, amount: 2, scale: 2 },
      { code: 'limitExceeded', kind: 'deposit', balance: max - 1 },
      'account 100 can hold at most 90071992547409.91',
    ],
    [
      { kind: 'deposit', account: 100, amount: 2, scale: 0 },
      { code: 'limitExceeded', kind: 'deposit', balance: max - 1, scale: 3 },
      'account 100 can hold at most 9007199254740.991',
    ],
    [
      { kind: 'transfer', account: 99, toAccount: 100, amount: 2, scale: 0 },
      { code: 'limitExceeded', kind: 'transfer', balance: 5_000 },
      'account 100 has 50.00, and must not go above its ceiling',
    ],
    [
      { kind: 'outcome', key: 'k' }, { code: 'limitExceeded', kind: 'deposit', balance: 5_000 },
      "account 100 has 50.00, and can't hold so much more",
    ],
    [
      { kind: 'update', account: 100, amount: 70, scale: 0 },
      { code: 'limitExceeded', kind: 'update', balance: 5_000 },
      'account 100 has 50.00, and its ceiling is below the new balance',
    ],
    [
      { kind: 'create', amount: 5, scale: 0 },
      { code: 'limitExceeded', kind: 'create', account: 0, balance: 500 },
      'a new account must not begin above its ceiling',
    ],
    [
      { kind: 'amend', account: 100, terms: { ceiling: 40 } },
      { code: 'limitExceeded', kind: 'amend', balance: 5_000 },
      'account 100 has 50.00, which is above that ceiling',
    ],
  ];
  for (const [operation, result, sentence] of cases) {
    const answer = answerOutcome(operation, answered(result));
    t.equal(answer.json['message'], sentence);
    t.equal(answer.status, 1);
  }
});

const ANN = {
  account: 100, name: 'Ann "B"', currency: 'EUR', balance: '50.00', held: '20.00',
  available: '30.00', floor: '-100.00', ceiling: null, frozen: false, closed: false, version: 3,
  createdAt: '2026-11-01T00:00:00.000000Z', changedAt: '2026-11-02T00:00:00.000001Z',
};
const plain = new Chalk({ level: 0 });

function reported(report: unknown): Outcome {
  return { ...answered({ kind: 'account' }), report: JSON.stringify(report) } as Outcome;
}

t.test('answer: ACCOUNT: a line, a table, the fields of the report', async (t) => {
  const operation: Operation = { kind: 'account', account: 100 };
  const answer = answerAccount({ word: 'account', operation }, reported({ account: ANN }));
  t.equal(
    answer.text,
    'OK 50.00 held=20.00 available=30.00 name="Ann \\"B\\"" currency=EUR floor=-100.00 ' +
      'ceiling=none frozen=no closed=no version=3 created=2026-11-01T00:00:00.000000Z ' +
      'changed=2026-11-02T00:00:00.000001Z',
  );
  t.strictSame(answer.json, { ok: true, op: 'account', request: '64-2', seq: 17, ...ANN });
  t.match(answer.screen?.(plain), /^name       Ann "B"\ncurrency   EUR\n.*state      open\n/ms);
  t.match(answer.screen?.(plain), /^balance    50\.00\nheld       20\.00\navailable  30\.00\n/m);
  const words = (name: string | null): string | undefined => / name=(.*) currency/.exec(
    answerAccount({ word: 'account', operation }, reported({ account: { ...ANN, name } })).text,
  )?.[1];
  t.equal(words('ann'), 'ann');
  t.equal(words(null), 'none');
  t.equal(words('none'), '"none"', 'whose name is none is not without a name');
  t.equal(words('a\u00a0b'), '"a\u00a0b"');
  t.equal(words('a\u2028b'), '"a b"', 'one line, for every reader');
  t.equal(words('a\\b'), '"a\\\\b"');
  const missing = answerAccount({ word: 'account', operation }, reported({ account: null }));
  t.match(missing, { text: 'ERR ACCT NOT FOUND: account 100 does not exist', status: 1 });
  t.match(missing.json, { op: 'account', request: '64-2', code: 'ACCT_NOT_FOUND' });
  const gone = answerAccount({ word: 'account', operation }, refused('UNAVAILABLE', 'no', 'q-1'));
  t.match(gone, { text: 'ERR UNAVAILABLE: no', status: 3 });
  const malformed = answered({ kind: 'account', code: 'badRequest', detail: REASON.malformed });
  const bad = answerAccount({ word: 'account', operation }, malformed);
  t.equal(bad.text, 'ERR BAD REQUEST: the bank could not read the request');
});

t.test('answer: ACCOUNTS: numbers and balances, and where there is more', async (t) => {
  const asked = { word: 'accounts', operation: { kind: 'accounts' } } as const;
  const spoof = {
    ...ANN, account: 2_345, name: '\u202eevil', balance: '7', ceiling: '9.00', frozen: true,
  };
  const page = { seq: 17 as Seq, accounts: [ANN, spoof], next: 2_346 };
  const answer = answerAccounts(asked, page);
  t.equal(answer.text, 'OK 100=50.00 2345=7 next=2346');
  t.strictSame(answer.json, { ok: true, op: 'accounts', ...page });
  t.equal(answer.screen?.(plain), [
    'account  name     currency  balance    floor  ceiling  state   changed',
    '100      Ann "B"  EUR         50.00  -100.00        -  open    2026-11-02T00:00:00.000001Z',
    '2345     evil     EUR             7  -100.00     9.00  frozen  2026-11-02T00:00:00.000001Z',
    '--from 2346 shows more',
  ].join('\n'));
  const none = answerAccounts(asked, { seq: 17 as Seq, accounts: [], next: null });
  t.equal(none.text, 'OK');
  t.equal(none.screen?.(plain), 'no accounts');
});

t.test('answer: TRIAL: the sums; a difference breaks the integrity', async (t) => {
  const asked = { word: 'trial', operation: { kind: 'trial' } } as const;
  const line = { currency: null, accounts: 2, balance: '70.00', system: '-70.00' };
  const right = { ...line, difference: '0.00' };
  const yen = { currency: 'JPY', accounts: 1, balance: '5', system: '-5', difference: '0' };
  const answer = answerTrial(asked, reported({ currencies: [right, yen] }));
  const words = '- accounts=2 balance=70.00 system=-70.00';
  t.equal(answer.text, `OK ${words} JPY accounts=1 balance=5 system=-5`);
  t.match(answer.json, { ok: true, op: 'trial', seq: 17, currencies: [right, yen] });
  t.match(answer.screen?.(plain), /^JPY              1        5      -5           0$/m);
  t.equal(answerTrial(asked, reported({ currencies: [] })).text, 'OK');
  for (const difference of ['0.01', '-0.01', '10.00']) {
    const wrong = { ...line, difference };
    const alarm = answerTrial(asked, reported({ currencies: [yen, wrong] }));
    t.match(alarm, { text: `ERR OUT OF BALANCE: ${words}`, status: 5 });
    t.match(alarm.json, { ok: false, code: 'OUT_OF_BALANCE', currencies: [yen, wrong] });
  }
  t.match(answerTrial(asked, unknown('not in time', 'q-1')), { status: 4 });
});

t.test('answer: what was not decided: definite or not, and the request to ask about', async (t) => {
  const operation: Operation = { kind: 'deposit', account: 100 };
  const text = 'ERR UNAVAILABLE: no backend is in sync';
  const head = { ok: false, op: 'deposit' };
  check(t, {
    operation,
    outcome: refused('UNAVAILABLE', 'no backend is in sync', '64-2'),
    text,
    json: JSON.stringify({
      ...head, request: '64-2', code: 'UNAVAILABLE', message: 'no backend is in sync',
      definite: true,
    }),
    status: 3,
  });
  const never = answerOutcome(operation, refused('UNAVAILABLE', 'nothing was sent', undefined));
  t.equal(never.json['request'], null, 'what was never numbered has no request');
  t.match(answerOutcome(operation, refused('BUSY', 'later', '64-2')), {
    text: 'ERR BUSY: later', status: 3, json: { code: 'BUSY', definite: true },
  });
  t.match(answerOutcome(operation, refused('BAD_REQUEST', 'no', '64-2')), {
    text: 'ERR BAD REQUEST: no', status: 1, json: { code: 'BAD_REQUEST', definite: true },
  });
  t.match(answerOutcome(operation, unknown('64-2 was not answered in time', '64-2')), {
    text: /^ERR UNKNOWN OUTCOME: .*may or may not have happened: ask OUTCOME 64-2$/,
    status: 4,
    json: { code: 'UNKNOWN_OUTCOME', definite: false, request: '64-2' },
  });
  t.match(answerOutcome(operation, answered({ code: 'duplicate' })), {
    text: /^ERR UNKNOWN OUTCOME: /, status: 4, json: { definite: false },
  }, 'a first answer that is missing is not made up');
});

t.test('answer: sentences from elsewhere: stay on one line', async (t) => {
  const outcome = refused('UNAVAILABLE', 'two\nlines\x1b[2J\u2028', undefined);
  const { text } = answerOutcome({ kind: 'query', account: 1 }, outcome);
  t.equal(text, 'ERR UNAVAILABLE: two lines [2J');
});

t.test('answer: what reaches no ledger: bad requests, QUIT, HELP, STATUS', async (t) => {
  const bad = answerBadRequest({ type: 'bad', word: undefined, sentence: 'unknown command "x"' });
  t.equal(bad.text, 'ERR BAD REQUEST: unknown command "x"');
  t.strictSame(bad.json, {
    ok: false, op: null, request: null, code: 'BAD_REQUEST', message: 'unknown command "x"',
    definite: true,
  });
  t.equal(bad.status, 1);
  t.equal(answerBadRequest({ type: 'bad', word: 'query', sentence: 'x' }).json['op'], 'query');
  t.strictSame([answerQuit().text, answerQuit().json], ['OK', { ok: true, op: 'quit' }]);
  t.equal(
    answerHelp().text,
    'OK CREATE UPDATE QUERY DEPOSIT WITHDRAW TRANSFER HOLD CAPTURE VOID REVERSE BEGIN COMMIT ' +
      'ROLLBACK AMEND FREEZE UNFREEZE CLOSE ACCOUNT ACCOUNTS STATEMENT TRIAL OUTCOME STATUS HELP ' +
      'QUIT',
  );
  const report = {
    cluster: 'c', epoch: 4, view: 7, commitSeq: 1234, status: [1, 0, 1], copies: 2, waitingFor: [],
    frontend: {}, backends: [],
  };
  t.equal(answerStatus(report).text, 'OK status=1,0,1 epoch=4 view=7 seq=1234');
  t.match(answerStatus(report).json, { ok: true, op: 'status', ...report });
  t.match(answerUnavailable('status', 'gone'), { text: 'ERR UNAVAILABLE: gone', status: 3 });
});
