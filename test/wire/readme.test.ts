import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { CODE, KIND, REASON } from '../../src/core/operation.ts';
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
    end: 'end of the session (QUIT)',
  };
  const codes: Record<keyof typeof CODE, string> = {
    ok: 'ok', accountNotFound: 'account not found', insufficientFunds: 'insufficient funds',
    limitExceeded: 'limit exceeded', badRequest: 'bad request', keyReused: 'key reused',
    sessionExpired: 'session expired', neverHappened: 'never happened',
    duplicate: 'duplicate (between processes only)',
  };
  const reasons: Record<keyof typeof REASON, string> = {
    malformed: 'malformed', sameAccount: 'from and to are the same account',
    tooManyDigits: 'more digits than the account has', amountTooLarge: 'amount too large',
    passedOver: 'its number was passed over',
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
