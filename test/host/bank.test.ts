import { join } from 'node:path';
import t from 'tap';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { runBank } from '../../src/host/bank.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';

t.test('bank: a session that fails: the processes are stopped, then it is told', async (t) => {
  const data = t.testdir();
  const failing = runBank({
    port: 0, host: '127.0.0.1', data, trace: false, readTimeoutMs: 1000, minInSync: 1,
    recover: false, acceptDataLoss: false, chaos: true, count: 1, restart: true,
    session: () => Promise.reject(new Error('the session failed')),
  });
  await t.rejects(failing, /the session failed/);
  for (const name of ['frontend', 'backend-1']) {
    const directory = await DataDirectory.open(join(data, name), nodeMachine);
    directory.close();
  }
});
