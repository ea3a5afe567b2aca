/** Histories as text: what is read, in which forms, and that all else is an error with its line. */
import t from 'tap';
import { checkHistory } from '../../../src/verify/history/check-history.ts';
import { HistoryError } from '../../../src/verify/history/history.ts';
import { LINE_CHARACTERS_MAX, parseHistory } from '../../../src/verify/history/history-text.ts';

const INVOKE = '{"process":1,"type":"invoke","op":"create","args":["5.00"]}';
const OK = '{"process":1,"type":"ok","op":"create","result":{"account":100,"balance":"5.00"}}';

function errorOf(text: string): string {
  try {
    parseHistory(text);
    return 'no error';
  } catch (error) {
    if (error instanceof HistoryError) return error.message;
    throw error;
  }
}

t.test('history text: NDJSON: what is liberal in it', async (t) => {
  const texts = [
    `${INVOKE}\n${OK}\n`, `${INVOKE}\r\n${OK}`, `\uFEFF${INVOKE}\n\n${OK}\n\n`,
    `{"process":"nemesis","type":"info","op":"kill"}\n${INVOKE}\n${OK}`,
    `{"process":0,"type":"invoke","op":"help"}\n${INVOKE}\n${OK}\n{"process":0,"type":"ok"}`,
    INVOKE.replace('"args"', '"colour":{"a":[[[1]]]},"args"') + '\n' + OK.replace('"op"', '"x"'),
  ];
  for (const text of texts) {
    const { operations } = parseHistory(text);
    t.match(operations, [{ kind: 'create', amount: 500, answer: { account: 100 } }], text);
    t.equal(operations.length, 1);
  }
});

t.test('history text: NDJSON: numbers as numbers, to the last cent', async (t) => {
  const at = (args: string, result: string) => parseHistory(
    `{"process":1,"type":"invoke","op":"deposit","args":${args}}\n` +
    `{"process":1,"type":"ok","op":"deposit","result":${result},"timeNs":1790000000000000001}`,
  ).operations[0];
  t.match(at('["100",0.07]', '0.29'), { account: 100, amount: 7, answer: { balance: 29 } });
  t.match(at('[100,1]', '[150]'), { amount: 100, answer: { balance: 15_000 } });
  t.match(at('[100,90071992547409.91]', '{"balance":90071992547409.89}'),
    { amount: Number.MAX_SAFE_INTEGER, answer: { balance: Number.MAX_SAFE_INTEGER - 2 } });
  t.match(at('[100,1]', '"OK 90071992547409.92"'), { answer: { balance: Infinity } });
});

