/** kill -9 and start again: what was acknowledged is there, once, and the survivors serve on. */
import t from 'tap';
import { TestBank, until } from '../support/bank.ts';

t.test('one backend: kill -9: the others serve on, and it returns in sync', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100', 'CREATE 0');
  await bank.killBackend(2);
  t.same(await bank.commands('TRANSFER 100 101 40'), ['OK 60.00 40.00']);
  await bank.statusIs('101');
  await bank.startBackend(2);
  await bank.statusIs('111');
  t.same(await bank.commands('QUERY 100', 'QUERY 101'), ['OK 60.00', 'OK 40.00']);
});

t.test('two backends: kill -9 while a client is connected: it sees no error', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect();
  await client.create('100.00');
  for (const id of [1, 3]) {
    await bank.killBackend(id);
    const startedMs = performance.now();
    const outcome = await client.deposit(100, '1.00');
    const tookMs = performance.now() - startedMs;
    t.match(outcome, { kind: 'answered', result: { code: 'ok' } });
    t.ok(tookMs < 250, `a pause of ${Math.round(tookMs)} ms`);
  }
  await bank.statusIs('010');
  t.same(await bank.commands('QUERY 100'), ['OK 102.00']);
});

t.test('a paused backend: the read timeout passes: the service goes on without it', async (t) => {
  const bank = await TestBank.start(t, { frontend: ['--read-timeout', '500ms'] });
  const client = await bank.connect();
  await client.create('100.00');
  bank.pauseBackend(3);
  const startedMs = performance.now();
  const outcome = await client.deposit(100, '1.00');
  const tookMs = performance.now() - startedMs;
  t.match(outcome, { kind: 'answered', result: { code: 'ok' } });
  t.ok(tookMs < 750, `a pause of ${Math.round(tookMs)} ms`);
  await bank.statusIs('110');
  bank.resumeBackend(3);
  await bank.statusIs('111');
});

t.test('all backends: kill -9: refused at once; the last one in sync brings it back', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  await bank.killBackend(1);
  await bank.statusIs('011');
  await bank.commands('DEPOSIT 100 5');
  await bank.killBackend(2);
  await bank.statusIs('001');
  t.same(await bank.commands('DEPOSIT 100 7'), ['OK 112.00'], 'on backend 3 alone');
  await bank.killBackend(3);
  await bank.statusIs('000');
  const startedMs = performance.now();
  const [refused] = await bank.commands('QUERY 100');
  t.match(refused, /^ERR UNAVAILABLE: /);
  t.ok(performance.now() - startedMs < 3_000, 'at once, the start of the client included');

  bank.launchBackend(1);
  bank.launchBackend(2);
  await until('the stale ones are connected', async () => {
    const { backends } = await bank.status();
    return backends.filter(({ pid }) => pid !== null).length === 2;
  });
  t.same((await bank.status()).waitingFor, [3]);
  const [stale] = await bank.commands('QUERY 100');
  t.match(stale, /^ERR UNAVAILABLE: /, 'the stale ones alone do not');

  await bank.startBackend(3);
  await bank.statusIs('111');
  t.same(await bank.commands('QUERY 100'), ['OK 112.00']);
});

t.test('frontend: kill -9 while a client writes: each acknowledged write is there', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(20_000);
  await client.create('0');
  const deposits = Array.from({ length: 200 }, () => client.deposit(100, '1.00'));
  await Promise.race(deposits);
  await bank.killFrontend();
  await bank.startFrontend();
  const outcomes = await Promise.all(deposits);
  t.ok(outcomes.every((outcome) => outcome.kind === 'answered' && outcome.result.code === 'ok'));
  t.same(await bank.commands('QUERY 100'), ['OK 200.00']);
});

t.test('everything: kill -9 at once: after a start all is there', async (t) => {
  const bank = await TestBank.start(t);
  const answers = await bank.commands('CREATE 1', 'CREATE 2', 'TRANSFER 101 100 1.25');
  t.same(answers, ['OK 100', 'OK 101', 'OK 0.75 2.25']);
  const { cluster, epoch } = await bank.status();
  await bank.killAll();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  await bank.statusIs('111');
  const again = await bank.commands('QUERY 100', 'QUERY 101', 'CREATE 3');
  t.same(again, ['OK 2.25', 'OK 0.75', 'OK 102']);
  const after = await bank.status();
  t.equal(after.cluster, cluster);
  t.ok(after.epoch > epoch, 'a new epoch');
});
