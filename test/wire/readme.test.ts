import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import {
  ALL_THAT_IS_LEFT, CHUNK_ATOMIC, CHUNK_BYTES_MAX, CODE, encodeChunk, FLAG_ID, FLAG_KEY,
  FLAG_REFERENCE, FLAG_TERMS, GROUP_OPERATIONS_MAX, ID_AT, KIND, OF_THE_WRITE, REASON, viewOf,
  type Operation,
} from '../../src/core/operation.ts';
import { PAGE_ACCOUNTS_MAX } from '../../src/core/reports.ts';
import { TERM } from '../../src/core/terms.ts';
import { codecOfType } from '../../src/wire/codec.ts';
import { LAYOUT } from '../../src/wire/layout.ts';
import { EXAMPLE, renderExample } from '../support/example-conversation.ts';
import { MESSAGE_TYPES } from '../support/random-messages.ts';
import { DOCUMENTED, slowDecode } from '../support/slow-decoder.ts';

const PAGE = readFileSync(new URL('../../src/wire/README.md', import.meta.url), 'utf8');

/** The page's example, without its fence. */
const SHOWN = /```text\n([^`]*)```/.exec(PAGE)?.[1] ?? '';

t.test('page: messages: each with its number and its fields in order', (test) => {
  test.equal(DOCUMENTED.length, MESSAGE_TYPES.length);
  for (const type of MESSAGE_TYPES) {
    const documented = DOCUMENTED.find((message) => message.type === type);
    test.equal(documented?.number, codecOfType(type).number, type);
    const names = documented?.fields.map(({ name }) => name);
    test.strictSame(names, Object.keys(LAYOUT[type].fields), type);
  }
  test.end();
});

// To print it: node test/support/example-conversation.ts
t.test('page: example: what the code makes', (test) => {
  test.equal(SHOWN.trimEnd(), renderExample().trimEnd());
  test.end();
});

t.test('page: example: its hex, read by the tables of the page, is the conversation', (test) => {
  const hex = SHOWN.replaceAll(/^.*:.*$/gm, '').replaceAll(/\s/g, '');
  const { messages, end } = slowDecode(Uint8Array.fromHex(hex));
  test.equal(end, 'whole');
  test.ok(isDeepStrictEqual(messages, EXAMPLE.map(({ message }) => message)));
  test.end();
});

t.test('page: kinds, codes and reasons: the numbers of core/operation.ts', (test) => {
  const kinds: Record<keyof typeof KIND, string> = {
    create: 'CREATE', update: 'UPDATE', query: 'QUERY', deposit: 'DEPOSIT', withdraw: 'WITHDRAW',
    transfer: 'TRANSFER', outcome: 'OUTCOME', lease: '(lease of sessions; the frontend\'s own)',
    end: 'end of the session (QUIT)', amend: 'AMEND', account: 'ACCOUNT', accounts: 'ACCOUNTS',
    trial: 'TRIAL', hold: 'HOLD', capture: 'CAPTURE', void: 'VOID', reverse: 'REVERSE',
    expire: '(expiry of holds; the frontend\'s own)', details: 'details of the write before',
    statement: 'STATEMENT', history: 'HISTORY',
    remember: '(how many keys are remembered; the frontend\'s own)',
  };
  const codes: Record<keyof typeof CODE, string> = {
    ok: 'ok', accountNotFound: 'account not found', insufficientFunds: 'insufficient funds',
    limitExceeded: 'limit exceeded', badRequest: 'bad request', keyReused: 'key reused',
    sessionExpired: 'session expired', neverHappened: 'never happened',
    duplicate: 'duplicate (between processes only)',
    conditionFailed: 'condition failed: version and balance are told',
    accountFrozen: 'account frozen', accountClosed: 'account closed',
    currencyMismatch: 'currency mismatch', nameTaken: 'name taken, by the account told',
    notEmpty: 'not empty', idTaken: 'id taken', movementNotFound: 'movement not found',
    movementSettled: 'movement settled: detail 1 open, 2 posted, 3 voided, 4 expired',
    exceedsOriginal: 'more than is left of the movement, which is told',
    groupRefused: 'another of its group was refused: detail is its index',
  };
  const reasons: Record<keyof typeof REASON, string> = {
    malformed: 'malformed', sameAccount: 'from and to are the same account',
    tooManyDigits: 'more digits than the account has', amountTooLarge: 'amount too large',
    passedOver: 'its number was passed over', unknownCurrency: 'no such currency',
    floorAboveCeiling: 'floor above ceiling',
  };
  const shows = (number: number, words: string): void => {
    test.ok(PAGE.includes(`| ${number} | ${words} |`), `${number} is ${words}`);
  };
  for (const kind of Object.keys(kinds) as (keyof typeof KIND)[]) shows(KIND[kind], kinds[kind]);
  for (const code of Object.keys(codes) as (keyof typeof CODE)[]) shows(CODE[code], codes[code]);
  for (const reason of Object.keys(reasons) as (keyof typeof REASON)[]) {
    shows(REASON[reason], reasons[reason]);
  }
  test.end();
});

t.test('page: terms: which are given, and where they stand', (test) => {
  const words: Record<keyof typeof TERM, string> = {
    floor: 'floor', ceiling: 'ceiling', currency: 'currency', name: 'name', frozen: 'frozen',
    closed: 'closed', ifVersion: 'if version', ifBalance: 'if balance',
  };
  const list = (Object.keys(words) as (keyof typeof TERM)[])
    .map((term) => `${TERM[term]} ${words[term]}`);
  test.ok(PAGE.includes(`the sum of: ${list.join(', ')} |`));

  const terms = { floor: -150, ceiling: 700, scale: 2, currency: 'EUR', name: 'Zoé' };
  const write: Operation = { kind: 'create', key: 'k', terms };
  const record = viewOf(encodeChunk(1, 1, [write]).subarray(3 * 64));
  test.equal(record.byteLength, 64, 'behind the header, the operation and its key');
  test.equal(record.getUint32(0, true), 1 + 2 + 4 + 8);
  test.equal(record.getUint16(4, true), 3_242, 'EUR, as the page computes it');
  test.equal(record.getUint8(7), 2);
  test.equal(record.getBigInt64(8, true), -150n);
  test.equal(record.getBigInt64(16, true), 700n);
  const name = new Uint8Array(record.buffer, record.byteOffset + 32, 32);
  test.equal(Buffer.from(name).toString(), `Zoé${'\0'.repeat(28)}`);

  const frozen = { frozen: true, ifVersion: 7 };
  const amend = viewOf(encodeChunk(1, 1, [{ kind: 'amend', terms: frozen }]).subarray(2 * 64));
  test.strictSame([amend.getUint32(0, true), amend.getUint8(6)], [16 + 64, 1]);
  test.equal(amend.getBigInt64(24, true), 7n);
  test.end();
});

t.test('page: flags, and the accounts of a report: the numbers of the code', (test) => {
  test.ok(PAGE.includes(`the sum of: ${FLAG_KEY} key, ${FLAG_TERMS} terms, ${FLAG_ID} id, `
    + `${FLAG_REFERENCE} reference |`));
  test.ok(PAGE.includes(`amount how many to tell, 1 to ${PAGE_ACCOUNTS_MAX};`));
  test.end();
});

t.test('page: groups and movements: the numbers of the code', (test) => {
  test.ok(PAGE.includes(`| 1 | u8 ${CHUNK_ATOMIC}: its operations are one group; else 0 |`));
  test.ok(PAGE.includes(`1 to ${GROUP_OPERATIONS_MAX.toLocaleString('en')} of UPDATE, DEPOSIT,`));
  test.ok(PAGE.includes(`code ${CODE.groupRefused}, and its index among them`));
  test.ok(PAGE.includes(`at most ${CHUNK_BYTES_MAX.toLocaleString('en')} bytes: see below`));
  test.ok(PAGE.includes(`| ${ID_AT} | 16 bytes: the user's own id |`));
  test.ok(PAGE.includes(`where detail is ${OF_THE_WRITE}, that of the write\n`));
  test.ok(PAGE.includes(`without an amount is ${ALL_THAT_IS_LEFT}: all that is left`));

  const hold: Operation = { kind: 'hold', account: 1, toAccount: 2, forSeconds: 600, id: 'h' };
  const part: Operation = { kind: 'capture', id: 'h', amount: 7, scale: 2 };
  const chunk = encodeChunk(1, 1, [hold, { kind: 'void', id: 'h' }, part], true);
  const view = viewOf(chunk);
  test.equal(view.getUint8(1), 1);
  const codes = [1, 2, 3].map((record) => view.getUint32(record * 64 + 4, true));
  test.strictSame(codes, [600, 1, 0]);
  const id = Buffer.from(chunk.subarray(3 * 64 + 32, 3 * 64 + 48)).toString();
  test.equal(id, `h${'\0'.repeat(15)}`);
  test.end();
});