t.test('history text: no history: an error that names the line', async (t) => {
  const errors: readonly [string, RegExp][] = [
    ['', /^line 1: it holds no operation/],
    ['\n\n', /no operation/],
    ['hello', /^line 1: this is no history/],
    ['\u0000\u0001\u0002', /no history/],
    ['[1,2]', /no history/],
    ['{"process":', /^line 1: the file is cut off/],
    [`${INVOKE}\n${OK.slice(0, 40)}`, /^line 2: the file is cut off here/],
    [`${INVOKE}\n${OK.slice(0, 40)}\n`, /^line 2: it is no JSON object/],
    [`${INVOKE}\n17`, /^line 2/],
    [`${INVOKE}\n${'['.repeat(100_000)}`, /^line 2/],
    [`${INVOKE}\n{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, /^line 2/],
    [`${INVOKE}\n{"a":"${'x'.repeat(LINE_CHARACTERS_MAX)}"}`, /^line 2: it is too long/],
    ['{"type":"invoke","op":"query","args":[1]}', /process/],
    ['{"process":1.5,"type":"invoke","op":"query","args":[1]}', /process/],
    ['{"process":{},"type":"invoke","op":"query","args":[1]}', /process/],
    ['{"process":1,"type":"begin","op":"query"}', /type/],
    ['{"process":1,"type":"invoke","op":"steal","args":[]}', /unknown op "steal"/],
    ['{"process":1,"type":"invoke","op":7}', /op/],
    ['{"process":1,"type":"invoke"}', /without an op/],
    ['{"process":1,"type":"invoke","op":"query","args":{"a":1}}', /args/],
    ['{"process":1,"type":"invoke","op":"query","args":[[1]]}', /args/],
    ['{"process":1,"type":"invoke","op":"query","args":[1],"timeNs":"x"}', /timeNs/],
    ['{"process":1,"type":"invoke","op":"query","args":[1],"request":1}', /request/],
    [OK, /^line 1: a completion without an invocation/],
    [`${INVOKE}\n${OK}\n${OK}`, /^line 3: a completion without an invocation/],
    [`${INVOKE}\n${INVOKE}`, /^line 2: process 1 invokes while/],
    [`${INVOKE}\n${OK.replace('"create"', '"query"')}`, /^line 2: query is completed, but create/],
    [`${INVOKE}\n${OK.replace('100', '"x"')}`, /^line 2: an account that is no number/],
    [`${INVOKE}\n{"process":1,"type":"ok","result":"OK x"}`, /^line 2/],
    [`${INVOKE}\n{"process":1,"type":"ok","result":[1,2,3]}`, /^line 2/],
    [`${INVOKE}\n{"process":1,"type":"ok","result":{"code":"MAYBE"}}`, /^line 2/],
    [`${INVOKE}\n{"process":1,"type":"ok","result":false}`, /^line 2/],
    [`{"process":1,"type":"invoke","op":"read"}\n{"process":1,"type":"ok"}`, /^line 2/],
    [`${INVOKE}\n{"process":2,"type":"invoke","op":"read"}`, /^line 2: read is of a register/],
    ['{"process":1,"type":"invoke","op":"query","args":[1],"timeNs":5}\n' +
      '{"process":1,"type":"ok","result":"1","timeNs":4}', /^line 2: time runs backwards/],
  ];
  for (const [text, error] of errors) t.match(errorOf(text), error, text.slice(0, 70));
});

t.test('history text: several in flight are told apart by their requests', async (t) => {
  const line = (type: string, request: string, rest: string): string =>
    `{"process":1,"type":"${type}","request":"${request}",${rest}}`;
  const invoke = (request: string): string =>
    line('invoke', request, '"op":"deposit","args":[100,"1.00"]');
  const first = [INVOKE, OK, invoke('a'), invoke('b')];
  const text = [
    ...first, line('ok', 'b', '"result":"6.00"'), line('ok', 'a', '"result":"7.00"'),
  ].join('\n');
  t.equal(checkHistory(parseHistory(text)).verdict, 'linearizable');
  t.match(errorOf([...first, invoke('a')].join('\n')), /^line 5: .*invokes while/);
  t.match(errorOf([...first, line('ok', 'c', '"op":"deposit"')].join('\n')), /^line 5: .*none of/);
});

t.test('history text: real time: the lines, unless all have times that differ', async (t) => {
  const deposit = (process: number, type: string, timeNs: string, rest: string): string =>
    `{"process":${process},"type":"${type}"${timeNs},${rest}}`;
  const lines = (times: readonly number[]): string => {
    const [a, b, c, d, e, f] = times.map((time) => (time < 0 ? '' : `,"timeNs":${time}`));
    return [
      deposit(1, 'invoke', a ?? '', '"op":"create","args":["5.00"]'),
      deposit(1, 'ok', b ?? '', '"result":"OK 100"'),
      deposit(3, 'invoke', e ?? '', '"op":"query","args":[100]'),
      deposit(3, 'ok', f ?? '', '"result":"OK 6.00"'),
      deposit(2, 'invoke', c ?? '', '"op":"deposit","args":[100,"1.00"]'),
      deposit(2, 'ok', d ?? '', '"result":"OK 6.00"'),
    ].join('\n');
  };
  const verdict = (times: readonly number[]): string =>
    checkHistory(parseHistory(lines(times))).verdict;
  t.equal(verdict([1, 2, 3, 4, 5, 6]), 'linearizable', 'the read came last, says the time');
  t.equal(verdict([1, 2, 5, 6, 3, 4]), 'violated');
  t.equal(verdict([-1, -1, -1, -1, -1, -1]), 'violated', 'without times, the lines tell');
  t.equal(verdict([1, 2, 3, 4, 5, -1]), 'violated', 'not all have a time');
});
