/** HOLD, CAPTURE, VOID, REVERSE and ids: what is typed, and what it is answered. */
import t from 'tap';
import { answerOutcome } from '../../src/cli/answer.ts';
import { parseLine, type OperationCommand } from '../../src/cli/command-language.ts';
import { checkOperation } from '../../src/core/check-operation.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation, Result } from '../../src/core/operation.ts';

function commandOf(line: string): OperationCommand {
  const parsed = parseLine(line);
  if (parsed.type !== 'operation') throw new Error(`${line} was taken for ${parsed.type}`);
  return parsed;
}

function badOf(line: string): string {
  const parsed = parseLine(line);
  return parsed.type === 'bad' ? parsed.sentence : `taken for ${parsed.type}`;
}

/** What the line is answered where the ledger says so, at seq 17. */
function answerTo(line: string, result: Partial<Result>) {
  const command = commandOf(line);
  const all: Result = {
    code: 'ok', kind: command.operation.kind, scale: 2, detail: 3, account: 100, balance: 5_000,
    toBalance: 0, ...result,
  };
  const [seq, timestamp] = [17 as Seq, 5 as Timestamp];
  return answerOutcome(command, { kind: 'answered', result: all, seq, timestamp, request: '64-2' });
}

t.test('movements: well-formed lines: the operation, exactly', async (t) => {
  const pay = { account: 100, toAccount: 101, amount: 10, scale: 0 };
  const lines: readonly [line: string, operation: Operation][] = [
    ['HOLD 100 101 10', { kind: 'hold', ...pay }],
    ['hold 100 101 10 --for 10m --id h-1', { kind: 'hold', ...pay, id: 'h-1', forSeconds: 600 }],
    ['@k HOLD 100 101 10 --id=h', { kind: 'hold', ...pay, id: 'h', key: 'k' }],
    ['CAPTURE 17.0', { kind: 'capture', id: '17.0' }],
    ['CAPTURE h 0.5', { kind: 'capture', id: 'h', amount: 5, scale: 1 }],
    ['@k capture H 0', { kind: 'capture', id: 'H', amount: 0, scale: 0, key: 'k' }],
    ['VOID h', { kind: 'void', id: 'h' }],
    ['REVERSE tx', { kind: 'reverse', id: 'tx' }],
    ['REVERSE tx 1.25', { kind: 'reverse', id: 'tx', amount: 125, scale: 2 }],
    ['VOID "--x"', { kind: 'void', id: '--x' }],
    ['VOID "if"', { kind: 'void', id: 'if' }],
    ['TRANSFER 100 101 10 --id tx', { kind: 'transfer', ...pay, id: 'tx' }],
    ['@k TRANSFER 100 101 10 --id 7', { kind: 'transfer', ...pay, id: '7', key: 'k' }],
  ];
  for (const [line, operation] of lines) {
    t.strictSame(commandOf(line).operation, operation, line);
    t.equal(checkOperation(operation), undefined, 'and it can be sent');
  }
});

t.test('movements: --for: whole seconds, in any unit', async (t) => {
  const times: readonly [text: string, seconds: number][] = [
    ['1s', 1], ['1000ms', 1], ['90000ms', 90], ['10s', 10], ['5m', 300], ['2h', 7_200],
    ['7d', 604_800], ['4294967295s', 2 ** 32 - 1],
  ];
  for (const [text, seconds] of times) {
    t.equal(commandOf(`HOLD 1 2 3 --for ${text}`).operation.forSeconds, seconds, text);
  }
  for (const text of [
    '0', '0s', '999ms', '1500ms', '1.5s', '10', 's', '-1s', '1S', '1w', '1 s', '4294967296s',
    '49711d', '999999999999d', '1e3s', '１s', '',
  ]) {
    t.match(badOf(`HOLD 1 2 3 --for "${text}"`), /^--for: ".*" is not how long/, text);
  }
});

t.test('movements: what makes no sense: refused before it is sent', async (t) => {
  const lines: readonly [line: string, sentence: string | RegExp][] = [
    ['HOLD 100 0100 1', 'from and to are the same account'],
    ['HOLD 100 101', 'HOLD takes 3 arguments, not 2; usage: HOLD from to amount [--for 10m] [--id'],
    ['HOLD 100 101 1 --id 17.0', '--id: "17.0" is an id as only the bank gives them'],
    ['HOLD 100 101 1 --id ""', '--id: "" is not an id: 1 to 16 visible ASCII characters'],
    ['HOLD 100 101 1 --id "a b"', '--id: "a b" is not an id'],
    ['HOLD 100 101 1 --id 12345678901234567', 'is not an id'],
    ['HOLD 100 101 1 --id grün', 'is not an id'],
    ['HOLD 100 101 1 --id a --id b', '--id is given twice'],
    ['HOLD 100 101 1 IF VERSION 1', 'HOLD takes no condition'],
    ['TRANSFER 1 2 3 --id a IF VERSION 1', '--id and IF exclude each other'],
    ['TRANSFER 1 2 3 IF BALANCE 1 --id a', '--id and IF exclude each other'],
    ['TRANSFER 1 2 3 --for 1s', 'unknown option "--for"; usage: TRANSFER'],
    ['DEPOSIT 1 2 --id a', 'unknown option "--id"; usage: DEPOSIT account amount [--ref TEXT]'],
    ['CAPTURE', 'CAPTURE takes 1 or 2 arguments, not 0; usage: CAPTURE id [amount]'],
    ['CAPTURE a 1 2', 'CAPTURE takes 1 or 2 arguments, not 3'],
    ['CAPTURE a -1', '"-1" is not an amount'],
    ['CAPTURE 12345678901234567', 'is not an id'],
    ['VOID a 1', 'VOID takes 1 argument, not 2; usage: VOID id'],
    ['REVERSE a 1 --id b', 'unknown option "--id"; usage: REVERSE id [amount] [--ref TEXT]'],
    ['REVERSE a IF VERSION 1', 'REVERSE takes no condition'],
    ['@k COMMIT', /^COMMIT takes no key: that of a group stands before its BEGIN$/],
  ];
  for (const [line, sentence] of lines) t.match(badOf(line), sentence, line);
});

