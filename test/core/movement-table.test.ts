import t from 'tap';
import { AccountDigest } from '../../src/core/account-digest.ts';
import { hashId } from '../../src/core/movement-id.ts';
import { MOVEMENT, MovementTable, type Movement } from '../../src/core/movement-table.ts';
import { PagedTable } from '../../src/core/paged-table.ts';
import { Random } from '../../src/core/random.ts';

const OPEN: Movement = {
  from: 100, to: 101, amount: 5, reversed: 0, expiresAt: 0, state: MOVEMENT.open,
};
const POSTED: Movement = { ...OPEN, state: MOVEMENT.posted };

/** By words instead of hashes. */
class Movements {
  table: MovementTable;
  readonly digest = new AccountDigest();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.table = new MovementTable(capacity);
  }

  add(id: string, movement: Movement): boolean {
    return this.table.add(hashId(id), movement, this.digest);
  }

  find(id: string): Movement | undefined {
    const record = this.table.find(hashId(id));
    return record === undefined ? undefined : this.table.at(record);
  }

  change(id: string, movement: Movement): void {
    this.table.change(this.table.find(hashId(id)) as number, movement, this.digest);
  }

  restore(): void {
    const image = this.table.snapshot();
    const restored = MovementTable.restore(image, this.#capacity, this.table.next);
    this.table.release();
    this.table = restored;
  }

  scan(): string {
    const digest = new AccountDigest();
    this.table.countAll(digest);
    return digest.text;
  }
}

t.test('movement table: find: what was added, as it was changed', async (t) => {
  const movements = new Movements(10);
  t.ok(movements.add('a', OPEN));
  t.ok(movements.add('b', POSTED));
  t.same(movements.find('a'), OPEN);
  t.equal(movements.find('c'), undefined);
  movements.change('b', { ...POSTED, reversed: 3 });
  t.same(movements.find('b'), { ...POSTED, reversed: 3 });
  t.equal(movements.digest.text, movements.scan());
});

t.test('movement table: ids that share half of their hash are two', async (t) => {
  const { table, digest } = new Movements(10);
  const ids = [{ high: 1, low: 2 }, { high: 3, low: 2 }, { high: 1, low: 2 + 2 ** 32 }];
  for (const [place, id] of ids.entries()) {
    t.equal(table.find(id), undefined);
    table.add(id, { ...OPEN, amount: place }, digest);
  }
  for (const [place, id] of ids.entries()) t.equal(table.at(table.find(id) ?? NaN).amount, place);
});

t.test('movement table: full: the settled one there longest gives way', async (t) => {
  const movements = new Movements(3);
  movements.add('a', POSTED);
  movements.add('b', OPEN);
  movements.add('c', { ...OPEN, state: MOVEMENT.voided });
  t.equal(movements.table.next, 0);
  t.ok(movements.add('d', { ...OPEN, state: MOVEMENT.expired }));
  t.equal(movements.find('a'), undefined, 'its place was taken');
  t.ok(movements.add('e', OPEN));
  t.equal(movements.find('c'), undefined);
  t.same(movements.find('b'), OPEN);
  t.ok(movements.add('a', OPEN), 'an id that is forgotten is free');
  t.equal(movements.find('d'), undefined);
  const before = movements.scan();
  t.notOk(movements.add('f', OPEN), 'all are open');
  t.equal(movements.find('f'), undefined);
  t.equal(movements.scan(), before);
  t.equal(movements.digest.text, before);
});

t.test('movement table: at most 64 open holds are passed over', async (t) => {
  const movements = new Movements(66);
  movements.add('settled', POSTED);
  for (let hold = 1; hold <= 65; hold += 1) movements.add(`h${hold}`, OPEN);
  t.ok(movements.add('first', OPEN), 'in the place of the settled one');
  movements.change('h65', POSTED);
  t.notOk(movements.add('x', OPEN), 'its place is the 65th');
  t.ok(movements.add('x', OPEN), 'looked at next');
  t.equal(movements.find('h65'), undefined);
});

t.test('movement table: expiry: open holds that are due, each once', async (t) => {
  const movements = new Movements(2);
  t.equal(movements.table.nextExpiry, Infinity);
  movements.add('late', { ...OPEN, expiresAt: 50 });
  movements.add('soon', { ...OPEN, expiresAt: 10 });
  t.equal(movements.table.nextExpiry, 10);
  t.equal(movements.table.takeExpired(9), undefined);
  movements.change('soon', POSTED);
  t.equal(movements.table.takeExpired(10), undefined, 'it was captured');
  movements.add('never', OPEN);
  t.equal(movements.table.takeExpired(49), undefined, 'nor is what has its place due');
  t.equal(movements.table.takeExpired(50), movements.table.find(hashId('late')));
  movements.change('late', { ...OPEN, expiresAt: 50, state: MOVEMENT.expired });
  t.equal(movements.table.takeExpired(1000), undefined);
});

