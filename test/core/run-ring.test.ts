import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { RUN_NONE, RunRing } from '../../src/core/run-ring.ts';
import { Random } from '../../src/core/random.ts';

t.test('run ring: find: each request of a run, and none between or before runs', async (t) => {
  const ring = new RunRing(10);
  const first = ring.append(64, 5, 3, 20, 100, RUN_NONE);
  const newest = ring.append(64, 10, 2, 21, 0, first);
  t.same([first, newest, ring.next], [1, 2, 3]);
  const answers = new Map([
    [5, { seq: 20, index: 100 }], [6, { seq: 20, index: 101 }], [7, { seq: 20, index: 102 }],
    [10, { seq: 21, index: 0 }], [11, { seq: 21, index: 1 }],
  ]);
  for (let request = 0; request < 15; request += 1) {
    t.same(ring.find(newest, request), answers.get(request) ?? 'never-ran', `request ${request}`);
  }
  t.equal(ring.find(RUN_NONE, 5), 'never-ran', 'a session without runs');
});

t.test('run ring: extend: only what continues request, place and entry', async (t) => {
  const ring = new RunRing(2);
  const run = ring.append(64, 5, 3, 20, 100, RUN_NONE);
  t.notOk(ring.extend(run, 9, 1, 20, 103), 'a number skipped');
  t.notOk(ring.extend(run, 8, 1, 20, 104), 'a place skipped');
  t.notOk(ring.extend(run, 8, 1, 21, 103), 'another entry');
  t.equal(ring.find(run, 8), 'never-ran');
  t.ok(ring.extend(run, 8, 2, 20, 103));
  t.same(ring.find(run, 9), { seq: 20, index: 104 });
  t.equal(ring.find(run, 10), 'never-ran');
  ring.append(128, 1, 1, 20, 105, RUN_NONE);
  t.ok(ring.extend(run, 10, 1, 20, 105), 'still kept');
  ring.append(128, 3, 1, 20, 106, 2);
  t.notOk(ring.extend(run, 11, 1, 20, 106), 'overwritten');
});

t.test('run ring: overwritten runs: too old, exactly from the capacity on', async (t) => {
  const ring = new RunRing(3);
  let newest = RUN_NONE;
  for (let run = 1; run <= 3; run += 1) newest = ring.append(64, run * 10, 2, run, 0, newest);
  t.same(ring.find(newest, 10), { seq: 1, index: 0 });
  t.equal(ring.find(newest, 9), 'never-ran', 'before the first run, which is kept');
  ring.append(128, 1, 1, 4, 0, RUN_NONE);
  t.equal(ring.find(newest, 10), 'too-old');
  t.equal(ring.find(newest, 12), 'too-old', 'behind the run that is gone');
  t.equal(ring.find(newest, 19), 'too-old');
  t.equal(ring.find(newest, 9), 'too-old');
  t.same(ring.find(newest, 20), { seq: 2, index: 0 });
  t.equal(ring.find(newest, 22), 'never-ran');
  for (let run = 5; run <= 6; run += 1) ring.append(128, run, 1, run, 0, RUN_NONE);
  t.equal(ring.find(newest, 30), 'too-old', 'the newest of the session is gone');
  t.equal(ring.snapshot().records, 3);
});

interface ListedRun {
  readonly position: number;
  readonly first: number;
  readonly count: number;
  readonly seq: number;
  readonly index: number;
}

/**
 * All runs of a few sessions in a list, searched from the end: what the ring's jumps must agree
 * with.
 */
function compareWithList(seed: number, capacity: number): number {
  let wrong = 0;
  const random = new Random(seed);
  const ring = new RunRing(capacity);
  const runs: ListedRun[][] = [[], [], []];
  for (let seq = 1; seq <= 300; seq += 1) {
    const own = random.pick(runs);
    const last = own.at(-1);
    const first = (last === undefined ? 1 : last.first + last.count) + random.int(3);
    const [count, index] = [1 + random.int(4), random.int(50)];
    const position = ring.append(64, first, count, seq, index, last?.position ?? RUN_NONE);
    own.push({ position, first, count, seq, index });
    for (let lookup = 0; lookup < 10; lookup += 1) {
      const asked = random.pick(runs);
      const end = asked.at(-1);
      const request = random.int((end === undefined ? 1 : end.first + end.count) + 2);
      const run = asked.findLast((candidate) => candidate.first <= request);
      const oldest = ring.next - capacity;
      const kept = (run ?? asked[0] ?? { position: oldest }).position >= oldest;
      const expected =
        !kept ? 'too-old'
        : run === undefined || request >= run.first + run.count ? 'never-ran'
        : { seq: run.seq, index: run.index + request - run.first };
      const found = ring.find(end?.position ?? RUN_NONE, request);
      if (!isDeepStrictEqual(found, expected)) wrong += 1;
    }
  }
  return wrong;
}

t.test('run ring: random runs: as a list finds them', async (t) => {
  for (const capacity of [1, 2, 7, 64, 100, 1000]) {
    t.equal(compareWithList(capacity, capacity), 0, `capacity ${capacity}`);
  }
});

t.test('run ring: a long chain: the oldest request is found in few steps', async (t) => {
  const ring = new RunRing(200_000);
  let newest = RUN_NONE;
  for (let run = 1; run <= 300_000; run += 1) newest = ring.append(64, run, 1, run, 0, newest);
  const start = performance.now();
  let wrong = 0;
  for (let request = 100_001; request <= 110_000; request += 1) {
    const found = ring.find(newest, request);
    if (typeof found === 'string' || found.seq !== request) wrong += 1;
  }
  t.equal(wrong, 0);
  t.equal(ring.find(newest, 100_000), 'too-old');
  // One run at a time would take 200,000 steps each: many seconds.
  t.ok(performance.now() - start < 1000);
});

t.test('run ring: restore: goes on alike; what does not fit is named', async (t) => {
  const ring = new RunRing(4);
  let newest = RUN_NONE;
  for (let run = 1; run <= 6; run += 1) newest = ring.append(64, run, 1, run, 0, newest);
  const image = ring.snapshot();
  const restored = RunRing.restore(image, 4, ring.next);
  t.equal(restored.append(64, 7, 1, 7, 0, newest), ring.append(64, 7, 1, 7, 0, newest));
  t.same(restored.snapshot().pages, (ring.release(), ring.snapshot()).pages);
  t.throws(() => RunRing.restore(image, 4, 3), { message: /holds 4 of 2/ });
  t.throws(() => RunRing.restore(image, 5, ring.next), { message: /holds 4 of/ });
  for (const previous of [6, 5]) {
    const broken = { ...image, pages: image.pages.map((page) => page.slice()) };
    (broken.pages[0] as Float64Array)[5] = previous;
    t.throws(() => RunRing.restore(broken, 4, 7), { message: /run 5 does not lead back/ });
  }
});
