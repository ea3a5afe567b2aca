import t from 'tap';
import { judgeDigests } from '../../src/core/digests.ts';
import type { BackendId } from '../../src/core/ids.ts';

function judge(...digests: string[]): unknown {
  return judgeDigests(new Map(digests.map((digest, at) => [(at + 1) as BackendId, digest])));
}

t.test('digests: every way for up to five replicas to agree: only a majority tells', async (t) => {
  for (let count = 0; count <= 5; count += 1) {
    for (let pattern = 0; pattern < 3 ** count; pattern += 1) {
      const digests = Array.from(
        { length: count },
        (_, at) => 'abc'[Math.floor(pattern / 3 ** at) % 3] ?? '',
      );
      const majority = [...'abc'].find(
        (each) => 2 * digests.filter((digest) => digest === each).length > count,
      );
      const odd = digests.flatMap((digest, at) => (digest === majority ? [] : [at + 1]));
      const expected =
        new Set(digests).size <= 1
          ? { kind: 'equal' }
          : majority === undefined
            ? { kind: 'undecidable' }
            : { kind: 'odd', ids: odd };
      t.same(judge(...digests), expected, digests.join(''));
    }
  }
});
