import t from 'tap';
import { ENTRY_BYTES_MAX } from '../../src/core/entry.ts';
import { guaranteedBytes } from '../../src/host/journal-reserve.ts';

const MIB = 1024 * 1024;

/** Numbers from 0 to 1, the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Places an entry as the journal does: here, or in the first spare that holds it. */
function place(rooms: number[], entry: number): boolean {
  if ((rooms[0] ?? 0) < entry) {
    const spare = rooms.findIndex((room, index) => index > 0 && room >= entry);
    if (spare < 0) return false;
    rooms[0] = rooms.splice(spare, 1)[0] ?? 0;
  }
  rooms[0] = (rooms[0] ?? 0) - entry;
  return true;
}

t.test('reserve: whatever sizes the entries have: what was guaranteed is held '
  + '(random)', async (t) => {
  const random = generator(42);
  for (let round = 0; round < 3000; round += 1) {
    const count = 1 + Math.floor(5 * random());
    const rooms = Array.from({ length: count }, () => 64 * Math.floor((random() * 8 * MIB) / 64));
    let left = guaranteedBytes(rooms);
    if (left > rooms.reduce((sum, room) => sum + room, 0)) {
      t.fail(`round ${round}: more than there is`);
    }
    const large = random() < 0.7;
    for (;;) {
      const most = Math.min(left, large ? ENTRY_BYTES_MAX : 64 * 1024);
      const entry = 64 * Math.floor((most * (large ? 0.5 + random() / 2 : random())) / 64);
      if (entry === 0) break;
      if (!place(rooms, entry)) t.fail(`round ${round}: ${entry} of ${left} in ${rooms}`);
      left -= entry;
    }
  }
});

t.test('reserve: one segment: all of it; two: all but what a largest entry may lose', async (t) => {
  t.equal(guaranteedBytes([]), 0);
  t.equal(guaranteedBytes([MIB]), MIB);
  t.equal(guaranteedBytes([MIB, 2 * MIB]), 2 * MIB);
  t.equal(guaranteedBytes([16 * MIB, 16 * MIB]), 32 * MIB - (ENTRY_BYTES_MAX - 64));
});