t.test('movement table: expiry: a place that an open hold has taken over', async (t) => {
  const movements = new Movements(1);
  movements.add('a', { ...OPEN, expiresAt: 10 });
  movements.change('a', POSTED);
  movements.add('b', { ...OPEN, expiresAt: 30 });
  t.equal(movements.table.takeExpired(20), undefined, 'the time of one is not that of the other');
  t.equal(movements.table.takeExpired(30), 0);
  movements.change('b', POSTED);
  movements.add('c', { ...OPEN, expiresAt: 35 });
  movements.change('c', POSTED);
  movements.add('d', { ...OPEN, expiresAt: 33 });
  t.equal(movements.table.takeExpired(40), 0);
  movements.change('d', POSTED);
  t.equal(movements.table.takeExpired(40), undefined);
});

t.test('movement table: expiry: settled holds are not remembered until they are due',
  async (t) => {
    const movements = new Movements(8);
    movements.add('open', { ...OPEN, expiresAt: 9000 });
    for (let hold = 0; hold < 5000; hold += 1) {
      movements.add(`h${hold}`, { ...OPEN, expiresAt: 10 + hold });
      movements.change(`h${hold}`, POSTED);
    }
    t.ok(movements.table.nextExpiry > 3000, 'the first ones are dropped');
    movements.add('last', { ...OPEN, expiresAt: 8000 });
    t.equal(movements.table.takeExpired(8000), movements.table.find(hashId('last')));
    movements.change('last', { ...OPEN, expiresAt: 8000, state: MOVEMENT.expired });
    t.equal(movements.table.takeExpired(8000), undefined);
    t.equal(movements.table.takeExpired(9000), movements.table.find(hashId('open')));
    movements.change('open', { ...OPEN, expiresAt: 9000, state: MOVEMENT.expired });
    t.equal(movements.table.takeExpired(9000), undefined);
    t.equal(movements.table.nextExpiry, Infinity);
  });

t.test('movement table: restore: what does not fit is named', async (t) => {
  const { table, digest } = new Movements(3);
  for (const id of ['a', 'b']) table.add(hashId(id), POSTED, digest);
  const image = table.snapshot();
  t.doesNotThrow(() => MovementTable.restore(image, 3, 2));
  t.throws(() => MovementTable.restore(image, 1, 0), { message: 'too many movements' });
  for (const next of [0, 1, 3]) {
    t.throws(() => MovementTable.restore(image, 3, next), { message: /next movement|too many/ });
  }
  t.throws(() => MovementTable.restore(undefined, 3, 0), { message: /no table movements/ });
  const other = new PagedTable('movements', 4).snapshot();
  t.throws(() => MovementTable.restore(other, 3, 0), { message: /4 fields/ });
});

/** Against a list in the order of the places, restored now and then. */
function compareWithList(seed: number, capacity: number): number {
  const random = new Random(seed);
  const movements = new Movements(capacity);
  const places: { id: string; movement: Movement }[] = [];
  let next = 0;
  let wrong = 0;
  const check = (isRight: boolean): void => {
    if (!isRight) wrong += 1;
  };
  for (let step = 0; step < 1500; step += 1) {
    const id = `m${random.int(3 * capacity)}`;
    const known = places.find((each) => each.id === id);
    check(JSON.stringify(movements.find(id)) === JSON.stringify(known?.movement));
    if (known !== undefined) {
      if (known.movement.state !== MOVEMENT.open) continue;
      known.movement = { ...known.movement, state: random.pick([2, 3, 4] as const) };
      movements.change(id, known.movement);
    } else {
      const movement = { ...(random.chance(0.7) ? OPEN : POSTED), expiresAt: random.int(3) * step };
      const order = Array.from({ length: 64 }, (_, tries) => (next + tries) % capacity);
      const place = order.find((each) => places[each]?.movement.state !== MOVEMENT.open);
      check(movements.add(id, movement) === (place !== undefined));
      next = ((place ?? next + 63) + 1) % capacity;
      if (place !== undefined) places[place] = { id, movement };
    }
    check(movements.table.next === next);
    if (random.chance(0.03)) movements.restore();
    if (random.chance(0.1)) check(movements.scan() === movements.digest.text);
    if (!random.chance(0.05)) continue;
    for (;;) {
      const record = movements.table.takeExpired(step);
      if (record === undefined) break;
      const one = places[record] as (typeof places)[number];
      const { state, expiresAt } = one.movement;
      check(state === MOVEMENT.open && expiresAt !== 0 && expiresAt <= step);
      one.movement = { ...one.movement, state: MOVEMENT.expired };
      movements.change(one.id, one.movement);
    }
    check(!places.some(({ movement: { state, expiresAt } }) =>
      state === MOVEMENT.open && expiresAt !== 0 && expiresAt <= step));
  }
  return wrong;
}

t.test('movement table: at random, restored now and then: as a list has them', async (t) => {
  for (const capacity of [1, 2, 3, 7, 40, 70, 300]) {
    t.equal(compareWithList(capacity, capacity), 0, `capacity ${capacity}`);
  }
});
