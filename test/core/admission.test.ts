import t from 'tap';
import {
  Admission, QUEUED_BYTES_MAX, ROUND_BYTES_MAX, UNANSWERED_COST_MAX, type AdmittedItem,
} from '../../src/core/admission.ts';
import { Random } from '../../src/core/random.ts';
import { costOf } from '../../src/core/service-rate.ts';
import { FRAME_BODY_BYTES_MAX } from '../../src/wire/header.ts';

/** Of all chunks: nothing looks at what is in them, and to clear megabytes takes its time. */
const ZEROS = new ArrayBuffer(QUEUED_BYTES_MAX);

let numbers = 0;

function item(connection: number, kind: 'read' | 'write', bytes = 128): AdmittedItem {
  numbers += 1;
  return {
    kind,
    connection,
    session: 64,
    number: numbers,
    operations: 1,
    chunk: new Uint8Array(ZEROS, 0, bytes),
    isAlone: false,
    inDoubt: false,
  };
}

t.test(
  'admission: one connection: nothing behind a read is taken until it was executed',
  async (t) => {
    const admission = new Admission(() => 0);
    const line = [
      item(1, 'write'),
      item(1, 'read'),
      item(1, 'read'),
      item(1, 'write'),
      item(1, 'read'),
    ];
    for (const each of line) admission.admit(each);
    const first = admission.takeRound(10_000);
    t.same(first.writes, [line[0]]);
    t.same(first.reads, [line[1], line[2]]);
    t.same(admission.takeRound(10_000), { writes: [], writeBytes: 0, reads: [] });
    admission.onReadsExecuted([line[1] as AdmittedItem]);
    t.same(admission.takeRound(10_000).writes, [], 'one of the two is still open');
    admission.onReadsExecuted([line[2] as AdmittedItem]);
    const second = admission.takeRound(10_000);
    t.same([second.writes, second.reads], [[line[3]], [line[4]]]);
    t.equal(admission.isEmpty, true);
  },
);

t.test(
  'admission: random lines: each connection keeps its order, whatever is put back',
  async (t) => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = new Random(seed);
      const admission = new Admission(() => 0);
      const sent = new Map<number, AdmittedItem[]>();
      const taken = new Map<number, AdmittedItem[]>();
      const take = (items: readonly AdmittedItem[]): void => {
        for (const each of items)
          taken.set(each.connection, [...(taken.get(each.connection) ?? []), each]);
      };
      for (let step = 0; step < 300; step += 1) {
        const connection = 1 + random.int(4);
        const each = item(
          connection,
          random.chance(0.4) ? 'read' : 'write',
          64 * (1 + random.int(8)),
        );
        if (step < 200) {
          admission.admit(each);
          sent.set(connection, [...(sent.get(connection) ?? []), each]);
        }
        const { writes, reads } = admission.takeRound(1_024);
        admission.onReadsExecuted(reads);
        if (random.chance(0.3)) admission.readmit([...writes, ...reads]);
        else take([...writes, ...reads]);
      }
      for (const [connection, line] of sent) t.same(taken.get(connection), line, `seed ${seed}`);
      t.equal(admission.isEmpty, true);
      t.equal(admission.queuedBytes, 0);
    }
  },
);

t.test('admission: rounds go around the connections: none is starved by a busy one', async (t) => {
  const admission = new Admission(() => 0);
  for (let count = 0; count < 100; count += 1) admission.admit(item(1, 'write', 1_024));
  const late = item(2, 'write', 1_024);
  admission.admit(late);
  const rounds = [
    admission.takeRound(2_048),
    admission.takeRound(2_048),
    admission.takeRound(2_048),
  ];
  t.ok(
    rounds.some(({ writes }) => writes.includes(late)),
    'it is in one of the first rounds',
  );
});

t.test('admission: shares are equal, whatever the size of requests', async (t) => {
  const admission = new Admission(() => 0);
  const sizes = [64 * 1024, 64 * 1024, 128, 1_024];
  const got = sizes.map(() => 0);
  for (let round = 0; round < 2_000; round += 1) {
    sizes.forEach((bytes, connection) => {
      for (let count = 0; count < 20; count += 1) admission.admit(item(connection, 'write', bytes));
    });
    for (const { connection, chunk } of admission.takeRound(16_384).writes) {
      got[connection] = (got[connection] ?? 0) + costOf(chunk.length);
    }
    for (let connection = 0; connection < 2; connection += 1) {
      if (round % 100 === 99) admission.onGone(connection);
    }
  }
  const [least, most] = [Math.min(...got), Math.max(...got)];
  t.ok(most < 1.1 * least, got.join(' '));
});

