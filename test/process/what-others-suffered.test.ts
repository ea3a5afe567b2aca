/**
 * What users of other ledgers complained of, each tried on a real bank: a test for each complaint.
 * It is one bank for all of them; each opens accounts of its own, and the crash comes last.
 */
import t, { type Test } from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import {
  encodeChunk, RESULT_BYTES, type Account, type Amount, type Client, type Operation,
} from '../../src/host/client.ts';
import { decodeResults } from '../support/ledger-batches.ts';
import { pause, startBankd, TestBank, until } from '../support/bank.ts';

const YEAR_US = 365 * 24 * 3600 * 1e6;

interface Bench {
  readonly bank: TestBank;
  /** Of three connections. */
  readonly clients: readonly [Client, Client, Client];
  open(amount: Amount): Promise<number>;
  look(account: number): Promise<Account>;
}

function codeOf(outcome: Outcome): string {
  return outcome.kind === 'answered' ? outcome.result.code : outcome.kind;
}

function count(outcomes: readonly Outcome[], code: string): number {
  return outcomes.filter((outcome) => codeOf(outcome) === code).length;
}

async function openBench(t: Test): Promise<Bench> {
  const bank = await TestBank.start(t);
  const connect = (): Promise<Client> => bank.connect(30_000);
  const clients = [await connect(), await connect(), await connect()] as const;
  const open = async (amount: Amount): Promise<number> => {
    const created = await clients[0].create(amount);
    if (created.kind !== 'answered') throw new Error(created.detail);
    return created.result.account;
  };
  const look = async (account: number): Promise<Account> =>
    await clients[0].account(account) as Account;
  return { bank, clients, open, look };
}

