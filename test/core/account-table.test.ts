import t from 'tap';
import { AccountDigest } from '../../src/core/account-digest.ts';
import type { AccountTerms } from '../../src/core/account.ts';
import { AccountTable } from '../../src/core/account-table.ts';
import { currencyNumber } from '../../src/core/currency.ts';
import { NameTable } from '../../src/core/name-table.ts';
import { AMOUNT_MAX } from '../../src/core/operation.ts';
import { readLink } from '../../src/core/posting-link.ts';
import { Random } from '../../src/core/random.ts';

/** The link of the first place of entry 1. */
const FIRST = 2 ** 16;
const NO_LINKS = new Float64Array();
const ORDINARY: AccountTerms = {
  currency: 0, floor: 0, ceiling: AMOUNT_MAX, isFrozen: false, isClosed: false,
};

t.test('account table: create and change: numbers, balances, versions, timestamps', async (t) => {
  const accounts = new AccountTable();
  accounts.begin({ seq: 1, timestamp: 7, links: NO_LINKS });
  t.equal(accounts.create(5000, 0), 100);
  t.equal(accounts.create(0, 0), 101);
  accounts.begin({ seq: 1, timestamp: 9, links: NO_LINKS });
  t.equal(accounts.change(100, AMOUNT_MAX), 2);
  t.equal(accounts.change(100, 3), 3);
  t.equal(accounts.balance(100), 3);
  t.equal(accounts.version(100), 3);
  t.equal(accounts.version(101), 1);
  t.same([...accounts.balances()], [
    { account: 100, balance: 3, scale: 2 },
    { account: 101, balance: 0, scale: 2 },
  ]);
  const page = accounts.snapshot()[0]?.pages[0]?.slice(0, 16);
  t.same(
    page, Float64Array.of(3, 3, 0, 0, 0, 0, FIRST, 9, 0, 1, 0, 0, 0, 0, FIRST, 7),
    'the record layout',
  );
});

t.test('account table: has: exactly the numbers given out', async (t) => {
  const accounts = new AccountTable();
  t.notOk(accounts.has(100));
  accounts.create(1, 0);
  for (const account of [99, 101, 0, -100, NaN, AMOUNT_MAX, 100 + 2 ** 32, -AMOUNT_MAX]) {
    t.notOk(accounts.has(account), `${account}`);
  }
  t.ok(accounts.has(100));
});

t.test('account table: a balance beyond its bounds: an assertion', async (t) => {
  const accounts = new AccountTable();
  accounts.create(1, 0);
  for (const balance of [-AMOUNT_MAX - 1, AMOUNT_MAX + 1, NaN]) {
    t.throws(() => accounts.change(100, balance), { name: 'AssertionFailure' });
  }
  t.equal(accounts.balance(100), 1);
});

t.test('account digest: equal states: equal, whatever the order of changes', async (t) => {
  const one = new AccountTable();
  const other = new AccountTable();
  t.equal(one.digest.text, '0000000000000000');
  for (const accounts of [one, other]) for (const balance of [5, 6, 7]) accounts.create(balance, 0);
  for (const [account, balance] of [[100, 9], [101, 8], [100, 1]] as const) {
    one.change(account, balance);
  }
  for (const [account, balance] of [[100, 4], [100, 1], [101, 8]] as const) {
    other.change(account, balance);
  }
  t.equal(one.digest.text, other.digest.text);
  t.match(one.digest.text, /^[0-9a-f]{16}$/);
  t.equal(one.digest.text, one.scan().text);
});

