import t from 'tap';
import { encodeChunk, viewOf } from '../../src/core/operation.ts';
import { prepareChunk } from '../../src/host/prepared-chunk.ts';

t.test('prepared chunk: bytes: whole chunks only, as the frontend takes them', async (t) => {
  const chunk = encodeChunk(0, 0, [
    { kind: 'deposit', account: 100, amount: 1, scale: 2, key: 'a' }, { kind: 'create', amount: 1 },
  ]);
  t.same(prepareChunk(chunk), { thing: 'request', chunk });
  t.equal(prepareChunk(chunk.subarray(0, 128)), 'the bytes are not a chunk', 'cut short');
  for (const [operations, isTaken] of [[3, true], [4, false], [8190, false]] as const) {
    const claims = chunk.slice();
    viewOf(claims).setUint32(4, operations, true);
    t.equal(typeof prepareChunk(claims) !== 'string', isTaken, `claims ${operations}`);
  }
});
