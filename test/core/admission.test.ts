import t from 'tap';
import { Admission, QUEUED_BYTES_MAX, type AdmittedItem } from '../../src/core/admission.ts';
import { Random } from '../../src/core/random.ts';

let numbers = 0;

function item(connection: number, kind: 'read' | 'write', bytes = 128): AdmittedItem {
  numbers += 1;
  return {
    kind,
    connection,
    session: 64,
    number: numbers,
    operations: 1,
    chunk: new Uint8Array(bytes),
    isAlone: false,
    inDoubt: false,
  };
}

t.test(
  'admission: one connection: nothing behind a read is taken until it was executed',
  async (t) => {
    const admission = new Admission();
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
      const admission = new Admission();
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
  const admission = new Admission();
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

t.test('admission: drain: all is refused, but for what is in doubt', async (t) => {
  const admission = new Admission();
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
    const admission = new Admission();
    t.equal(admission.admit(item(1, 'write', QUEUED_BYTES_MAX)), true);
    t.equal(admission.admit(item(2, 'write', 64)), false);
    admission.onGone(1);
    t.equal(admission.queuedBytes, 0);
    t.equal(admission.admit(item(2, 'write', 64)), true);
  },
);

t.test('admission: a round is bounded, reads as well as writes; a larger chunk goes '
  + 'alone', async (t) => {
  for (const kind of ['write', 'read'] as const) {
    const admission = new Admission();
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
  const admission = new Admission();
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
  const admission = new Admission();
  admission.admit(item(1, 'write'));
  admission.onGone(1);
  t.same(admission.takeRound(10_000).writes, []);
  const other = item(1, 'write');
  admission.admit(other);
  t.same(admission.takeRound(10_000).writes, [other]);
});

t.test('admission: a long line: taken as a whole, in order', async (t) => {
  const admission = new Admission();
  const line = Array.from({ length: 300 }, () => item(1, 'write'));
  for (const each of line) admission.admit(each);
  const taken: AdmittedItem[] = [];
  for (let round = 0; round < 300; round += 1) taken.push(...admission.takeRound(128).writes);
  t.same(taken, line);
});