t.test('account digest: states that differ in number, balance or version: different', async (t) => {
  const digestOf = (
    balances: readonly number[], changes: readonly (readonly [number, number])[],
  ) => {
    const accounts = new AccountTable();
    for (const balance of balances) accounts.create(balance, 0);
    for (const [account, balance] of changes) accounts.change(account, balance);
    return accounts.digest.text;
  };
  const digests = [
    digestOf([], []),
    digestOf([0], []),
    digestOf([1], []),
    digestOf([2 ** 32], []),
    digestOf([2 ** 32 + 1], []),
    digestOf([AMOUNT_MAX], []),
    digestOf([2 ** 32 - 1], []),
    digestOf([-1], []),
    digestOf([-(2 ** 32)], []),
    digestOf([-AMOUNT_MAX], []),
    digestOf([0, 1], []),
    digestOf([1, 0], []),
    digestOf([1, 1], []),
    digestOf([1], [[100, 1]]),
    digestOf([1], [[100, 1], [100, 1]]),
    digestOf([1, 1], [[101, 1]]),
    digestOf([1, 1], [[100, 1]]),
  ];
  t.equal(new Set(digests).size, digests.length);
  const halves = digests.slice(1).flatMap((digest) => [digest.slice(0, 8), digest.slice(8)]);
  t.equal(new Set(halves).size, halves.length, 'in each of the two lanes');
});

t.test('account digest: versions beyond 32 bits: different, and replaced alike', async (t) => {
  const versions = [1, 2 ** 32, 2 ** 32 + 1, 2 ** 33 + 1, 2 ** 41 + 1];
  const digests = versions.map((version) => {
    const digest = new AccountDigest();
    digest.add(100, 5, version);
    const replaced = new AccountDigest();
    replaced.add(100, 7, version - 1);
    replaced.replace(100, 7, 5, version);
    t.equal(replaced.text, digest.text);
    return digest.text;
  });
  t.equal(new Set(digests).size, versions.length);
});

t.test('account digest: random changes: as a scan finds it', async (t) => {
  const random = new Random(3);
  const accounts = new AccountTable();
  for (let change = 0; change < 5000; change += 1) {
    const size = random.chance(0.5) ? random.int(100) : Math.floor(random.next() * AMOUNT_MAX);
    const balance = random.chance(0.3) ? -size : size;
    const account = 100 + random.int(accounts.count);
    if (accounts.count === 0 || random.chance(0.3)) accounts.create(size, 0);
    else if (random.chance(0.2)) accounts.setName(account, `n${change}`);
    else {
      accounts.setTerms(account, { ...ORDINARY, floor: -AMOUNT_MAX, isFrozen: random.chance(0.5) });
      accounts.change(account, balance);
    }
    if (change % 250 === 0) t.equal(accounts.digest.text, accounts.scan().text);
  }
  const [image, creations, namesImage] = accounts.snapshot();
  const names = NameTable.restore(namesImage, accounts.count);
  t.equal(AccountTable.restore(image, creations, names).digest.text, accounts.digest.text);
  const nameless = AccountTable.restore(image, creations, new NameTable());
  t.not(nameless.digest.text, accounts.digest.text, 'the names are part of it');
});

t.test('account table: terms: as they were set, and told in full', async (t) => {
  const accounts = new AccountTable();
  accounts.begin({ seq: 1, timestamp: 5, links: NO_LINKS });
  accounts.create(-70, 0);
  t.same(accounts.terms(100), ORDINARY);
  t.equal(accounts.plainBalance(100), -70);
  t.same(accounts.plainBalance(101), NaN, 'there is none');
  const dinar = currencyNumber('BHD') ?? 0;
  const terms = { currency: dinar, floor: -100, ceiling: 2000, isFrozen: true, isClosed: false };
  accounts.setTerms(100, terms);
  t.same(accounts.plainBalance(100), NaN);
  t.same(accounts.terms(100), terms);
  t.equal(accounts.currency(100), dinar);
  t.same(accounts.details(100), {
    account: 100, balance: -70, held: 0, version: 1, ...terms, scale: 3, createdAt: 5, changedAt: 5,
  });
  t.same([...accounts.balances()], [{ account: 100, balance: -70, scale: 3 }]);
  accounts.setTerms(100, ORDINARY);
  t.equal(accounts.plainBalance(100), -70, 'what is ordinary again');
});

