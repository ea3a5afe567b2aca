import t from 'tap';
import { AccountLocks } from './account-locks.ts';
import { parseStat } from './cpu-time.ts';
import { parseCpuLine } from './machine-load.ts';
import { bindAndExecute } from './postgres-connection.ts';
import { bytesIn, field, messagesIn, numberIn, parseMessage } from './protobuf.ts';
import { parseReplies, respCommand } from './resp-connection.ts';

t.test('RESP: commands count bytes, replies are found when they are whole', async (t) => {
  t.equal(respCommand('GET', 'é', 12), '*3\r\n$3\r\nGET\r\n$2\r\né\r\n$2\r\n12\r\n');
  const text = ':12\r\n+OK\r\n$2\r\na\r\r\n$-1\r\n*2\r\n:1\r\n$1\r\nx\r\n';
  const replies = [12, 'OK', 'a\r', null, [1, 'x']];
  t.same(parseReplies(text, replies.length), replies);
  for (let length = 0; length < text.length; length += 1)
    t.equal(parseReplies(text.slice(0, length), replies.length), undefined, `${length} characters`);
  t.throws(() => parseReplies('-ERR no\r\n', 1), /Redis: ERR no/);
});

t.test('protocol buffers: what is written is read', async (t) => {
  const inner = Buffer.concat([field(1, 'key'), field(6, 2 ** 40 + 5)]);
  const message = parseMessage(Buffer.concat([field(1, inner), field(1, inner), field(15, 300)]));
  t.equal(numberIn(message, 15), 300);
  t.equal(numberIn(message, 9), 0, 'a 0 does not travel');
  const [first, second] = messagesIn(message, 1);
  t.equal(bytesIn(first ?? new Map(), 1).toString(), 'key');
  t.equal(numberIn(second ?? new Map(), 6), 2 ** 40 + 5);
  t.throws(() => parseMessage(Buffer.from([0x0d, 0, 0, 0, 0])), /a field of type 5/);
});

t.test('PostgreSQL: Bind, Execute and Sync are one piece', async (t) => {
  const bytes = bindAndExecute('pay', [17, '{1}']);
  const bind = '\0pay\0' + '\0\0' + '\0\x02' + '\0\0\0\x0217' + '\0\0\0\x03{1}' + '\0\0';
  const rest = 'E\0\0\0\x09\0\0\0\0\0' + 'S\0\0\0\x04';
  const length = String.fromCharCode(bind.length + 4);
  t.equal(bytes.toString('latin1'), `B\0\0\0${length}${bind}${rest}`);
});

t.test('processor time: of a process whose name has blanks and parentheses', async (t) => {
  const line = '42 (a) (b c) S 7 1 1 0 -1 0 1 1 1 1 150 50 20 5 20 0 1 0 99';
  t.same(parseStat(line), { pid: 42, parent: 7, seconds: 2.25 });
  t.equal(parseCpuLine('cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 1'), 1.63);
});

t.test('account locks: of two with the same accounts, one waits for the other', async (t) => {
  const locks = new AccountLocks();
  const story: string[] = [];
  const first = await locks.lock([1, 2]);
  const second = locks.lock([2, 1]).then((lock) => {
    story.push('second');
    lock[Symbol.dispose]();
  });
  const other = await locks.lock([3]);
  story.push('other');
  other[Symbol.dispose]();
  first[Symbol.dispose]();
  await second;
  const again = await locks.lock([1, 2, 3]);
  again[Symbol.dispose]();
  t.same(story, ['other', 'second']);
});
