import t from 'tap';
import type { BackendId, Seq } from '../../src/core/ids.ts';
import {
  encodeChunk, RECORD_BYTES, RESULT_BYTES, type Operation,
} from '../../src/core/operation.ts';
import { traceBatch } from '../../src/core/trace.ts';

function traceOf(batch: Uint8Array, operations: number): string[] {
  const lines: string[] = [];
  const results = new Uint8Array(operations * RESULT_BYTES);
  traceBatch({ seq: 7 as Seq, batch }, { results }, [1 as BackendId], (line) => lines.push(line));
  return lines;
}

t.test('trace: one line for each operation, whatever is in its key or id', async (t) => {
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 5, key: 'k' };
  const chunk = encodeChunk(64, 1, [deposit, { kind: 'capture', id: 'i' }]);
  const said = ': prepared; votes: 1 OK,commit; decided commit; answered';
  t.same(traceOf(chunk, 2), [`seq 7.0 @k deposit 100 5${said}`, `seq 7.1 capture i 0${said}`]);
  const forged = new TextEncoder().encode('a\nready \u001b[2J');
  chunk.set(forged, 2 * RECORD_BYTES);
  chunk.set(forged, 3 * RECORD_BYTES + 32);
  const [first = '', second = ''] = traceOf(chunk, 2);
  t.equal(first, `seq 7.0 @a?ready ?[2J deposit 100 5${said}`);
  t.equal(second, `seq 7.1 capture a?ready ?[2J 0${said}`);
});
