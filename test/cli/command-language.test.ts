import t from 'tap';
import {
  LINE_LENGTH_MAX, parseLine, type BadRequest, type ParsedLine,
} from '../../src/cli/command-language.ts';
import { COMMAND_FORMS } from '../../src/cli/command-words.ts';
import type { Operation } from '../../src/core/operation.ts';

function operationOf(line: string): Operation | undefined {
  const parsed = parseLine(line);
  return parsed.type === 'operation' ? parsed.operation : undefined;
}

function badOf(line: string): BadRequest {
  const parsed: ParsedLine = parseLine(line);
  if (parsed.type === 'bad') return parsed;
  throw new Error(`${JSON.stringify(line.slice(0, 60))} was taken for ${JSON.stringify(parsed)}`);
}

const MAX = Number.MAX_SAFE_INTEGER;

t.test('command language: well-formed lines: the operation, exactly', async (t) => {
  const lines: readonly [line: string, operation: Operation][] = [
    ['CREATE 50', { kind: 'create', amount: 50, scale: 0 }],
    ['CREATE 0', { kind: 'create', amount: 0, scale: 0 }],
    ['UPDATE 100 150.00', { kind: 'update', account: 100, amount: 15_000, scale: 2 }],
    ['QUERY 100', { kind: 'query', account: 100 }],
    ['QUERY 0', { kind: 'query', account: 0 }],
    ['DEPOSIT 100 0.1', { kind: 'deposit', account: 100, amount: 1, scale: 1 }],
    ['WITHDRAW 100 0.01', { kind: 'withdraw', account: 100, amount: 1, scale: 2 }],
    ['TRANSFER 100 101 10', {
      kind: 'transfer', account: 100, toAccount: 101, amount: 10, scale: 0,
    }],
    ['TRANSFER 0 101 10', { kind: 'transfer', account: 0, toAccount: 101, amount: 10, scale: 0 }],
    ['OUTCOME 1088-3', { kind: 'outcome', account: 1088, toAccount: 3 }],
    ['OUTCOME @rent', { kind: 'outcome', key: 'rent' }],
    ['@rent DEPOSIT 1 2', { kind: 'deposit', account: 1, amount: 2, scale: 0, key: 'rent' }],
    [`QUERY ${MAX}`, { kind: 'query', account: MAX }],
    ['QUERY 00100', { kind: 'query', account: 100 }],
    ['CREATE 90071992547409.91', { kind: 'create', amount: MAX, scale: 2 }],
  ];
  for (const [line, operation] of lines) t.strictSame(operationOf(line), operation, line);
});

t.test('command language: case, white space and line ends: make no difference', async (t) => {
  const expected = operationOf('TRANSFER 100 101 1.50');
  for (const line of [
    'transfer 100 101 1.50', 'TrAnSfEr 100 101 1.50', '  TRANSFER   100\t101 \t 1.50  ',
    'TRANSFER 100 101 1.50\n', 'TRANSFER 100 101 1.50\r\n', 'TRANSFER 100 101 1.50\r',
  ]) {
    t.strictSame(operationOf(line), expected, JSON.stringify(line));
  }
});

t.test('command language: words without arguments: their type', async (t) => {
  t.strictSame(parseLine('quit'), { type: 'quit' });
  t.strictSame(parseLine('Status\r\n'), { type: 'status' });
  t.strictSame(parseLine('HELP'), { type: 'help' });
});

t.test('command language: blank lines and comments: get no answer', async (t) => {
  const long = `# ${'x'.repeat(2 * LINE_LENGTH_MAX)}`;
  for (const line of ['', '\n', '\r\n', ' \t ', '#', '# CREATE 50', '  # note', long]) {
    t.strictSame(parseLine(line), { type: 'nothing' }, JSON.stringify(line.slice(0, 20)));
  }
});

t.test('command language: every command: any other number of arguments is refused', async (t) => {
  for (const { word, parameters } of COMMAND_FORMS) {
    for (let count = 0; count <= 5; count += 1) {
      if (count === parameters.length) continue;
      const { sentence, word: said } = badOf([word, ...Array(count).fill('1')].join(' '));
      t.equal(said, word);
      t.match(sentence, `not ${count}; usage: ${word.toUpperCase()}`, sentence);
    }
  }
});

