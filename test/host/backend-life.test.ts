import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Random } from '../../src/core/random.ts';
import type { BackendId } from '../../src/core/ids.ts';
import { BackendLife, type LifeEnding } from '../../src/host/backend-life.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import type { LinkEvents } from '../../src/host/ports.ts';
import { Delays, EventQueue } from '../../src/sim/event-queue.ts';
import { SimFileSystem } from '../../src/sim/sim-file-system.ts';
import { SimProcess } from '../../src/sim/sim-process.ts';
import { SMALL_SIZES } from '../../src/sim/sim-sizes.ts';
import { SimStorage } from '../../src/sim/sim-storage.ts';
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

/** A life on a made-up machine, and the link that it holds. */
async function live() {
  const queue = new EventQueue();
  const random = new Random(1);
  const faults = { slowMs: 0, failNext: undefined, shortNext: false, strike: undefined };
  const delays = new Delays(random, true);
  const storage = new SimStorage();
  const machine = new SimProcess(queue, random, (process) =>
    new SimFileSystem({ queue, delays, process, storage, faults }));
  const said: string[] = [];
  const dropped: string[] = [];
  const state: { isUp: boolean; events?: LinkEvents; ending?: LifeEnding } = { isUp: true };
  const begin = async (): Promise<void> => {
    const life = await BackendLife.begin({
      machine, sizes: SMALL_SIZES, directory: await DataDirectory.open('/bank/backend-1', machine),
      id: 1 as BackendId, host: 'here', port: 1, count: 1, pid: 1, damage: undefined,
      log: () => {}, trace: undefined, onInSync: () => {},
      connect: (events) => {
        state.events = events;
        return {
          get isUp() {
            return state.isUp;
          },
          open: () => events.onUp(), send: ({ type }) => said.push(type),
          approve: () => said.push('(approves)'),
          cut: (mode, forMs) => said.push(`(is cut ${mode} ${forMs})`),
          drop: (detail) => dropped.push(detail), close: async () => {},
        };
      },
    });
    state.ending = await life.run(machine.stopping.signal);
  };
  queue.stir();
  void begin();
  const pass = (ms: number): Promise<void> => queue.runUntil(queue.nowMs + ms);
  await pass(500);
  const hear = (message: Parameters<LinkEvents['onMessage']>[0]): void =>
    state.events?.onMessage(message);
  return { machine, state, said, dropped, pass, hear };
}

const PING = { type: 'ping', epoch: 0, probe: 1, commitSeq: 0 } as never;

t.test('backend: a frontend that says nothing for 3 s: dropped, and not before', async (t) => {
  const { state, said, dropped, pass, hear } = await live();
  t.same(said, ['hello']);
  for (let time = 0; time < 4; time += 1) {
    hear(PING);
    await pass(2_500);
  }
  t.same(dropped, [], 'it was heard now and then');
  await pass(800);
  t.equal(dropped[0], 'it is silent');
  state.isUp = false;
  dropped.length = 0;
  await pass(10_000);
  t.same(dropped, [], 'there is nothing to drop');
  state.isUp = true;
  state.events?.onUp();
  await pass(2_500);
  t.same(dropped, [], 'a new connection has its own time');
});

t.test('backend: it stood still itself: that is nobody\'s silence', async (t) => {
  const { machine, dropped, pass, hear } = await live();
  hear(PING);
  machine.pause();
  await pass(20_000);
  machine.resume();
  await pass(2_500);
  t.same(dropped, []);
  await pass(1_000);
  t.equal(dropped[0], 'it is silent');
});

t.test('backend: refused: for good it ends, else it goes on; a client\'s word: '
  + 'dropped', async (t) => {
  const { state, dropped, pass, hear } = await live();
  hear({ type: 'refused', retry: true, detail: 'two processes' });
  await pass(100);
  t.equal(state.ending, undefined);
  hear({ type: 'ask-status' });
  t.same(dropped, ['a frontend does not say ask-status']);
  hear({ type: 'refused', retry: false, detail: 'another bank' });
  await pass(100);
  t.same(state.ending, { kind: 'refused', detail: 'another bank' });
});

t.test('backend: a promise approves of the frontend; the answer to a cut is the last that '
  + 'passes', async (t) => {
  const { said, pass, hear } = await live();
  const [cluster, owner] = ['c'.repeat(32), '1'.repeat(32)];
  hear({ type: 'promise', cluster, epoch: 1, owner } as never);
  await pass(200);
  hear({ type: 'cut', order: 4, mode: 'both', forMs: 100 });
  t.same(said, ['hello', '(approves)', 'promised', 'cutting', '(is cut both 100)']);
});
