import t from 'tap';
import { formatQueryId, formatRequestId, parseRequestId } from '../../src/core/request-id.ts';

t.test('request id: a formatted id is parsed back', async (t) => {
  const most = Number.MAX_SAFE_INTEGER;
  for (const [session, number] of [[1088, 3], [1, 1], [most, most]] as const) {
    const text = formatRequestId(session, number);
    t.same(parseRequestId(text), { kind: 'write', session, number }, text);
  }
  t.equal(formatRequestId(1088, 3), '1088-3');
  t.equal(formatQueryId(7), 'q-7');
  t.same(parseRequestId('q-7'), { kind: 'query', number: 7 });
});

t.test('request id: what is none is refused', async (t) => {
  const malformed = [
    '', '-', '1088', '1088-', '-3', '0-3', '1088-0', '01088-3', '1088-03', '1088--3', '1088-3 ',
    ' 1088-3',
    '1088-3-4', '1.0-3', '1e3-3', 'q-', 'q-0', 'q-x', 'Q-1', 'x-1', '9007199254740992-1',
    '1-9007199254740992', 'q-9007199254740992', '1088-3\n', '99999999999999999-1',
  ];
  for (const text of malformed) t.equal(parseRequestId(text), undefined, JSON.stringify(text));
});