t.test('command language: amounts: what is not exactly one: refused in every write', async (t) => {
  const amounts = [
    '.5', '5.', '.', '-1', '+1', '1e3', '1E3', '0x10', '1,000', '1_000', '1.234', '1.2.3', '１',
    'NaN', 'Infinity', '90071992547409.92', '90071992547410', '9'.repeat(400), '1\0', '$1', '1f',
  ];
  for (const amount of amounts) {
    for (const [word, start] of [
      ['create', 'CREATE'], ['update', 'UPDATE 1'], ['deposit', 'DEPOSIT 1'],
      ['withdraw', 'WITHDRAW 1'], ['transfer', 'TRANSFER 1 2'],
    ]) {
      const bad = badOf(`${start} ${amount}`);
      t.equal(bad.word, word);
      t.match(bad.sentence, /is not an amount/, `${start} ${amount.slice(0, 20)}`);
    }
  }
});

t.test('command language: account numbers: decimal digits up to 2^53 - 1', async (t) => {
  for (const account of [
    '-1', '+1', '1.0', '0x1', '1e2', 'x', '١', '1\0', '9007199254740992', '9007199254740993',
    '18014398509481984', '9'.repeat(1_000),
  ]) {
    for (const line of [`QUERY ${account}`, `DEPOSIT ${account} 1`, `TRANSFER 1 ${account} 1`]) {
      t.match(badOf(line).sentence, /account number/, line.slice(0, 30));
    }
  }
});

t.test('command language: transfer to itself: refused, however it is written', async (t) => {
  t.match(badOf('TRANSFER 100 100 1').sentence, 'from and to are the same account');
  t.match(badOf('TRANSFER 100 0100 1').sentence, 'from and to are the same account');
});

t.test('command language: keys: 1 to 64 visible characters, on writes only', async (t) => {
  const longest = '~'.repeat(64);
  t.equal(operationOf(`@${longest} CREATE 1`)?.key, longest);
  t.equal(operationOf('@@!# CREATE 1')?.key, '@!#');
  t.equal(operationOf('@Key CREATE 1')?.key, 'Key', 'keys keep their case');
  const wrong = ['@', `@${'k'.repeat(65)}`, '@schlüssel', '@k\x01'];
  for (const line of wrong.map((key) => `${key} CREATE 1`)) {
    t.match(badOf(line).sentence, /is not a key/, JSON.stringify(line.slice(0, 20)));
  }
  t.match(badOf('@k').sentence, 'a command must follow the key');
  for (const line of ['QUERY 1', 'OUTCOME @k', 'QUIT', 'STATUS', 'HELP']) {
    t.match(badOf(`@k ${line}`).sentence, /takes no key/, line);
  }
  t.match(badOf('@a @b CREATE 1').sentence, /unknown command "@b"/);
});

t.test('command language: OUTCOME: of a write or a key, and of nothing else', async (t) => {
  for (const request of [
    'x', '1', '1-', '-1', '0-1', '1-0', '01-1', '1-9007199254740992', '@', '1.2',
  ]) {
    t.match(badOf(`OUTCOME ${request}`).sentence, /neither a request id/, request);
  }
  t.match(badOf('OUTCOME q-7').sentence, 'a QUERY changes nothing');
});

t.test('command language: a mistyped word: the nearest one is named', async (t) => {
  t.match(badOf('QEURY 100').sentence, 'unknown command "QEURY"; did you mean QUERY?');
  t.match(badOf('transfr 1 2 3').sentence, 'did you mean TRANSFER?');
  t.match(badOf('dep 1 2').sentence, 'did you mean DEPOSIT?');
  for (const word of ['exit', 'Q', '\\q']) t.match(badOf(word).sentence, /mean QUIT\?$/, word);
  t.match(badOf('GET / HTTP/1.1').sentence, 'HELP lists the commands');
  t.equal(badOf('xyzzy').word, undefined);
  for (const word of ['__proto__', 'constructor', 'toString']) badOf(word);
});

t.test('command language: hostile lines: one harmless line of answer', async (t) => {
  const hostile = [
    '\0', 'CREATE\x0050', '\x1b[2J', '\u202eTRANSFER', 'x'.repeat(1_000_000), '\xff\xfe',
    'a\u2028b', 'QUERY 1\nQUIT', 'CREATE 1\u00a0', '\v', 'CREATE\u30001', '\ud800', '"'.repeat(100),
  ];
  for (const [index, line] of hostile.entries()) {
    const { sentence } = badOf(line);
    t.match(sentence, /^[\x20-\x7e…]{1,300}$/, `hostile line ${index}`);
  }
});

t.test('command language: length: a line at the bound is read, one above it is not', async (t) => {
  const line = `CREATE ${'0'.repeat(LINE_LENGTH_MAX - 8)}1`;
  t.equal(line.length, LINE_LENGTH_MAX);
  t.strictSame(operationOf(line), { kind: 'create', amount: 1, scale: 0 });
  t.match(badOf(`${line}1`).sentence, 'longer than 4096');
});
