import t from 'tap';
import { namesFrom, NameTable } from '../../src/core/name-table.ts';
import { Random } from '../../src/core/random.ts';

t.test('name table: a name leads to its account, and back', async (t) => {
  const names = new NameTable();
  t.equal(names.find('alice'), undefined, 'nobody has one');
  t.equal(names.nameOf(100), undefined);
  const given = ['a', 'b', 'ab', 'x'.repeat(31), 'x'.repeat(32), '🏦'.repeat(8), 'é', '名'];
  given.forEach((name, place) => names.set(100 + 3 * place, name));
  given.forEach((name, place) => {
    t.equal(names.find(name), 100 + 3 * place, name);
    t.equal(names.nameOf(100 + 3 * place), name);
    t.equal(names.nameOf(101 + 3 * place), undefined);
  });
  t.equal(names.find('x'.repeat(30)), undefined);
  t.equal(names.wordsOf(101), undefined);
});

t.test('name table: those that begin with it: as of the strings', async (t) => {
  const names = new NameTable();
  const given = [
    'a', 'ab', 'abcdef', 'abcdefg', 'abcdeg', 'b', 'x'.repeat(32), 'é', 'éa', '名', '🏦'.repeat(8),
    '\u{10ffff}'.repeat(8),
  ];
  given.forEach((name, place) => names.set(100 + place, name));
  for (const prefix of [...given, 'abc', 'abcdefgh', 'x', '🏦', '\u{10ffff}', 'ê']) {
    const range = namesFrom(prefix);
    const within = given.filter((_, place) => names.isWithin(100 + place, range));
    t.same(within, given.filter((name) => name.startsWith(prefix)), prefix);
  }
  t.notOk(names.isWithin(99, namesFrom('a')), 'no name');
  t.notOk(names.isWithin(200, namesFrom('a')), 'no name');
});

t.test('name table: renamed: the old name leads nowhere, and is free for another', async (t) => {
  const names = new NameTable();
  names.set(100, 'alice');
  names.set(200, 'bob');
  names.set(100, 'carol');
  t.equal(names.find('alice'), undefined);
  t.equal(names.nameOf(100), 'carol');
  names.set(200, 'alice');
  t.equal(names.find('alice'), 200);
  t.equal(names.find('bob'), undefined);
  names.set(200, 'alice');
  t.equal(names.find('alice'), 200, 'the same name again');
  t.equal(names.snapshot().records, 2, 'a record stays with its account');
});

t.test('name table: the record: account, then 6 bytes to a field, the first highest', async (t) => {
  const names = new NameTable();
  names.set(107, 'abcdefg');
  const page = names.snapshot().pages[0]?.slice(0, 8);
  t.same(page, Float64Array.of(107, 0x616263646566, 0x670000000000, 0, 0, 0, 0, 0));
});

/** Names against two Maps, restored now and then; how often they differed. */
function compareWithMaps(seed: number, accounts: number, spread: number): number {
  const random = new Random(seed);
  const nameOf = new Map<number, string>();
  const holderOf = new Map<string, number>();
  let names = new NameTable();
  let wrong = 0;
  for (let change = 0; change < 4000; change += 1) {
    const account = 100 + random.int(accounts);
    const name = `n${random.int(spread)}`;
    if (names.find(name) !== holderOf.get(name)) wrong += 1;
    if (names.nameOf(account) !== nameOf.get(account)) wrong += 1;
    if (!holderOf.has(name)) {
      holderOf.delete(nameOf.get(account) ?? '');
      names.set(account, name);
      nameOf.set(account, name);
      holderOf.set(name, account);
    }
    if (!random.chance(0.005)) continue;
    const restored = NameTable.restore(names.snapshot(), accounts);
    names.release();
    names = restored;
  }
  for (const [name, account] of holderOf) if (names.find(name) !== account) wrong += 1;
  return wrong;
}

t.test('name table: random names, restored now and then: as two Maps', async (t) => {
  t.equal(compareWithMaps(1, 10, 20), 0);
  t.equal(compareWithMaps(2, 300, 400), 0);
  t.equal(compareWithMaps(3, 5000, 100_000), 0);
});

t.test('name table: 50,000 names, half of them renamed: each is found', async (t) => {
  const count = 50_000;
  const names = new NameTable();
  for (let at = 0; at < count; at += 1) names.set(100 + at, `customer ${at}`);
  for (let at = 0; at < count; at += 2) names.set(100 + at, `client ${at}`);
  const check = (table: NameTable): number => {
    let wrong = 0;
    for (let at = 0; at < count; at += 1) {
      const [name, other] = at % 2 === 0 ? ['client', 'customer'] : ['customer', 'client'];
      if (table.find(`${name} ${at}`) !== 100 + at) wrong += 1;
      if (table.find(`${other} ${at}`) !== undefined) wrong += 1;
      if (table.nameOf(100 + at) !== `${name} ${at}`) wrong += 1;
    }
    return wrong;
  };
  t.equal(check(names), 0);
  t.equal(check(NameTable.restore(names.snapshot(), count)), 0, 'restored, too');
});

t.test('name table: restore: an account that is not there, or is there twice: named', async (t) => {
  const names = new NameTable();
  names.set(100, 'a');
  names.set(102, 'b');
  const image = names.snapshot();
  t.doesNotThrow(() => NameTable.restore(image, 3));
  t.throws(() => NameTable.restore(image, 2), { message: /the name 1 is that of account 102/ });
  for (const account of [99, 100, 103, 0.5, 100.5, -1, NaN, 2 ** 40]) {
    (image.pages[0] as Float64Array)[8] = account;
    t.throws(() => NameTable.restore(image, 3), { message: /the name 1 is that of account/ });
  }
  t.throws(() => NameTable.restore(undefined, 3), { message: /no table names/ });
});