t.test('admission: who asks for little, again and again: in one of the next rounds, whatever '
  + 'others ask for', async (t) => {
  const admission = new Admission(() => 0);
  const roundsLate = (count: number): number => {
    for (let connection = 10; connection < 74; connection += 1) {
      admission.admit(item(connection, 'write', 100_000));
    }
    const small = item(1, 'write');
    admission.admit(small);
    for (let late = 0; late < count; late += 1) {
      if (admission.takeRound(16_384).writes.includes(small)) return late;
    }
    return count;
  };
  const all = Array.from({ length: 40 }, () => roundsLate(10));
  t.ok(Math.max(...all) <= 2, all.join(' '));
});

t.test('admission: a large chunk beside many with one operation at a time: in one of the next '
  + 'rounds', async (t) => {
  for (const kind of ['write', 'read'] as const) {
    const admission = new Admission(() => 0);
    for (let connection = 10; connection < 74; connection += 1) {
      admission.admit(item(connection, kind));
    }
    const large = item(1, kind, 2 * 16_384);
    admission.admit(large);
    let late = 0;
    for (; late < 100; late += 1) {
      const { writes, reads } = admission.takeRound(16_384);
      admission.onReadsExecuted(reads);
      const taken = [...writes, ...reads];
      if (taken.includes(large)) break;
      for (const { connection } of taken) admission.admit(item(connection, kind));
    }
    t.ok(late <= 2, `${kind} after ${late} rounds`);
  }
});

t.test('admission: reports, again and again: neither they nor others wait for many of '
  + 'them', async (t) => {
  const report = (connection: number): AdmittedItem =>
    ({ ...item(connection, 'read'), isAlone: true });
  for (const kind of ['write', 'read'] as const) {
    const admission = new Admission(() => 0);
    for (let connection = 10; connection < 16; connection += 1) admission.admit(report(connection));
    const large = item(1, kind, ROUND_BYTES_MAX);
    admission.admit(large);
    let late = 0;
    for (let isTaken = false; !isTaken && late < 1_000; late += 1) {
      const { writes, reads } = admission.takeRound(ROUND_BYTES_MAX);
      isTaken = writes.includes(large) || reads.includes(large);
      admission.onReadsExecuted(reads);
      for (const { connection } of reads) admission.admit(report(connection));
    }
    t.ok(late < 100, `a large ${kind} after ${late} rounds`);
  }
  const admission = new Admission(() => 0);
  for (let connection = 10; connection < 74; connection += 1) {
    admission.admit(item(connection, 'read'));
  }
  const one = report(1);
  admission.admit(one);
  let late = 0;
  for (let isTaken = false; !isTaken && late < 1_000; late += 1) {
    const { reads } = admission.takeRound(ROUND_BYTES_MAX);
    isTaken = reads.includes(one);
    admission.onReadsExecuted(reads);
    for (const { connection } of reads) admission.admit(item(connection, 'read'));
  }
  t.ok(late < 50, `a report after ${late} rounds`);
});

t.test('admission: a round that a report ends tells nothing of the rate', async (t) => {
  const clock = { nowMs: 0 };
  const admission = new Admission(() => clock.nowMs, {
    waitMsMax: 1_000, freeCost: 0, burstCost: Infinity, bytesMax: QUEUED_BYTES_MAX,
  });
  for (; clock.nowMs < 2_000; clock.nowMs += 10) {
    for (const connection of [10, 11]) {
      admission.admit({ ...item(connection, 'read'), isAlone: true });
    }
    admission.onReadsExecuted(admission.takeRound(ROUND_BYTES_MAX).reads);
  }
  t.ok(admission.admit(item(1, 'write', ROUND_BYTES_MAX)));
});

t.test('admission: one whose reads held back what it had queued has no claim to what others got '
  + 'meanwhile', async (t) => {
  const admission = new Admission(() => 0);
  const take = (): readonly AdmittedItem[] => {
    const { writes, reads } = admission.takeRound(10_000);
    admission.onReadsExecuted(reads);
    return writes;
  };
  const ask = (one: number, other: number): void => {
    for (let count = one; count > 0; count -= 1) admission.admit(item(1, 'write', 1_000));
    for (let count = other; count > 0; count -= 1) admission.admit(item(2, 'write', 1_000));
  };
  for (let round = 0; round < 1_000; round += 1) {
    admission.admit(item(1, 'read'));
    ask(1, 10);
    take();
  }
  const got = [0, 0, 0];
  for (let round = 0; round < 20; round += 1) {
    ask(20, 20);
    for (const { connection } of take()) got[connection] = (got[connection] ?? 0) + 1;
  }
  t.ok(Math.abs((got[1] ?? 0) - (got[2] ?? 0)) < 40, got.join(' '));
});

