import t, { type Test } from 'tap';
import {
  answerBadRequest, answerHelp, answerOutcome, answerQuit, answerStatus, answerUnavailable,
} from '../../src/cli/answer.ts';
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
    outcome: answered({ kind: 'transfer', balance: 4000, toBalance: 6000 }),
    text: 'OK 40.00 60.00',
    json: '{"ok":true,"op":"transfer","request":"64-2","seq":17,"account":100,"balance":"40.00",' +
      '"toAccount":101,"toBalance":"60.00"}',
    status: 0,
  });
  check(t, {
    operation: { kind: 'create', amount: 50, scale: 0 },
    outcome: answered({ kind: 'create', balance: 5000 }),
    text: 'OK 100',
    json: '{"ok":true,"op":"create","request":"64-2","seq":17,"account":100,"balance":"50.00"}',
    status: 0,
  });
  for (const kind of ['update', 'query', 'deposit', 'withdraw'] as const) {
    check(t, {
      operation: { kind, account: 100 },
      outcome: answered({ kind, balance: 7 }),
      text: 'OK 0.07',
      json: `{"ok":true,"op":"${kind}","request":"64-2","seq":17,"account":100,"balance":"0.07"}`,
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
      { code: 'limitExceeded', balance: 1 }, 'LIMIT_EXCEEDED',
      'account 100 can hold at most 90071992547409.91',
    ],
    [
      { code: 'keyReused' }, 'KEY_REUSED',
      'the key was used before with another command, or sealed by OUTCOME',
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
      'an account keeps 2 digits after the point',
    ],
    [
      { code: 'badRequest', detail: REASON.amountTooLarge }, 'BAD_REQUEST',
      'an amount is at most 90071992547409.91',
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
    'OK CREATE UPDATE QUERY DEPOSIT WITHDRAW TRANSFER OUTCOME STATUS HELP QUIT',
  );
  const report = {
    cluster: 'c', epoch: 4, view: 7, commitSeq: 1234, status: [1, 0, 1], copies: 2, waitingFor: [],
    frontend: {}, backends: [],
  };
  t.equal(answerStatus(report).text, 'OK status=1,0,1 epoch=4 view=7 seq=1234');
  t.match(answerStatus(report).json, { ok: true, op: 'status', ...report });
  t.match(answerUnavailable('status', 'gone'), { text: 'ERR UNAVAILABLE: gone', status: 3 });
});
