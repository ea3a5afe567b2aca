import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startBankd, temporaryDirectory } from '../support/bank.ts';

const WAITS = /waiting for the frontend/g;

t.test('backend: the whole bank stops: no word of a frontend that is gone', async (t) => {
  const data = temporaryDirectory(t);
  const bank = startBankd(t, ['up', '--port', '0', '--count', '1', '--data', data]);
  await bank.line(/^ready bank /);
  await bank.terminate();
  t.notMatch(bank.stderr, WAITS);
});

t.test('backend: a stranger that hangs up has the port: told once', async (t) => {
  const stranger = createServer((socket) => {
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), 20);
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stranger.close());
  const port = String((stranger.address() as AddressInfo).port);
  const flags = ['--count', '1', '--id', '1', '--port', port, '--data', temporaryDirectory(t)];
  const backend = startBankd(t, ['backend', ...flags]);
  t.match(await backend.line(WAITS), /what listens at \S+ does not answer as a frontend: /);
  await sleep(1_200);
  t.equal(backend.stderr.match(WAITS)?.length, 1);
  await backend.terminate();
});
