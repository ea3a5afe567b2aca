import t from 'tap';
import { ClientFrame } from '../../src/core/client-frame.ts';
import type { Thing } from '../../src/core/client-queue.ts';
import { FramesInFlight } from '../../src/core/frames-in-flight.ts';

function frame(thing: Thing, number: number, state: ClientFrame['state'] = 'flying'): ClientFrame {
  const operation = thing === 'query'
    ? { kind: 'query', account: 100 } as const
    : { kind: 'deposit', account: 100, amount: 1 } as const;
  const submission = { kind: 'single', thing, operation, operations: 1, deadlineMs: 0 } as never;
  const made = new ClientFrame(thing, thing === 'query' ? 0 : 64, number, [submission]);
  made.state = state;
  return made;
}

function flight(...frames: readonly ClientFrame[]): FramesInFlight {
  const all = new FramesInFlight();
  for (const each of frames) all.add(each);
  return all;
}

t.test('frames in flight: found by what they are, their session and their number', async (t) => {
  const [write, query] = [frame('request', 5), frame('query', 5)];
  const frames = flight(write, query);
  t.equal(frames.request(64, 5), write);
  t.equal(frames.request(65, 5), undefined, 'of another session');
  t.equal(frames.query(5), query);
  t.same([frames.request(64, 6), frames.query(6)], [undefined, undefined]);
  t.equal(frames.operations, 2);
  write.takeAll();
  frames.delete(write);
  t.same([frames.hasRequests, frames.hasQueries, frames.operations], [false, true, 1]);
});

t.test('frames in flight: queries behind a held write, up to the next that flies', async (t) => {
  const held = frame('request', 2, 'held');
  const [one, two, three, four] = [1, 2, 3, 4].map((number) => frame('query', number)) as [
    ClientFrame, ClientFrame, ClientFrame, ClientFrame,
  ];
  const frames = flight(frame('request', 1), one, held, two, three, frame('request', 3), four);
  t.same(frames.queriesBehindHeldWrites(), [two, three]);
  t.same(frames.behind(three).map(({ number }) => number), [3, 4]);
});