t.test('account digest: any term, and the name: another', async (t) => {
  const changes: readonly Partial<AccountTerms>[] = [
    {}, { currency: 1 }, { currency: 2 }, { floor: -1 }, { floor: 1 }, { floor: -(2 ** 40) },
    { ceiling: 1 }, { ceiling: 2 ** 40 }, { isFrozen: true }, { isClosed: true },
    { isFrozen: true, isClosed: true },
  ];
  const digests = changes.flatMap((change) => [undefined, 'a', 'b', 'a'.repeat(32)].map((name) => {
    const accounts = new AccountTable();
    accounts.create(1, 0);
    accounts.setTerms(100, { ...ORDINARY, ...change });
    if (name !== undefined) accounts.setName(100, name);
    t.equal(accounts.digest.text, accounts.scan().text);
    return accounts.digest.text;
  }));
  t.equal(new Set(digests).size, digests.length);
  const halves = digests.flatMap((digest) => [digest.slice(0, 8), digest.slice(8)]);
  t.equal(new Set(halves).size, halves.length, 'in each of the two lanes');
});

t.test('account digest: terms and names taken back: as if they had never been', async (t) => {
  const accounts = new AccountTable();
  for (const balance of [1, 2]) accounts.create(balance, 0);
  const before = accounts.digest.text;
  accounts.setTerms(101, { ...ORDINARY, floor: -5, isFrozen: true });
  t.not(accounts.digest.text, before);
  accounts.setTerms(101, ORDINARY);
  t.equal(accounts.digest.text, before);
  accounts.setName(100, 'a');
  const named = accounts.digest.text;
  accounts.setName(100, 'b');
  t.not(accounts.digest.text, named);
  accounts.setName(100, 'a');
  t.equal(accounts.digest.text, named);
});

t.test('account table: restore: a record that makes no sense is named', async (t) => {
  const broken = [
    [0, -1], [0, 0.5], [0, NaN], [1, 0], [2, 3], [2, 0.5], [2, -1], [2, NaN], [2, 16 * 32_768],
    [2, 32_768], [4, 2, 32_768], [5, 0.5, 32_768],
    [3, 1], [3, -1], [2, 8 * 32_768], [3, 2, 8 * 32_768], [3, 0.5, 8 * 32_768],
  ] as const;
  for (const [field, value, terms = 0] of broken) {
    const accounts = new AccountTable();
    accounts.create(1, 0);
    accounts.create(1, 0);
    const [image, creations] = accounts.snapshot();
    const page = image?.pages[0] as Float64Array;
    page[8 + 2] = terms;
    page[8 + 5] = terms;
    page[8 + field] = value;
    t.throws(
      () => AccountTable.restore(image, creations, new NameTable()),
      { message: /account 101 makes no sense/ },
    );
  }
});

t.test('account table: postings: each leads to the one before, and a group undone to none',
  async (t) => {
    const accounts = new AccountTable();
    const links = new Float64Array(12);
    accounts.begin({ seq: 3, timestamp: 1, links });
    const first = accounts.create(1, 0);
    accounts.create(1, 2);
    accounts.post(first, 5, 4);
    accounts.change(first, 5);
    accounts.beginGroup();
    accounts.post(first, 6, 6);
    accounts.post(101, 7, 7);
    accounts.post(first, 8, 8);
    accounts.rollBackGroup();
    const link = (place: number) => 3 * 2 ** 16 + place;
    t.same([...links], [0, 0, 0, 0, link(0), 0, 0, 0, 0, 0, 0, 0]);
    t.equal(accounts.lastPosting(first), link(4));
    t.equal(accounts.lastPosting(101), link(2));
    const next = new Float64Array(4);
    accounts.begin({ seq: 2 ** 37 - 2, timestamp: 2, links: next });
    accounts.post(101, 9, 3);
    t.same([...next], [0, 0, 0, link(2)]);
    t.same(readLink(accounts.lastPosting(101)), { seq: 2 ** 37 - 2, index: 1, side: 1 });
    t.same([0, 1, 0.5, NaN, -(2 ** 20), 2 ** 53].map(readLink), Array(6).fill(undefined));
    t.throws(() => accounts.begin({ seq: 2 ** 37, timestamp: 2, links: next }), /exact/);

    const [image, creations] = accounts.snapshot();
    const again = AccountTable.restore(image, creations, new NameTable());
    t.equal(again.lastPosting(first), link(4));
    const short = { ...creations, records: 1 } as typeof creations;
    t.throws(() => AccountTable.restore(image, short, new NameTable()), /the creation of 1/);
  });