t.test('admission: drain: all is refused, but for what is in doubt', async (t) => {
  const admission = new Admission(() => 0);
  const doubtful: AdmittedItem = { ...item(1, 'write'), inDoubt: true };
  const fresh = item(1, 'write');
  const read = item(2, 'read');
  admission.admit(fresh);
  admission.admit(read);
  admission.readmit([doubtful]);
  t.same(admission.drain(), [fresh, read]);
  t.same([admission.queued, admission.queuedBytes], [1, doubtful.chunk.length]);
  t.same(admission.takeRound(10_000).writes, [doubtful]);
});

t.test(
  'admission: the bound: busy, and nothing taken; a connection that goes gives its room back',
  async (t) => {
    const admission = new Admission(() => 0, {
      waitMsMax: 1_000, freeCost: 0, burstCost: Infinity, bytesMax: QUEUED_BYTES_MAX,
    });
    t.equal(admission.admit(item(1, 'write', QUEUED_BYTES_MAX)), true);
    t.equal(admission.admit(item(2, 'write', 64)), false);
    admission.onGone(1);
    t.equal(admission.queuedBytes, 0);
    t.equal(admission.admit(item(2, 'write', 64)), true);
  },
);

t.test('admission: a round is bounded, reads as well as writes; after a larger chunk it is '
  + 'full', async (t) => {
  for (const kind of ['write', 'read'] as const) {
    const admission = new Admission(() => 0);
    for (const bytes of [5_000, 600, 600, 600]) admission.admit(item(1, kind, bytes));
    const taken: number[] = [];
    while (!admission.isEmpty && taken.length < 4) {
      const { writes, reads } = admission.takeRound(1_200);
      admission.onReadsExecuted(reads);
      taken.push(writes.length + reads.length);
    }
    t.same(taken, [1, 2, 1], kind);
  }
});

t.test('admission: a read that is executed twice, or ends with its epoch: what is behind the next '
  + 'one still waits', async (t) => {
  const admission = new Admission(() => 0);
  const first = item(1, 'read');
  admission.admit(first);
  admission.takeRound(10_000);
  admission.onReadsExecuted([first, first]);
  const second = item(1, 'read');
  const write = item(1, 'write');
  admission.admit(second);
  admission.admit(write);
  t.same(admission.takeRound(10_000).reads, [second]);
  t.same(admission.takeRound(10_000).writes, []);
  admission.forgetOpenReads();
  t.same(admission.takeRound(10_000).writes, [write]);
});

t.test('admission: a connection that has gone: nothing of it is taken', async (t) => {
  const admission = new Admission(() => 0);
  admission.admit(item(1, 'write'));
  admission.onGone(1);
  t.same(admission.takeRound(10_000).writes, []);
  const other = item(1, 'write');
  admission.admit(other);
  t.same(admission.takeRound(10_000).writes, [other]);
});

t.test('admission: a long line: taken as a whole, in order', async (t) => {
  const admission = new Admission(() => 0);
  const line = Array.from({ length: 300 }, () => item(1, 'write'));
  for (const each of line) admission.admit(each);
  const taken: AdmittedItem[] = [];
  for (let round = 0; round < 300; round += 1) taken.push(...admission.takeRound(128).writes);
  t.same(taken, line);
});

t.test('admission: a burst that meets an idle bank, whose rate nobody knows', async (t) => {
  const admission = new Admission(() => 0);
  const bytes = 512 * 1024;
  let admitted = 0;
  while (admission.admit(item(1 + (admitted % 64), 'write', bytes))) admitted += 1;
  t.ok(admitted >= 64, `${admitted} were taken`);
  t.ok(admitted * bytes <= 48 * 1024 * 1024, `${admitted}: not for seconds`);
});

const CHUNK_BYTES = 64 * 1024;
const CHUNK_COST = costOf(CHUNK_BYTES);

/**
 * A bank that serves a chunk each 10 ms, and at most 1 s of queueing. Clients ask for more than
 * that for 3 s; what was refused meanwhile is counted.
 */
