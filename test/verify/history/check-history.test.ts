/** Histories of a bank made by hand, for each rule one that keeps it and one that breaks it. */
import t from 'tap';
import { check, oneByOne } from './histories.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  /** Which rules are broken. */
  readonly broken?: readonly string[];
}

const FIRST = 'create 50.00 → OK 100';

const cases: readonly Case[] = [
  {
    name: 'one after another, in each form of an answer',
    text: oneByOne(
      FIRST, 'create 10 → {"account":101,"balance":"10.00","seq":2}',
      'transfer 100 101 20.00 → OK 30.00 30.00', 'deposit 100 1.5 → ["31.50"]',
      'withdraw 101 30 → 0.00', 'query 101 → {"account":101,"balance":"0.00"}',
      'update 101 7 → OK 7.00', 'withdraw 101 8 → ERR INSUFFICIENT FUNDS: account 101 has 7.00',
      'query 102 → ERR ACCT NOT FOUND: account 102 does not exist',
      'deposit 100 1 →', 'query 100 → OK 32.50'),
  },
  {
    name: 'a stale read',
    text: oneByOne(FIRST, 'withdraw 100 5 → OK 45.00', 'query 100 → OK 50.00'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'a read that is concurrent with a write sees either',
    text: `${oneByOne(FIRST)}
      1 invoke withdraw 100 5
      2 invoke query 100
      3 invoke query 100
      2 ok OK 45.00
      3 ok OK 50.00
      1 ok OK 45.00`,
  },
  {
    name: 'an unknown CREATE explains a refusal that comes before what completes first',
    text: `${oneByOne('create 90071992547409.91 → OK 100', 'create 5 → ?')}
      2 invoke transfer 101 100 0.01
      3 invoke update 100 0
      3 ok OK 0.00
      2 fail ERR LIMIT EXCEEDED: account 100 can hold at most 90071992547409.91`,
  },
  {
    name: 'an account is there before the CREATE of the one before it was asked',
    text: `${oneByOne('create 1 → OK 100')}
      2 invoke create 2
      3 invoke transfer 102 100 1
      4 invoke query 100
      4 ok OK 2.00
      1 invoke create 7
      3 ok OK 1.00 2.00
      2 ok OK 102
      1 ok OK 101`,
    broken: ['linearizability'],
  },
  {
    name: 'an account is there before it was missing',
    text: `${oneByOne('create 1 → OK 100')}
      2 invoke create 2
      3 invoke transfer 101 100 1
      4 invoke query 100
      4 ok OK 2.00
      5 invoke query 101
      3 ok OK 1.00 2.00
      2 ok OK 101
      5 fail ERR ACCT NOT FOUND: account 101 does not exist`,
    broken: ['linearizability'],
  },
  {
    name: 'of two unknown CREATEs of one amount, either may have come first',
    text: `${oneByOne('create 1 → OK 100')}
      1 invoke create 1
      2 invoke transfer 101 100 1
      3 invoke query 100
      3 ok OK 2.00
      4 invoke create 1
      4 ok OK
      2 ok OK 0.00 2.00`,
  },
  {
    name: 'unknown money from an account that nobody has seen',
    text: oneByOne(
      'create 1 → OK 100', 'create 3 → ?', 'transfer 101 100 3 → ?', 'query 100 → OK 4.00'),
  },
  {
    name: 'more money from an account that nobody has seen than any CREATE put there',
    text: oneByOne(
      'create 1 → OK 100', 'create 1 → ?', 'transfer 101 100 3 → ?', 'query 100 → OK 4.00'),
    broken: ['linearizability'],
  },
  {
    name: 'money from an account that nobody has seen, before any CREATE of it was asked',
    text: oneByOne(
      'create 1 → OK 100', 'transfer 101 100 3 → ?', 'query 100 → OK 4.00', 'create 3 → ?'),
    broken: ['linearizability'],
  },
  {
    name: 'a read after one that saw the new value sees the old',
    text: `${oneByOne(FIRST)}
      1 invoke withdraw 100 5
      2 invoke query 100
      2 ok OK 45.00
      3 invoke query 100
      3 ok OK 50.00
      1 ok OK 45.00`,
    broken: ['linearizability'],
  },
  {
    name: 'an effect twice',
    text: oneByOne(FIRST, 'deposit 100 5 → OK 60.00'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'an effect lost',
    text: oneByOne(FIRST, 'deposit 100 5 → OK 55.00', 'deposit 100 5 → OK 55.00'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'half a transfer',
    text: oneByOne(FIRST, 'create 0 → OK 101', 'transfer 100 101 5 → OK 45.00 5.00',
      'query 101 → OK 0.00', 'query 100 → OK 45.00'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'a transfer seen from two sides in contrary orders',
    text: `${oneByOne(FIRST, 'create 0 → OK 101')}
      5 invoke transfer 100 101 5
      6 invoke query 100
      6 ok OK 45.00
      6 invoke query 101
      6 ok OK 0.00
      5 ok OK 45.00 5.00`,
    broken: ['linearizability'],
  },
  {
    name: 'two writers, each of whom saw the other come first',
    text: `${oneByOne(FIRST, 'create 50 → OK 101')}
      5 invoke transfer 100 101 1
      6 invoke transfer 101 100 1
      5 ok OK 50.00 50.00
      6 ok OK 50.00 50.00`,
    broken: ['linearizability'],
  },
  {
    name: 'overdrawn',
    text: oneByOne(FIRST, 'withdraw 100 60 → OK -10.00'),
    broken: ['linearizability'],
  },
  {
    name: 'overdrawn without saying so',
    text: oneByOne(FIRST, 'withdraw 100 60 →'),
    broken: ['linearizability'],
  },
  {
    name: 'refused though there was enough',
    text: oneByOne(FIRST, 'withdraw 100 50 → ERR INSUFFICIENT FUNDS: account 100 has 50.00'),
    broken: ['linearizability'],
  },
  {
    name: 'refused for a balance that it never had',
    text: oneByOne(FIRST, 'withdraw 100 60 → ERR INSUFFICIENT FUNDS: account 100 has 40.00'),
    broken: ['linearizability'],
  },
  {
    name: 'refused while there was too little for a moment',
    text: `${oneByOne(FIRST)}
      1 invoke withdraw 100 50
      2 invoke withdraw 100 1
      3 invoke deposit 100 50
      1 ok OK 0.00
      2 fail {"code":"INSUFFICIENT_FUNDS","message":"account 100 has 0.00"}
      3 ok OK 50.00`,
  },
  {
    name: 'too large a balance is refused, to the cent',
    text: oneByOne('create 90071992547409.90 → OK 100',
      'deposit 100 0.02 → ERR LIMIT EXCEEDED: account 100 can hold at most 90071992547409.91',
      'deposit 100 0.01 → OK 90071992547409.91'),
  },
  {
    name: 'a balance too large',
    text: oneByOne('create 90071992547409.90 → OK 100', 'deposit 100 0.02 → OK 90071992547409.92'),
    broken: ['linearizability'],
  },
  {
    name: 'refused as too large though it was not',
    text: oneByOne('create 90071992547409.90 → OK 100', 'deposit 100 0.01 → ERR LIMIT EXCEEDED:'),
    broken: ['linearizability'],
  },
  {
    name: 'a cent lost in a large balance',
    text: oneByOne('create 90071992547409.90 → OK 100', 'query 100 → OK 90071992547409.91'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'an unknown outcome that happened much later, or never',
    text: `${oneByOne(FIRST)}
      1 invoke withdraw 100 5
      1 info
      2 invoke query 100
      2 ok OK 50.00
      3 invoke query 100
      3 ok OK 45.00
      4 invoke withdraw 100 7
      4 info`,
  },
  {
    name: 'an unknown outcome that happened twice',
    text: `${oneByOne(FIRST, 'withdraw 100 5 → ?', 'query 100 → OK 40.00')}`,
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'an unknown outcome that came and went',
    text: oneByOne(FIRST, 'withdraw 100 5 → ?', 'query 100 → OK 45.00', 'query 100 → OK 50.00'),
    broken: ['linearizability'],
  },
  {
    name: 'what failed has an effect',
    text: oneByOne(FIRST, 'withdraw 100 5 → ERR UNAVAILABLE: no', 'query 100 → OK 45.00'),
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'a chain of unknown outcomes',
    text: oneByOne(FIRST, 'create 0 → OK 101', 'create 0 → OK 102', 'transfer 101 102 7 → ?',
      'transfer 100 101 7 → ?', 'query 102 → OK 7.00', 'query 100 → OK 43.00'),
  },
  {
    name: 'an account that was never made',
    text: oneByOne(FIRST, 'query 101 → OK 0.00'),
    broken: ['account-numbers'],
  },
  {
    name: 'a number skipped',
    text: oneByOne(FIRST, 'create 1 → OK 102'),
    broken: ['account-numbers'],
  },
  {
    name: 'a number that an unknown CREATE may have got',
    text: oneByOne(FIRST, 'create 7 → ?', 'create 1 → OK 102', 'query 101 → OK 7.00'),
  },
  {
    name: 'a number that an unknown CREATE got, with another amount',
    text: oneByOne(FIRST, 'create 7 → ?', 'create 1 → OK 102', 'query 101 → OK 8.00'),
    broken: ['linearizability'],
  },
  {
    name: 'one of two unknown CREATEs, told apart by the balance',
    text: oneByOne('create 7 → ?', 'create 8 → ?', 'query 100 → OK 8.00'),
  },
  {
    name: 'CREATEs that tell nothing are numbered in their order',
    text: oneByOne('create 7 →', 'create 8 →', 'query 100 → OK 7.00', 'query 101 → OK 8.00'),
  },
  {
    name: 'CREATEs that tell nothing, in the wrong order',
    text: oneByOne('create 7 →', 'create 8 →', 'query 100 → OK 8.00'),
    broken: ['linearizability'],
  },
  {
    name: 'numbers against the order of time',
    text: oneByOne('create 1 → OK 101', 'create 1 → OK 100'),
    broken: ['account-numbers'],
  },
  {
    name: 'one number for two accounts',
    text: oneByOne(FIRST, 'create 1 → OK 100'),
    broken: ['account-numbers', 'linearizability', 'conservation'],
  },
  {
    name: 'an account found before one with a lower number was missing',
    text: `1 invoke create 1
      2 invoke create 2
      3 invoke query 101
      3 ok OK 2.00
      3 invoke query 100
      3 fail ERR ACCT NOT FOUND: account 100 does not exist
      1 ok OK 100
      2 ok OK 101`,
    broken: ['account-numbers'],
  },
  {
    name: 'a missing account that was made long ago',
    text: oneByOne(FIRST, 'deposit 100 1 → ERR ACCT NOT FOUND: account 100 does not exist'),
    broken: ['account-numbers'],
  },
  {
    name: 'a transfer misses the one of two that is there',
    text: oneByOne(FIRST, 'transfer 100 101 1 → ERR ACCT NOT FOUND: account 100 does not exist'),
    broken: ['account-numbers'],
  },
  {
    name: 'one key, one effect, one answer on all connections',
    text: `${oneByOne(FIRST)}
      1 invoke @a deposit 100 5
      1 info
      2 invoke @a deposit 100 5.00
      2 ok OK 55.00
      3 invoke deposit 100 1
      3 ok OK 56.00
      4 invoke @a deposit 100 5
      4 ok OK 55.00
      5 invoke query 100
      5 ok OK 56.00`,
  },
  {
    name: 'one key, two effects',
    text: `${oneByOne(FIRST)}
      1 invoke @a deposit 100 5
      1 ok OK 55.00
      2 invoke @a deposit 100 5
      2 ok OK 60.00`,
    broken: ['exactly-once'],
  },
  {
    name: 'one key, two operations',
    text: `${oneByOne(FIRST)}
      1 invoke @a deposit 100 5
      1 ok OK 55.00
      2 invoke @a deposit 100 6
      2 ok OK 61.00`,
    broken: ['exactly-once'],
  },
  {
    name: 'a reused key is refused, and nothing happens',
    text: `${oneByOne(FIRST)}
      1 invoke @a deposit 100 5
      1 ok OK 55.00
      2 invoke @a deposit 100 6
      2 fail ERR KEY REUSED: it was used before
      3 invoke query 100
      3 ok OK 55.00`,
  },
  {
    name: 'one request, two answers',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 ok OK 55.00 #64-1
      2 invoke deposit 100 5
      2 ok OK 60.00 #64-1`,
    broken: ['exactly-once'],
  },
  {
    name: 'bare numbers of requests are each its own process\'s',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 ok OK 55.00 #1
      2 invoke deposit 100 5
      2 ok OK 60.00 #1`,
  },
  {
    name: 'OUTCOME tells what became of an unknown one',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 info #64-1
      2 invoke outcome 64-1
      2 ok OK 55.00
      3 invoke query 100
      3 ok OK 55.00`,
  },
  {
    name: 'OUTCOME tells of a deposit that is not there then',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 info #64-1
      2 invoke outcome 64-1
      2 ok {"first":"deposit","account":100,"balance":"55.00"}
      3 invoke query 100
      3 ok OK 50.00`,
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'what never happened happens after all',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 info #64-1
      2 invoke outcome 64-1
      2 ok OK NEVER HAPPENED
      3 invoke query 100
      3 ok OK 55.00`,
    broken: ['linearizability', 'conservation'],
  },
  {
    name: 'what never happened was acknowledged',
    text: `${oneByOne(FIRST)}
      1 invoke @k deposit 100 5
      1 ok OK 55.00
      2 invoke outcome @k
      2 ok {"happened":false}`,
    broken: ['exactly-once'],
  },
  {
    name: 'an ok after OUTCOME said never',
    text: `${oneByOne(FIRST)}
      1 invoke outcome @k
      1 ok OK NEVER HAPPENED
      2 invoke @k deposit 100 5
      2 ok OK 55.00`,
    broken: ['exactly-once'],
  },
  {
    name: 'OUTCOME and the answer differ',
    text: `${oneByOne(FIRST)}
      1 invoke deposit 100 5
      1 ok OK 55.00 #64-1
      2 invoke outcome 64-1
      2 ok OK 56.00`,
    broken: ['exactly-once'],
  },
  {
    name: 'seqs grow with real time; a read may see the state of one long answered',
    text: oneByOne('create 50.00 → {"account":100,"balance":"50.00","seq":1}',
      'deposit 100 1 → {"account":100,"balance":"51.00","seq":2}',
      'query 100 → {"account":100,"balance":"51.00","seq":2}',
      'deposit 100 1 → {"account":100,"balance":"52.00","seq":3}'),
  },
  {
    name: 'a seq that does not grow',
    text: oneByOne('create 50.00 → {"account":100,"balance":"50.00","seq":1}',
      'deposit 100 1 → {"account":100,"balance":"51.00","seq":1}'),
    broken: ['seq'],
  },
  {
    name: 'a transfer to itself',
    text: oneByOne(FIRST, 'transfer 100 100 1 → OK 50.00 50.00'),
    broken: ['answers'],
  },
  {
    name: 'nonsense that was refused',
    text: oneByOne(FIRST, 'transfer 100 100 1 → ERR BAD REQUEST: from and to are the same',
      'deposit 100 -1 → ERR BAD REQUEST: no', 'deposit 100 1.234 → ERR BAD REQUEST: no'),
  },
  {
    name: 'another account answers',
    text: oneByOne(FIRST, 'query 100 → {"account":101,"balance":"50.00"}'),
    broken: ['linearizability'],
  },
];

for (const { name, text, broken = [] } of cases) {
  t.test(`history of a bank: ${name}: ${broken.join(', ') || 'right'}`, async (t) => {
    const { verdict, findings } = check(text);
    const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
    t.same(rules, [...broken].sort(), findings.map(({ sentence }) => sentence).join('\n'));
    t.equal(verdict, broken.length === 0 ? 'linearizable' : 'violated');
  });
}

t.test('history of a bank: not empty before: what is first seen is taken for given', async (t) => {
  const text = oneByOne('create 1 → OK 117', 'query 100 → OK 5.00', 'deposit 100 1 → OK 6.00');
  t.equal(check(text, { isExisting: true }).verdict, 'linearizable');
  t.equal(check(text).verdict, 'violated');
  const wrong = oneByOne('query 100 → OK 5.00', 'deposit 100 1 → OK 7.00');
  t.equal(check(wrong, { isExisting: true }).verdict, 'violated');
});

t.test('history: a search that gives up is undecided, never a pass', async (t) => {
  const text = oneByOne(FIRST, 'deposit 100 1 → OK 51.00', 'query 100 → OK 51.00');
  t.equal(check(text, { effort: 1 }).verdict, 'undecided');
});

t.test('history: the smallest contradiction is told, and nothing beside it', async (t) => {
  const noise = Array.from({ length: 200 }, (_, at) => `deposit 101 1 → OK ${at + 1}.00`);
  const { witness } = check(oneByOne(FIRST, 'create 0 → OK 101', ...noise.slice(0, 100),
    'withdraw 100 5 → OK 45.00', 'query 100 → OK 50.00', ...noise.slice(100)));
  t.same(witness?.operations.map(({ kind }) => kind), ['withdraw', 'query']);
  t.same(witness?.sentences[0],
    'client 103\'s QUERY 100 → 50.00 was asked after client 102\'s WITHDRAW 100 5.00 → 45.00 ' +
    'had been answered');
});