t.test('movements: OK: the id of a hold, the balances of the others', async (t) => {
  const held = answerTo('HOLD 100 101 2.5 --for 90s', { toBalance: 4 });
  t.equal(held.text, 'OK 17.4');
  t.equal(JSON.stringify(held.json), '{"ok":true,"op":"hold","request":"64-2","seq":17,' +
    '"id":"17.4","account":100,"balance":"50.00","toAccount":101,"amount":"2.50",' +
    '"expiresAt":"1970-01-01T00:01:30.000005Z","version":3,' +
    '"timestamp":"1970-01-01T00:00:00.000005Z"}');
  const named = answerTo('HOLD 100 101 2 --id h', { scale: 0, balance: 50 });
  t.equal(named.text, 'OK h');
  t.match(named.json, { id: 'h', balance: '50', amount: '2', expiresAt: null });

  t.equal(answerTo('CAPTURE h', { balance: 4_000, toBalance: 6_000 }).text, 'OK 40.00 60.00');
  const back = answerTo('REVERSE h 1', { balance: 4_100, toBalance: 5_900 });
  t.equal(back.text, 'OK 41.00 59.00');
  t.equal(JSON.stringify(back.json), '{"ok":true,"op":"reverse","request":"64-2","seq":17,' +
    '"id":"h","account":100,"balance":"41.00","toBalance":"59.00","version":3,' +
    '"timestamp":"1970-01-01T00:00:00.000005Z"}');
  t.equal(answerTo('VOID h', {}).text, 'OK 50.00');
  t.match(answerTo('VOID h', {}).json, { op: 'void', id: 'h', account: 100, balance: '50.00' });
  t.match(answerTo('TRANSFER 1 2 3 --id tx', {}).json, { id: 'tx', toAccount: 2 });
  t.equal(answerTo('OUTCOME 64-1', { kind: 'hold', toBalance: 4 }).text, 'OK 17.4');
  t.match(answerTo('OUTCOME @k', { kind: 'hold' }).json, { first: 'hold', id: '17.0' });
  t.equal(answerTo('OUTCOME @k', { kind: 'capture', toBalance: 1 }).text, 'OK 50.00 0.01');
});

t.test('movements: refusals: which it is, in words, and what is left', async (t) => {
  const cases: readonly [line: string, Partial<Result>, text: string][] = [
    ['HOLD 1 2 3 --id h', { code: 'idTaken' },
      'ID TAKEN: a hold or transfer has the id "h" already'],
    ['CAPTURE x', { code: 'movementNotFound' }, 'NOT FOUND: no hold or transfer has the id "x"'],
    ['OUTCOME @k', { kind: 'void', code: 'movementNotFound' },
      'NOT FOUND: no hold or transfer has that id'],
    ['REVERSE x', { code: 'movementSettled', detail: 1 },
      'SETTLED: "x" is a hold that is still open'],
    ['CAPTURE x', { code: 'movementSettled', detail: 2 },
      'SETTLED: "x" is posted already: it was captured, or is a transfer'],
    ['VOID x', { code: 'movementSettled', detail: 3 }, 'SETTLED: "x" was voided'],
    ['CAPTURE x', { code: 'movementSettled', detail: 4 }, 'SETTLED: "x" has expired'],
    ['OUTCOME @k', { code: 'movementSettled', detail: 4 }, 'SETTLED: it has expired'],
    ['CAPTURE x 9', { code: 'exceedsOriginal', balance: 400 },
      'EXCEEDS ORIGINAL: of "x", 4.00 is left to be captured'],
    ['REVERSE x', { code: 'exceedsOriginal', balance: 0 },
      'EXCEEDS ORIGINAL: of "x", nothing is left to be reversed'],
    ['OUTCOME 64-3', { kind: 'deposit', code: 'groupRefused', detail: 2 },
      'GROUP REFUSED: line 3 of its group was refused; nothing of the group happened'],
    ['HOLD 100 101 3', { code: 'insufficientFunds' },
      'INSUFFICIENT FUNDS: account 100 has 50.00, and not so much is available'],
    ['HOLD 100 101 99', { code: 'insufficientFunds' },
      'INSUFFICIENT FUNDS: account 100 has 50.00'],
    ['HOLD 100 101 3', { code: 'limitExceeded' }, 'LIMIT EXCEEDED: so many holds are open that ' +
      'there is no room for another movement with an id'],
    ['HOLD 100 101 3', { code: 'limitExceeded', account: 101 },
      'LIMIT EXCEEDED: account 101 has 50.00, and must not go above its ceiling'],
  ];
  for (const [line, result, text] of cases) {
    const answer = answerTo(line, result);
    t.equal(answer.text, `ERR ${text}`, line);
    t.equal(answer.status, 1);
    t.match(answer.json, { ok: false, code: text.replace(/:.*/, '').replaceAll(' ', '_') });
  }
});