function overloaded(connections: number, freeCost = 0) {
  const clock = { nowMs: 0 };
  const admission = new Admission(() => clock.nowMs, {
    waitMsMax: 1_000, freeCost, burstCost: Infinity, bytesMax: QUEUED_BYTES_MAX,
  });
  const state = { admission, clock, refused: 0, asked: 0 };
  const ask = (): void => {
    state.asked += 1;
    const chunk = item(1 + (state.asked % connections), 'write', CHUNK_BYTES);
    if (!admission.admit(chunk)) state.refused += 1;
  };
  const pass = (ms: number, askEach: number): void => {
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs; clock.nowMs += 10) {
      for (let count = 0; count < askEach; count += 1) ask();
      admission.takeRound(CHUNK_BYTES);
    }
  };
  pass(3_000, 4);
  return { ...state, state, ask, pass };
}

t.test('admission: overload: what would wait longer than the bound is refused, and no more '
  + 'than that', async (t) => {
  const { admission, state, pass } = overloaded(1);
  t.ok(state.refused > 700, `${state.refused} of ${state.asked} were refused`);
  t.ok(Math.abs(admission.queued - 100) < 5, `${admission.queued} chunks are queued`);
  pass(50, 0);
  t.equal(admission.admit(item(1, 'write', CHUNK_BYTES)), true, 'room again');
  const refused = state.refused;
  pass(5_000, 1);
  t.equal(state.refused, refused, 'as much as is served');
});

t.test('admission: overload: who has little queued is served soon, and not refused', async (t) => {
  const { admission } = overloaded(1);
  while (admission.admit(item(1, 'write', 128)));
  const small = Array.from({ length: 64 }, (_, at) => item(100 + at, 'write', 128));
  t.ok(small.every((each) => admission.admit(each)));
  const taken = [1, 2].flatMap(() => admission.takeRound(CHUNK_BYTES).writes);
  t.ok(small.every((each) => taken.includes(each)), 'in the next rounds');
});

t.test('admission: overload: of long lines a part is refused, of short ones nothing', async (t) => {
  const { admission } = overloaded(64);
  const whole = Array.from({ length: 16 }, (_, at) => item(200, 'write', CHUNK_BYTES + at));
  const taken = whole.filter((each) => admission.admit(each)).length;
  t.ok(taken >= 1 && taken < 16, `${taken} of a new line were admitted`);
  const many = Array.from({ length: 1_000 }, (_, at) => item(300 + at, 'write', 128));
  t.ok(many.slice(0, 500).every((each) => admission.admit(each)), 'less than an equal share each');
});

t.test('admission: overload by many: the sum keeps to the bound, more or less', async (t) => {
  const { admission, state } = overloaded(64);
  t.ok(state.refused > 500);
  t.ok(admission.queued < 130, `${admission.queued} chunks are queued`);
});

t.test('admission: an outage: nobody is refused for it, and what was admitted stays', async (t) => {
  const { admission, clock, ask, state } = overloaded(1);
  const before = admission.queued;
  const refused = state.refused;
  clock.nowMs += 3_000;
  for (let count = 0; count < 50; count += 1) ask();
  t.same([admission.queued, state.refused], [before + 50, refused]);
});

t.test('admission: what may always be queued: never refused, however slow the bank', async (t) => {
  const { admission, state, pass } = overloaded(1, 50 * CHUNK_COST);
  pass(2_000, 0);
  const refused = state.refused;
  let nowMs = state.clock.nowMs;
  for (let count = 0; count < 50; count += 1) {
    t.equal(admission.admit(item(1, 'write', CHUNK_BYTES)), true);
    state.clock.nowMs = nowMs += 200;
    if (count % 10 === 9) admission.readmit(admission.takeRound(1).writes);
  }
  t.equal(state.refused, refused);
});

t.test('admission: one client alone: held back before it is refused', async (t) => {
  const clock = { nowMs: 0 };
  const admission = new Admission(() => clock.nowMs);
  // One byte a millisecond: the slowest bank there is.
  for (; clock.nowMs <= 1_000; clock.nowMs += 100) {
    admission.admit(item(1, 'write', 100));
    admission.admit(item(1, 'write', 100));
    admission.takeRound(100);
  }
  const held = costOf(FRAME_BODY_BYTES_MAX);
  const small = costOf(128);
  for (let cost = 0; cost <= UNANSWERED_COST_MAX; cost += small) {
    if (!admission.admit(item(2, 'write', 128))) t.fail(`refused with ${cost} unanswered`);
  }
  t.ok(admission.admit(item(2, 'write', FRAME_BODY_BYTES_MAX)), `and ${held} at once`);
});
