/** What `up` tells the frontend that it starts. */
import t from 'tap';
import { childArguments } from '../../src/host/child-arguments.ts';

const OPTIONS = {
  port: 1, host: '127.0.0.1', data: 'd', trace: false, readTimeoutMs: 1_000, minInSync: 1,
  recover: true, acceptDataLoss: false, chaos: true, count: 1, restart: true, session: undefined,
} as const;

t.test('child arguments: a number of keys is handed on, at each start; none is not', async (t) => {
  t.notOk(childArguments.frontend(OPTIONS, true).includes('--keys'));
  for (const first of [true, false]) {
    const flags = childArguments.frontend({ ...OPTIONS, keysMax: 5_000 }, first);
    t.equal(flags[flags.indexOf('--keys') + 1], '5000');
    t.equal(flags.includes('--recover'), first);
  }
});
