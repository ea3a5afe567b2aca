/** Requests that come again, as a client that lost an answer sends them. */
import t from 'tap';
import { decodeResult, encodeChunk, viewOf, type Operation } from '../../src/core/operation.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { TestBank } from '../support/bank.ts';
import { until } from '../support/open-journal.ts';

t.test('a retry of a write whose key was used before: the first answer, as ever', async (t) => {
  const bank = await TestBank.start(t);
  const raw = await RawSocket.connect(t, bank.port);
  raw.say({ type: 'client-hello', cluster: '0'.repeat(32) as never });
  raw.say({ type: 'open-session' });
  const session = (await raw.hear('session'))?.session ?? 0;
  const pay: Operation = { kind: 'create', amount: 5, scale: 2, key: 'k' };
  // 2: the key again. 2 again: its answer was lost. 3 and 4: what became of 2, and of 3.
  const asks: (readonly [number, Operation])[] = [
    [1, pay], [2, pay], [2, pay],
    [3, { kind: 'outcome', account: session, toAccount: 2 }],
    [4, { kind: 'outcome', account: session, toAccount: 3 }],
  ];
  for (const [at, [number, operation]] of asks.entries()) {
    raw.say({ type: 'request', chunk: encodeChunk(session, number, [operation]) });
    const answers = () => raw.messages.flatMap((each) => (each.type === 'answered' ? [each] : []));
    await until(() => answers().length === at + 1, `the answer to ${number}`);
    const { code, account } = decodeResult(viewOf(answers()[at]?.results ?? new Uint8Array(32)), 0);
    t.same({ code, account }, { code: 'ok', account: 100 }, `request ${number}`);
  }
});