const COMPLAINTS: Readonly<Record<string, (t: Test, bench: Bench) => Promise<void>>> = {
  'holds were not counted in the available balance': async (t, { clients, open, look }) => {
    const [client] = clients;
    const [from, to] = [await open('100'), await open('0')];
    await client.hold(from, to, '70', { id: 'counted' });
    t.match(await look(from), { balance: '100.00', held: '70.00', available: '30.00' });
    const poor = await Promise.all([
      client.withdraw(from, '30.01'), client.transfer(from, to, '30.01'), client.update(from, '69'),
      client.hold(from, to, '30.01'),
    ]);
    t.equal(count(poor, 'insufficientFunds'), poor.length);
    t.match(await client.group([
      { kind: 'deposit', account: from, amount: 1 },
      { kind: 'withdraw', account: from, amount: 3_101, scale: 2 },
    ]), { kind: 'group-refused', result: { code: 'insufficientFunds' } });
    t.match(await client.withdraw(from, '30'), { details: { available: 0 } });
  },

  'a hold was committed twice, or after it was rejected': async (t, { clients, open, look }) => {
    const [from, to] = [await open('100'), await open('0')];
    await clients[0].hold(from, to, '40', { id: 'twice' });
    const racing = await Promise.all(clients.flatMap((client) => [
      client.capture('twice', '30'), client.capture('twice'), client.release('twice'),
    ]));
    t.equal(count(racing, 'ok'), 1);
    t.equal(count(racing, 'movementSettled'), racing.length - 1);
    await clients[0].hold(from, to, '10', { id: 'rejected' });
    t.equal(codeOf(await clients[0].release('rejected')), 'ok');
    t.equal(codeOf(await clients[1].capture('rejected')), 'movementSettled');
    t.equal((await look(from)).held, '0.00');
    await clients[0].hold(from, to, '1000', { id: 'refused' });
    t.equal(codeOf(await clients[1].capture('refused')), 'movementNotFound');
  },

  'a refund was paid twice': async (t, { clients, open, look }) => {
    const [from, to] = [await open('100'), await open('500')];
    await clients[0].transfer(from, to, '60', { id: 'paid' });
    const parts = await Promise.all(clients.flatMap((client) => [
      client.reverse('paid', '25'), client.reverse('paid', '25'),
    ]));
    t.equal(count(parts, 'ok'), 2);
    t.equal(count(parts, 'exceedsOriginal'), parts.length - 2);
    const rest = await Promise.all(clients.map((client) => client.reverse('paid')));
    t.equal(count(rest, 'ok'), 1);
    t.same([(await look(from)).balance, (await look(to)).balance], ['100.00', '500.00']);
  },

  'an expired hold still blocked the money': async (t, { clients: [client], open, look }) => {
    const [from, to] = [await open('100'), await open('0')];
    await client.hold(from, to, '100', { id: 'expiring', forMs: 1_000 });
    t.equal(codeOf(await client.withdraw(from, '1')), 'insufficientFunds');
    await until('it is over', async () => (await look(from)).available === '100.00', 5_000);
    t.equal(codeOf(await client.withdraw(from, '100')), 'ok', 'though nobody has voided it');
    t.equal(codeOf(await client.capture('expiring')), 'movementSettled');
  },

  'a key replayed another payload': async (t, { clients: [client, other], open, look }) => {
    const [account, to] = [await open('100'), await open('0')];
    const done = await client.withdraw(account, '10', { key: 'payload', reference: 'one' });
    const others = await Promise.all([
      other.withdraw(account, '11', { key: 'payload', reference: 'one' }),
      other.withdraw(account, '10', { key: 'payload', reference: 'two' }),
      other.withdraw(to, '10', { key: 'payload', reference: 'one' }),
      other.deposit(account, '10', { key: 'payload', reference: 'one' }),
      other.withdraw(account, '10', { key: 'payload', reference: 'one', ifVersion: 1 }),
    ]);
    t.equal(count(others, 'keyReused'), others.length);
    const again = await other.withdraw(account, '10.00', { key: 'payload', reference: 'one' });
    if (done.kind !== 'answered' || again.kind !== 'answered') throw new Error(again.kind);
    const { request, ...first } = done;
    t.match(again, first, 'the same gets all of the first answer');
    t.equal((await look(account)).balance, '90.00');
  },

  'a key was forgotten after minutes': async (t, { clients: [client, other], open, look }) => {
    const account = await open('0');
    const pay = (by: Client) => by.deposit(account, '5', { key: 'minutes' });
    const first = await pay(client);
    const many = Array.from({ length: 8_000 }, (_, at): Operation =>
      ({ kind: 'deposit', account, amount: 0, key: `other-${at}` }));
    await client.bulk(many);
    const again = await pay(other);
    t.equal(again.kind === 'answered' && again.seq, first.kind === 'answered' && first.seq);
    t.equal((await look(account)).balance, '5.00');
    // It is counted by keys, never by time: not even ten years make a difference.
    const ledger = new Ledger();
    const keyed: Operation = { kind: 'create', amount: 5, key: 'k' };
    const execute = (seq: number, years: number, chunk: Uint8Array) =>
      decodeResults(ledger.execute(seq as Seq, (1 + years * YEAR_US) as Timestamp, chunk).results);
    execute(1, 0, encodeChunk(0, 0, [{ kind: 'lease' }]));
    t.match(execute(2, 0, encodeChunk(64, 1, [keyed])), [{ code: 'ok' }]);
    t.match(execute(3, 10, encodeChunk(65, 1, [keyed])), [{ code: 'duplicate', account: 2 }]);
  },

  'a key came twice in one batch': async (t, { clients, open, look }) => {
    const account = await open('0');
    const keyed: Operation = { kind: 'deposit', account, amount: 5, key: 'one-batch' };
    const all = await Promise.all(clients.map((client) => client.bulk([keyed, keyed, keyed])));
    for (const outcome of all) {
      if (outcome.kind !== 'answered') throw new Error(outcome.detail);
      t.equal(outcome.results.length, 3 * RESULT_BYTES);
      const three = { code: 'ok', account, balance: 500 };
      t.match(decodeResults(outcome.results), [three, three, three]);
    }
    t.match(await look(account), { balance: '5.00', version: 2 });
  },

  'cents were lost to binary fractions': async (t, { clients, open, look }) => {
    const [one, other] = [await open('0'), await open('90071992547409.91')];
    await Promise.all(clients.flatMap((client) =>
      ['0.10', '0.20', '0.29', '1.15', '4.35'].map((cents) => client.deposit(one, cents))));
    t.equal((await look(one)).balance, '18.27');
    await clients[0].withdraw(other, '0.01');
    t.equal((await look(other)).balance, '90071992547409.90');
    t.equal(codeOf(await clients[0].deposit(other, '0.02')), 'limitExceeded');
    const dinar = await clients[0].create('0.001', { currency: 'BHD' });
    if (dinar.kind !== 'answered') throw new Error(dinar.detail);
    await clients[0].deposit(dinar.result.account, '1.999');
    t.equal((await look(dinar.result.account)).balance, '2.000');
  },

  'a new balance was not told in the answer': async (t, { clients: [client], open, look }) => {
    const [from, to] = [await open('100'), await open('20')];
    t.match(await client.deposit(from, '1'), {
      result: { balance: 10_100, detail: 2 }, details: { before: 10_000, available: 10_100 },
    });
    const paid = await client.transfer(from, to, '2');
    t.match(paid, {
      result: { balance: 9_900, toBalance: 2_200 },
      details: { before: 10_100, toBefore: 2_000, toAvailable: 2_200, toVersion: 2 },
    });
    await client.hold(from, to, '3', { id: 'told' });
    t.match(await client.capture('told'), {
      result: { balance: 9_600, toBalance: 2_500 }, details: { before: 9_900, available: 9_600 },
    });
    t.same([(await look(from)).balance, (await look(to)).balance], ['96.00', '25.00']);
  },

  'balance and holds could not be read at one moment': async (t, { clients, open, look }) => {
    const [writer, reader] = clients;
    const [from, to] = [await open('100'), await open('0')];
    let isOver = false;
    const write = async (): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const id = `moment-${turn}`;
        await writer.hold(from, to, '30', { id });
        await writer.capture(id);
        await writer.reverse(id);
      }
      isOver = true;
    };
    const seen = new Set<string>();
    const read = async (): Promise<void> => {
      while (!isOver) {
        const { balance, held, available } = await reader.account(from) as Account;
        seen.add(`${balance} ${held} ${available}`);
      }
    };
    await Promise.all([write(), read(), read()]);
    // Nothing held; held; captured: nothing that mixes two of them.
    const states = ['100.00 0.00 100.00', '100.00 30.00 70.00', '70.00 0.00 70.00'];
    t.same([...seen].filter((each) => !states.includes(each)), []);
    t.ok(seen.size > 1, `${seen.size} states were seen`);
    t.match(await look(from), { balance: '100.00', held: '0.00' });
  },

  'a limit was checked outside the order': async (t, { clients, open, look }) => {
    const account = await open('10');
    const sink = await clients[0].create('0', { ceiling: '5' });
    if (sink.kind !== 'answered') throw new Error(sink.detail);
    const to = sink.result.account;
    const turns = Array.from({ length: 20 }, (_, at) => at % 2 === 0);
    const racing = await Promise.all(clients.flatMap((client) => turns.map((isOut) =>
      (isOut ? client.withdraw(account, '1') : client.transfer(account, to, '1')))));
    t.equal(count(racing, 'ok'), 10, 'as many as there was money for');
    const [left, came] = [await look(account), await look(to)];
    t.equal(left.balance, '0.00');
    t.ok(Number(came.balance) <= 5, came.balance);
    const refused = count(racing, 'insufficientFunds') + count(racing, 'limitExceeded');
    t.equal(refused, racing.length - 10);
  },

  'record and balance were out of step after a crash': async (t, { bank, clients, open, look }) => {
    const accounts = [await open('1000'), await open('1000')] as const;
    const acknowledged = new Set<string>();
    let isOver = false;
    const work = async (client: Client, name: string): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const [from, to] = turn % 2 === 0 ? accounts : accounts.toReversed() as [number, number];
        const reference = `${name} ${turn}`;
        const outcome = await client.transfer(from, to, '0.37', { reference });
        if (codeOf(outcome) === 'ok') acknowledged.add(reference);
      }
    };
    const workers = clients.map((client, at) => work(client, `worker ${at}`));
    await pause(150);
    await bank.killAll();
    await bank.startFrontend();
    await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
    await pause(150);
    isOver = true;
    await Promise.all(workers);
    for (const account of accounts) {
      const statement = await clients[0].statement(account);
      if (statement === undefined) throw new Error('it has no statement');
      const { lines, closing } = statement;
      t.equal(closing, (await look(account)).balance, 'the record ends in the balance');
      const recorded = lines.flatMap(({ reference }) => reference ?? []);
      t.equal(new Set(recorded).size, recorded.length, 'nothing is recorded twice');
      t.same([...acknowledged].filter((each) => !recorded.includes(each)), []);
    }
    t.ok(acknowledged.size > 10, `${acknowledged.size} transfers`);
    for (const { difference } of (await clients[0].trialBalance()).currencies) {
      t.match(difference, /^0(\.0+)?$/);
    }
    await bank.stop();
    const directories = bank.ids.map((id) => bank.directoryOf(id));
    const verify = startBankd(t, ['verify', ...directories]);
    t.equal((await verify.exited).code, 0, verify.stdout);
  },
};

t.test('what others suffered', async (t) => {
  const bench = await openBench(t);
  for (const [complaint, trial] of Object.entries(COMPLAINTS)) {
    await t.test(`here it cannot be that ${complaint}`, (t) => trial(t, bench));
  }
});
