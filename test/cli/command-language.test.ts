import t from 'tap';
import {
  LINE_LENGTH_MAX, parseLine, type BadRequest, type ParsedLine,
} from '../../src/cli/command-language.ts';
import { COMMAND_FORMS } from '../../src/cli/command-words.ts';
import { joinWords, splitWords } from '../../src/cli/line-words.ts';
import { checkOperation } from '../../src/core/check-operation.ts';
import { PAGE_ACCOUNTS_MAX } from '../../src/core/reports.ts';
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
      const least = parameters.filter(({ isOptional }) => isOptional !== true).length;
      if (count >= least && count <= parameters.length) continue;
      const { sentence, word: said } = badOf([word, ...Array(count).fill('1')].join(' '));
      t.equal(said, word);
      t.match(sentence, `not ${count}; usage: ${word.toUpperCase()}`, sentence);
    }
  }
});

t.test('command language: amounts: what is not exactly one: refused in every write', async (t) => {
  const amounts = [
    '.5', '5.', '.', '-1', '-0', '+1', '1e3', '1E3', '0x10', '1,000', '1_000', '1.23456', '1.2.3',
    '１', 'NaN', 'Infinity', '90071992547409.92', '9007199254740992', '9'.repeat(400), '1\0', '$1',
    '1f', '0.00000',
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

t.test('command language: amounts: of a CREATE: what its currency has, known here', async (t) => {
  const rule = 'a decimal from 0 to 90071992547409.91, at most two digits after the point';
  for (const amount of ['1.234', '1.2345', '90071992547410']) {
    t.equal(badOf(`CREATE ${amount}`).sentence, `"${amount}" is not an amount: ${rule}`);
    t.not(operationOf(`DEPOSIT 1 ${amount}`), undefined, 'of an account, only the ledger knows');
  }
  t.equal(
    badOf('CREATE 1.5 --currency JPY').sentence,
    '"1.5" is not an amount in JPY: a decimal from 0 to 9007199254740991, ' +
      'no digits after the point',
  );
  t.match(badOf('CREATE 1 --floor -1.5 --currency jpy').sentence, '"-1.5" is not an amount in JPY');
  t.match(badOf('CREATE 1 --ceiling 1.2345 --currency BHD').sentence, 'most three digits');
  t.match(badOf('CREATE 1 --floor -90071992547410').sentence, 'from -90071992547409.91 to');
  t.equal(operationOf('CREATE 9007199254740991 --currency JPY')?.amount, MAX);
  t.equal(operationOf('CREATE 1.2345 --currency CLF')?.scale, 4);
});

t.test('command language: options: in any order, in any case, as terms of one scale', async (t) => {
  const lines: readonly [line: string, operation: Operation][] = [
    ['CREATE 5 --name alice --currency eur --floor -100 --ceiling 1000.5', {
      kind: 'create', amount: 5, scale: 0,
      terms: { name: 'alice', currency: 'EUR', floor: -1_000, ceiling: 10_005, scale: 1 },
    }],
    ['create 5 --CEILING=7 --name="Alice \\"B\\" \\\\"', {
      kind: 'create', amount: 5, scale: 0, terms: { ceiling: 7, name: 'Alice "B" \\' },
    }],
    ['CREATE 5 --name "--floor"', {
      kind: 'create', amount: 5, scale: 0, terms: { name: '--floor' },
    }],
    ['CREATE 5 --name grün', { kind: 'create', amount: 5, scale: 0, terms: { name: 'grün' } }],
    ['CREATE 5 --floor -0', { kind: 'create', amount: 5, scale: 0, terms: { floor: 0 } }],
    ['@k AMEND 100 --floor -1.50', {
      kind: 'amend', account: 100, key: 'k', terms: { floor: -150, scale: 2 },
    }],
    ['AMEND 100 IF VERSION 7 --name b', {
      kind: 'amend', account: 100, terms: { name: 'b', ifVersion: 7 },
    }],
    ['AMEND 100 --ceiling 3 if balance -1.5', {
      kind: 'amend', account: 100, terms: { ceiling: 30, ifBalance: -15, scale: 1 },
    }],
    ['FREEZE 100', { kind: 'amend', account: 100, terms: { frozen: true } }],
    ['UNFREEZE 100', { kind: 'amend', account: 100, terms: { frozen: false } }],
    ['CLOSE 100 IF VERSION 2', {
      kind: 'amend', account: 100, terms: { closed: true, ifVersion: 2 },
    }],
    ['UPDATE 100 150.00 IF VERSION 7', {
      kind: 'update', account: 100, amount: 15_000, scale: 2, terms: { ifVersion: 7 },
    }],
    ['TRANSFER 1 2 3 IF BALANCE 120.00', {
      kind: 'transfer', account: 1, toAccount: 2, amount: 3, scale: 0,
      terms: { ifBalance: 12_000, scale: 2 },
    }],
    ['ACCOUNT 100', { kind: 'account', account: 100 }],
    ['ACCOUNT --name 100', { kind: 'account', terms: { name: '100' } }],
    ['ACCOUNTS', { kind: 'accounts', account: 0, amount: 20, scale: 0 }],
    [`ACCOUNTS --after 100 --limit ${PAGE_ACCOUNTS_MAX}`, {
      kind: 'accounts', account: 101, amount: PAGE_ACCOUNTS_MAX, scale: 0,
    }],
    ['ACCOUNTS --from 100', { kind: 'accounts', account: 100, amount: 20, scale: 0 }],
    [`ACCOUNTS --after ${MAX}`, { kind: 'accounts', account: MAX, amount: 20, scale: 0 }],
    ['ACCOUNTS --name a --currency USD --min -5 --max 7.25', {
      kind: 'accounts', account: 0, amount: 20, scale: 0,
      terms: { name: 'a', currency: 'USD', floor: -500, ceiling: 725, scale: 2 },
    }],
    ['TRIAL', { kind: 'trial' }],
  ];
  for (const [line, operation] of lines) {
    t.strictSame(operationOf(line), operation, line);
    t.equal(operation.terms && checkOperation(operation), undefined, 'as the client checks it');
  }
});

t.test('command language: options: each mistake: a sentence that helps', async (t) => {
  const mistakes: readonly [line: string, sentence: string][] = [
    ['CREATE 5 --nmae x', 'unknown option "--nmae"; did you mean --name?'],
    ['CREATE 5 --min 3', 'unknown option "--min"; usage: CREATE amount [--name N]'],
    ['CREATE 5 --', 'unknown option "--"; usage: CREATE'],
    ['CREATE 5 --name a --name b', '--name is given twice'],
    ['CREATE 5 --floor 1 --floor=1', '--floor is given twice'],
    ['ACCOUNTS --from 1 --after 2', '--from and --after exclude each other'],
    ['CREATE 5 --name', '--name takes a value; usage: CREATE amount'],
    ['CREATE 5 --name --floor 3', '--name takes a value; usage: CREATE amount'],
    ['CREATE 5 --name=', '--name: "" is not a name'],
    ['CREATE 5 --name ""', '--name: "" is not a name'],
    ['CREATE 5 --name " a"', '--name: " a" is not a name: 1 to 32 bytes'],
    [`CREATE 5 --name ${'n'.repeat(33)}`, 'is not a name: 1 to 32 bytes of UTF-8'],
    [`CREATE 5 --name ${'ä'.repeat(17)}`, 'is not a name: 1 to 32 bytes of UTF-8'],
    ['CREATE 5 --name a\x01b', 'is not a name'],
    ['CREATE 5 --name \ufffd', 'is not a name'],
    ['CREATE 5 --currency XTS', '--currency: "XTS" is not a currency: a code of ISO 4217'],
    ['CREATE 5 --currency EURO', '"EURO" is not a currency'],
    ['CREATE 5 --currency ſek', 'is not a currency'],
    ['CREATE 5 --floor x', '--floor: "x" is not an amount'],
    ['CREATE 5 --floor 90071992547409 --currency BHD', '"90071992547409" is not an amount in BHD'],
    ['AMEND 1 --floor 9007199254740991 --ceiling 1.5', 'too far apart in size'],
    ['AMEND 1 --currency EUR', 'unknown option "--currency"'],
    ['AMEND 1', 'AMEND needs --name, --floor or --ceiling'],
    ['AMEND 1 IF VERSION 1', 'AMEND needs --name, --floor or --ceiling'],
    ['CREATE --name a 5', 'CREATE takes 1 argument, not 0; usage: CREATE amount'],
    ['CREATE 5 --name Alice B', '"B" stands after the options; "a value with blanks" needs'],
    ['CREATE 5 --name "Alice B', 'a word in double quotes does not end'],
    ['CREATE 5 --name="Alice B', 'a word in double quotes does not end'],
    ['CREATE 5 --name "a"b', 'a word in double quotes does not end'],
    ['CREATE 5 --name "a\\n"', 'a word in double quotes does not end'],
    ['QUERY 1 --json', 'QUERY takes no option "--json"'],
    ['ACCOUNTS --limit 0', `"0" is not a number of accounts from 1 to ${PAGE_ACCOUNTS_MAX}`],
    [`ACCOUNTS --limit ${PAGE_ACCOUNTS_MAX + 1}`, 'is not a number of accounts from 1 to'],
    ['ACCOUNTS --from alice', '--from: "alice" is not an account number'],
    ['ACCOUNT alice', '"alice" is not an account number'],
    ['ACCOUNT', 'ACCOUNT needs a number or --name'],
    ['ACCOUNT 100 --name alice', 'a number and --name exclude each other'],
    ['UPDATE 1 3 IF', 'IF takes VERSION n or BALANCE x'],
    ['UPDATE 1 3 IF VERSION', 'IF VERSION takes a value; usage: UPDATE account amount'],
    ['UPDATE 1 3 ıf version 7', 'UPDATE takes 2 arguments'],
    ['UPDATE 1 3 if verſion 7', 'unknown condition'],
    ['UPDATE 1 3 IF 7', 'unknown condition "7"; usage: UPDATE'],
    ['UPDATE 1 3 IF VERSOIN 7', 'unknown condition "VERSOIN"; did you mean VERSION?'],
    ['UPDATE 1 3 IF VERSION x', 'IF VERSION: "x" is not a version'],
    ['UPDATE 1 3 IF VERSION 9007199254740992', 'there is no version above 2^53 - 1'],
    ['UPDATE 1 3 IF BALANCE x', 'IF BALANCE: "x" is not an amount'],
    ['UPDATE 1 3 IF VERSION 1 IF BALANCE 2', 'a condition is given twice'],
    ['UPDATE 1 3 IF VERSION 1 IF VERSION 1', 'a condition is given twice'],
    ['UPDATE 1 3 VERSION 7', 'UPDATE takes 2 arguments, not 4'],
    ['CREATE 5 IF VERSION 1', 'CREATE takes no condition'],
    ['QUERY 1 IF VERSION 1', 'QUERY takes no condition'],
    ['@k ACCOUNTS', 'ACCOUNTS takes no key'],
  ];
  for (const [line, sentence] of mistakes) {
    const bad = badOf(line);
    t.match(bad.sentence, sentence, line);
    t.match(bad.sentence, /^[\x20-\x7e…]{1,300}$/, 'harmless, and not long');
  }
});

t.test('command language: words: quotes at their beginning; elsewhere a sign as any', async (t) => {
  t.strictSame(splitWords(' a\t"b c"  "" "\\"" d"e --f="g h" -- @"k'), [
    { text: 'a', isQuoted: false }, { text: 'b c', isQuoted: true }, { text: '', isQuoted: true },
    { text: '"', isQuoted: true }, { text: 'd"e', isQuoted: false },
    { text: '--f=g h', isQuoted: false }, { text: '--', isQuoted: false },
    { text: '@"k', isQuoted: false },
  ]);
  t.strictSame(splitWords('  '), []);
  for (const line of ['"', '"a', 'b "a', '"a"b', '"\\x"', '"\\"', '--f="', '--f="a']) {
    t.equal(splitWords(line), undefined, line);
  }
  t.equal(operationOf('@"k" CREATE 1')?.key, '"k"', 'a key may have them');
  const startedMs = performance.now();
  t.equal(splitWords(`"${'\\'.repeat(LINE_LENGTH_MAX)}`), undefined);
  t.ok(performance.now() - startedMs < 100, 'hostile words take no time');
});

t.test('command language: words of the shell: the value of an option stays whole', async (t) => {
  const lines: readonly [words: readonly string[], line: string][] = [
    [['QUERY', '100'], 'QUERY 100'],
    [['QUERY 100'], 'QUERY 100'],
    [['@k CREATE', '5'], '@k CREATE 5'],
    [['CREATE', '5', '--name', 'Alice B', '--floor', '-1'],
      'CREATE 5 --name "Alice B" --floor -1'],
    [['CREATE', '5', '--name=Alice B'], 'CREATE 5 --name="Alice B"'],
    [['CREATE', '5', '--name='], 'CREATE 5 --name=""'],
    [['CREATE', '5', '--name', ''], 'CREATE 5 --name ""'],
    [['CREATE', '5', '--name', '--floor'], 'CREATE 5 --name "--floor"'],
    [['AMEND', '5', '--name', 'If'], 'AMEND 5 --name "If"'],
    [['STATEMENT', '100', '--csv', '--from', '3'], 'STATEMENT 100 --csv --from 3'],
    [['STATEMENT', '100', '--from', '2026-11-01 9:30'], 'STATEMENT 100 --from "2026-11-01 9:30"'],
    [['TRIAL', 'AT', '2026-11-01 09:30'], 'TRIAL AT "2026-11-01 09:30"'],
    [['TRIAL AT', '2026-11-01 09:30'], 'TRIAL AT "2026-11-01 09:30"'],
    [['TRIAL', 'AT', 'SEQ 17'], 'TRIAL AT SEQ 17'],
    [['CREATE', '5', '--name', '"x" \\ y'], 'CREATE 5 --name "\\"x\\" \\\\ y"'],
  ];
  for (const [words, line] of lines) t.equal(joinWords(words), line);
  for (const name of ['Alice B', 'If', '--floor', '"x" \\ y', 'a\\b', "it's", 'x"y']) {
    t.equal(operationOf(joinWords(['CREATE', '5', '--name', name]))?.terms?.name, name);
    t.equal(operationOf(joinWords(['CREATE', '5', `--name=${name}`]))?.terms?.name, name);
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

t.test('command language: AT: a moment beside the operation, where it may be', async (t) => {
  const trial = { type: 'operation', word: 'trial', operation: { kind: 'trial' } };
  t.strictSame(parseLine('TRIAL'), trial);
  t.strictSame(parseLine('trial at seq 17'), { ...trial, at: { seq: 17 } });
  const time = 1_793_491_200_000_000;
  t.strictSame(parseLine('TRIAL AT 2026-11-01'), { ...trial, at: { time } });
  t.strictSame(parseLine('TRIAL AT "2026-11-01 00:00"'), { ...trial, at: { time } });
  for (const [line, sentence] of [
    ['TRIAL AT', /^AT takes SEQ n, or a time/],
    ['TRIAL AT SEQ', /^AT takes SEQ n/],
    ['TRIAL AT AT', /^AT takes SEQ n/],
    ['TRIAL AT SEQ 1 AT SEQ 1', /^AT is given twice$/],
    ['TRIAL AT SEQ 1 2', /"2" stands after the options/],
    ['TRIAL SEQ 1', /TRIAL takes no argument, not 2; usage: TRIAL \[AT SEQ n \| AT time\]/],
    ['CLOSE 100 AT SEQ 1', /CLOSE takes 1 argument, not 4/],
  ] as const) {
    t.match(badOf(line).sentence, sentence, line);
  }
  const query = { type: 'operation', word: 'query', operation: { kind: 'query', account: 100 } };
  t.strictSame(parseLine('QUERY 100 AT SEQ 0'), { ...query, at: { seq: 0 } });
  t.same(operationOf('AMEND 100 --name at')?.terms, { name: 'at' }, 'elsewhere it is a word');
});

t.test('parse: STATEMENT: which lines, and in what form', async (t) => {
  const statement = {
    type: 'operation', word: 'statement', operation: { kind: 'statement', account: 100 },
  };
  const time = Date.UTC(2026, 10, 1) * 1_000;
  for (const [line, parts] of [
    ['statement 100', {}],
    ['STATEMENT 100 --from 7 --to 2026-11-01', { from: { seq: 7 }, to: { time } }],
    ['STATEMENT 100 --limit 5 --after 17.3', { lines: 5, after: { seq: 17, index: 3 } }],
    ['STATEMENT 100 --csv', { form: 'csv' }],
    ['STATEMENT 100 --json --to=9', { form: 'json', to: { seq: 9 } }],
  ] as const) {
    t.strictSame(parseLine(line), { ...statement, statement: { account: 100, ...parts } }, line);
  }
  for (const [line, sentence] of [
    ['STATEMENT', /^STATEMENT takes 1 argument, not 0/],
    ['STATEMENT 100 --from', /^--from takes a value/],
    ['STATEMENT 100 --from yesterday', /^--from: "yesterday" is neither a seq nor a time such as/],
    ['STATEMENT 100 --after 17', /^--after: "17" is not a line such as 17\.3/],
    ['STATEMENT 100 --limit 0', /^--limit: "0" is not a number of lines from 1/],
    ['STATEMENT 100 --csv --json', /^--csv and --json exclude each other$/],
    ['STATEMENT 100 --csv --csv', /^--csv is given twice$/],
    ['STATEMENT 100 --from 5 --to 3', /^--to is before --from$/],
    ['STATEMENT 100 --csv=yes', /^--csv takes no value$/],
    ['STATEMENT 100 --csv yes', /^"yes" stands after the options/],
    ['@k STATEMENT 100', /^STATEMENT takes no key/],
  ] as const) {
    t.match(badOf(line).sentence, sentence, line);
  }
});
