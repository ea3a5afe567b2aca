import t from 'tap';
import { BankWatch } from '../../src/bench/bank-watch.ts';
import { FakeBenchBank } from '../support/fake-bench-bank.ts';

t.test('watch: replicas at one seq with one digest are alike', async (t) => {
  const fake = new FakeBenchBank();
  t.equal((await new BankWatch(fake.connect(), '127.0.0.1').settled()).areAlike, true);
});

t.test('watch: a planted wrong digest is found, once both are at one seq', async (t) => {
  const fake = new FakeBenchBank();
  fake.digests = ['d', 'e'];
  fake.lags = [0, 1];
  const client = fake.connect();
  let polls = 0;
  const watch = new BankWatch({
    status: (options) => {
      polls += 1;
      if (polls === 3) fake.lags = [0, 0];
      return client.status(options);
    },
  }, '127.0.0.1');
  await t.rejects(watch.settled(), {
    reason: 'integrity',
    message: 'the bank is wrong: backends 1 and 2 differ at seq 0: digests d and e',
  });
});

t.test('watch: processes that are not bankd, or not here, are nobody', async (t) => {
  const fake = new FakeBenchBank();
  for (const host of ['127.0.0.1', '192.0.2.1']) {
    const watch = new BankWatch(fake.connect(), host);
    t.same(watch.members(await watch.status()), [
      { name: 'frontend', pid: undefined }, { name: 'backend 1', pid: undefined },
      { name: 'backend 2', pid: undefined },
    ]);
  }
});

t.test('watch: a frontend that is gone: Unreachable', async (t) => {
  const fake = new FakeBenchBank();
  fake.isGone = true;
  await t.rejects(new BankWatch(fake.connect(), '127.0.0.1').settled(), { name: 'Unreachable' });
});
