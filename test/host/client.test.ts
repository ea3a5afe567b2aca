import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Epoch } from '../../src/core/ids.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import type { BulkOutcome, Outcome } from '../../src/core/outcome.ts';
import { Client, Unreachable, type ClientOptions } from '../../src/host/client.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { FakeFrontend, type Script } from '../support/fake-frontend.ts';
import { CLUSTER, describeOutcome, OTHER_CLUSTER } from '../support/recorded-session.ts';

async function start(
  t: Test,
  script: Script = {},
  options: ClientOptions = {},
): Promise<{ frontend: FakeFrontend; client: Client }> {
  const frontend = await FakeFrontend.start(script);
  t.teardown(() => frontend.stop());
  const client = await Client.connect({ port: frontend.port, timeoutMs: 2000, ...options });
  t.teardown(() => client.close());
  return { frontend, client };
}

/** The balance, or what came instead of one. */
function balanceOf(outcome: Outcome): number | string {
  if (outcome.kind !== 'answered' || outcome.result.code !== 'ok') return describeOutcome(outcome);
  return outcome.result.balance;
}

function elapsed(): () => number {
  const startMs = performance.now();
  return () => performance.now() - startMs;
}

t.test('client: the operations of the bank: their results', async (t) => {
  const { client } = await start(t);
  const created = await client.create('50.00');
  t.match(created, { kind: 'answered', request: '64-1', result: { code: 'ok', account: 100 } });
  await client.create(2500);
  t.equal(balanceOf(await client.deposit(100, '10')), 6000);
  t.equal(balanceOf(await client.withdraw(100, '0.5')), 5950);
  t.match(await client.transfer(100, 101, '9.50'), { result: { balance: 5000, toBalance: 3450 } });
  t.equal(balanceOf(await client.update(101, '1.00')), 100);
  t.match(await client.query(101), { request: 'q-1', result: { balance: 100 } });
  t.match(await client.query(999), { result: { code: 'accountNotFound' } });
  t.match(await client.withdraw(101, '1.01'), { result: { code: 'insufficientFunds' } });
  t.match(await client.outcome('64-99'), { result: { code: 'neverHappened' } });
});

t.test('client: bad input: a refusal by value, and nothing is sent', async (t) => {
  const { client, frontend } = await start(t);
  const refusals = await Promise.all([
    client.create('.5'), client.create(-1), client.create(0.5), client.create('1.234'),
    client.deposit(1.5, '1'), client.query(-1),
    client.query(1, { key: 'k' }), client.create('1', { key: 'two words' }),
    client.outcome('q-1'), client.outcome('nonsense'), client.outcome('@'),
  ]);
  for (const refusal of refusals) t.equal(describeOutcome(refusal), '- refused BAD_REQUEST');
  t.equal(describeOutcome(await client.bulk([])), '- refused BAD_REQUEST');
  const mixed: Operation[] = [{ kind: 'create', amount: 1 }, { kind: 'query', account: 100 }];
  t.equal(describeOutcome(await client.bulk(mixed)), '- refused BAD_REQUEST');
  t.equal(describeOutcome(await client.bulk(new Uint8Array(100))), '- refused BAD_REQUEST');
  t.same(frontend.heard, ['1: client-hello']);
});

t.test('client: pipelined: one frame a run, the order kept', async (t) => {
  const { client, frontend } = await start(t);
  const outcomes = await Promise.all([
    client.create(0), client.deposit(100, 1), client.query(100), client.deposit(100, 2),
    client.deposit(100, 3), client.query(100),
  ]);
  t.same(outcomes.map(balanceOf), [0, 1, 1, 3, 6, 6]);
  t.same(frontend.heard.slice(1), [
    '1: open-session', '1: request 64-1 create(0) details(0) deposit(1) details(0)',
    '1: query 1 query(100)', '1: request 64-5 deposit(2) details(0) deposit(3) details(0)',
    '1: query 2 query(100)',
  ]);
});

t.test('client: details: what was there before, what is available, of both', async (t) => {
  const { client, frontend } = await start(t);
  t.match(await client.create('5'), { details: { before: 0, available: 500 } });
  await client.create('1', { key: 'k' });
  t.match(await client.update(101, '2'), { details: { before: 100, available: 200 } });
  const paid = await client.transfer(100, 101, '4');
  t.match(paid, {
    result: { balance: 100, toBalance: 600, detail: 2 },
    details: { before: 500, available: 100, toBefore: 200, toAvailable: 600, toVersion: 3 },
  });
  const without: readonly Promise<Outcome>[] = [
    client.withdraw(100, '2'), client.query(100), client.deposit(100, 1, { details: false }),
    client.submit({ kind: 'deposit', account: 100, amount: 3 }),
    client.submit({ kind: 'query', account: 100 }, { details: true }),
    client.create(1, { key: 'k' }),
  ];
  for (const outcome of await Promise.all(without)) {
    t.match(outcome, { kind: 'answered' });
    t.notOk('details' in outcome, JSON.stringify(outcome));
  }
  const cent = { kind: 'deposit', account: 100, amount: 1, scale: 2 } as const;
  const asked = await client.submit(cent, { details: true });
  t.match(asked, { details: { before: 401, available: 402 } });
  t.equal(frontend.bank.accounts.get(100), 402);
  t.match(await client.group([cent, cent]), {
    details: [{ before: 402, available: 403 }, { before: 403, available: 404 }],
  });
  const plain = await client.group([cent], { details: false });
  t.equal(plain.kind, 'answered');
  t.notOk('details' in plain);
});

t.test('client: an answer lost with its connection: one effect, the first answer', async (t) => {
  let lost = 0;
  const { client, frontend } = await start(t, {
    onAnswer: (answer, { socket }) => {
      if (answer.type !== 'answered' || answer.firstRequest !== 3 || (lost += 1) > 3) return false;
      socket.destroy();
      return true;
    },
  });
  await client.create('10.00');
  const [deposit, query] = await Promise.all([client.deposit(100, '5'), client.query(100)]);
  t.match(deposit, { request: '64-3', seq: 2, timestamp: 2000, result: { balance: 1500 } });
  t.equal(balanceOf(query), 1500);
  t.equal(frontend.connections, 4);
  t.equal(frontend.bank.accounts.get(100), 1500);
});

t.test('client: the connection breaks in mid-frame, at every byte: one effect each', async (t) => {
  let cutAt = 0;
  const { client, frontend } = await start(t, {
    onAnswer: (answer, { socket }) => {
      if (answer.type !== 'answered' || cutAt === 0) return false;
      const bytes = Buffer.concat(encodeFrame(answer));
      if (cutAt >= bytes.length) return false;
      socket.end(bytes.subarray(0, cutAt));
      cutAt = 0;
      return true;
    },
  });
  await client.create(0);
  let deposits = 0;
  for (let at = 1; at < 120; at += 7) {
    cutAt = at;
    deposits += 1;
    t.equal(balanceOf(await client.deposit(100, 1)), deposits, `cut at ${at}`);
  }
  t.ok(frontend.connections > deposits / 2, 'connections did break');
});

t.test('client: garbage from the server: another connection, one effect', async (t) => {
  const garbage = [
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), Buffer.alloc(100), Buffer.from([0x42, 0x4e]),
  ];
  const { client, frontend } = await start(t, {
    onAnswer: (answer, { socket }) => {
      const bytes = answer.type === 'answered' ? garbage.pop() : undefined;
      if (bytes === undefined) return false;
      socket.write(bytes);
      if (bytes.length === 2) socket.end();
      return true;
    },
  });
  t.match(await client.create('7.00'), { result: { code: 'ok', account: 100 } });
  t.equal(frontend.connections, 4);
  t.equal(frontend.bank.accounts.size, 1);
});

t.test('client: a flipped bit in an answer: not believed', async (t) => {
  let isFlipped = false;
  const { client } = await start(t, {
    onAnswer: (answer, { socket }) => {
      if (answer.type !== 'answered' || isFlipped) return false;
      isFlipped = true;
      const bytes = Buffer.concat(encodeFrame(answer));
      bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
      socket.write(bytes);
      return true;
    },
  });
  t.equal(balanceOf(await client.create('7.00')), 700);
  t.ok(isFlipped);
});

t.test('client: the frontend is away for a while: requests wait for it', async (t) => {
  const { client, frontend } = await start(t, {}, { timeoutMs: 5000 });
  await client.create('1.00');
  await frontend.stop();
  const deposits = [client.deposit(100, '1'), client.deposit(100, '1')];
  const query = client.query(100);
  await sleep(150);
  await frontend.listen();
  t.same((await Promise.all(deposits)).map(balanceOf), [200, 300]);
  t.equal(balanceOf(await query), 300);
});

t.test('client: the session has expired: a new one, unnoticed', async (t) => {
  const { client, frontend } = await start(t);
  await client.create('1.00');
  frontend.bank.forgetSessions();
  const outcomes = await Promise.all([
    client.deposit(100, '1'), client.query(100), client.deposit(100, '1'),
  ]);
  t.same(outcomes.map(balanceOf), [200, 200, 300]);
  t.match(outcomes.map(({ request }) => request), ['65-1', /^q-/, '65-3']);
});

t.test('client: deadline: unknown where it was sent, definite where it was not', async (t) => {
  const { client, frontend } = await start(t, {
    onRequest: ({ type }) => type === 'request' || type === 'query',
  });
  const since = elapsed();
  const [write, query] = await Promise.all([
    client.create('1', { timeoutMs: 200 }), client.query(100, { timeoutMs: 200 }),
  ]);
  t.match(write, { kind: 'unknown', definite: false, request: '64-1' });
  t.match(query, { kind: 'refused', definite: true, code: 'UNAVAILABLE' });
  t.ok(since() >= 195 && since() < 1000, `${since()} ms`);
  await frontend.stop();
  await sleep(50);
  const unsent = await client.create('1', { timeoutMs: 100 });
  t.match(unsent, { kind: 'refused', definite: true, code: 'UNAVAILABLE', request: undefined });
});

t.test('client: refused by the frontend: a value, at once', async (t) => {
  const { client } = await start(t, {
    onRequest: ({ type }, connection) => {
      if (type !== 'open-session') return false;
      connection.send({
        type: 'refusal', thing: 'session', session: 0 as never, number: 0,
        code: 'UNAVAILABLE', detail: 'no backend is up',
      });
      return true;
    },
  });
  t.match(await client.create('1'), {
    kind: 'refused', code: 'UNAVAILABLE', detail: 'no backend is up', definite: true,
  });
});

t.test('client: bulk: raw results, several in flight, lists and prepared chunks', async (t) => {
  const { client, frontend } = await start(t);
  await client.create(0, { details: false });
  const deposits = Array.from({ length: 1000 }, (): Operation => {
    return { kind: 'deposit', account: 100, amount: 1, scale: 2 };
  });
  const calls: Promise<BulkOutcome>[] = [];
  for (let at = 0; at < 10; at += 1) {
    calls.push(client.bulk(at % 2 === 0 ? deposits : encodeChunk(0, 0, deposits)));
  }
  for (const [at, outcome] of (await Promise.all(calls)).entries()) {
    t.match(outcome, { kind: 'answered', request: `64-${2 + 1000 * at}` });
    t.equal(outcome.kind === 'answered' && outcome.results.byteLength, 32_000);
  }
  t.equal(frontend.bank.accounts.get(100), 10_000);
  const queried = await client.bulk([{ kind: 'query', account: 100 }]);
  t.match(queried, { kind: 'answered', request: 'q-1' });
});

t.test('client: status: the report, also over a connection that was lost', async (t) => {
  let lost = 0;
  const { client, frontend } = await start(t, {
    onAnswer: ({ type }, { socket }) => {
      if (type !== 'status-report' || (lost += 1) > 1) return false;
      socket.destroy();
      return true;
    },
  });
  t.same(await client.status(), { status: [1, 0, 1] });
  t.equal(frontend.connections, 2);
  await frontend.stop();
  await t.rejects(client.status({ timeoutMs: 100 }), Unreachable);
});

t.test('client: quit: after what was submitted, ends the session where there is one', async (t) => {
  const { client, frontend } = await start(t);
  const created = client.create('1');
  await client.quit();
  t.match(await created, { kind: 'answered' });
  t.same(frontend.heard.slice(2), [
    '1: request 64-1 create(1) details(0)', '1: request 64-3 end(0)',
  ]);
  t.match(await client.create('1'), { kind: 'refused', detail: 'the client is closed' });
  await t.rejects(client.status(), Unreachable);
  await client.quit();

  const { client: reader, frontend: other } = await start(t);
  await reader.query(100);
  await reader.quit();
  t.same(other.heard, ['1: client-hello', '1: query 1 query(100)'], 'no session, no end');
});

t.test('client: quit: ends within its time where the frontend is gone', async (t) => {
  const { client, frontend } = await start(t, {}, { timeoutMs: 200 });
  await client.create('1');
  await frontend.stop();
  const since = elapsed();
  await client.quit();
  t.ok(since() < 1500, `${since()} ms`);
});

t.test('client: close: settles what is open, leaves nothing behind', async (t) => {
  const { client } = await start(t, { onRequest: ({ type }) => type === 'request' });
  const sent = client.create('1');
  await sleep(100);
  const unsent = client.create('2');
  const report = t.rejects(client.status({ timeoutMs: 60_000 }).then(() => client.status()));
  await client.close();
  await client.close();
  t.match(await sent, { kind: 'unknown', request: '64-1' });
  t.match(await unsent, { kind: 'refused', definite: true });
  await report;
});

t.test('client: a program that quits, closes, or finds nobody, ends by itself', async (t) => {
  const frontend = await FakeFrontend.start();
  t.teardown(() => frontend.stop());
  const library = JSON.stringify(new URL('../../src/host/client.ts', import.meta.url).href);
  const begin = `import { Client } from ${library};`;
  const connected = `${begin} const client = await Client.connect({ port: ${frontend.port} });`;
  const programs = [
    `${connected} await client.create('1'); await client.quit();`,
    `${connected} client.create('1'); await client.close();`,
    `${begin} await Client.connect({ port: 1, connectTimeoutMs: 50 }).catch(() => {});`,
  ];
  await Promise.all(programs.map(async (program) => {
    const started = [process.execPath, ['--input-type=module-typescript', '-e', program]] as const;
    const child = spawn(...started, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 10_000 });
    t.same(await once(child, 'exit'), [0, null]);
  }));
});

t.test('client: connect: nobody there: Unreachable within its time', async (t) => {
  const frontend = await FakeFrontend.start();
  const { port } = frontend;
  await frontend.stop();
  const since = elapsed();
  const expected = {
    name: 'Unreachable', message: `can't connect to 127.0.0.1:${port}: connection refused`,
  };
  await t.rejects(Client.connect({ port, connectTimeoutMs: 300 }), expected);
  t.ok(since() < 1000, `${since()} ms`);
});

t.test('client: connect: started a little before the frontend: waits for it', async (t) => {
  const frontend = await FakeFrontend.start();
  await frontend.stop();
  const connecting = Client.connect({ port: frontend.port, connectTimeoutMs: 2000 });
  await sleep(100);
  await frontend.listen();
  t.teardown(() => frontend.stop());
  const client = await connecting;
  t.equal(balanceOf(await client.create('1')), 100);
  await client.quit();
});

t.test('client: connect: refused by the frontend: its sentence', async (t) => {
  const detail = 'this frontend is of another version';
  for (const retry of [false, true]) {
    const frontend = await FakeFrontend.start({
      onRequest: (_message, connection) => {
        connection.send({ type: 'refused', retry, detail });
        return true;
      },
    });
    const options = { port: frontend.port, connectTimeoutMs: 200 };
    await t.rejects(Client.connect(options), { name: 'Unreachable', message: detail });
    await frontend.stop();
  }
});

t.test('client: connect: a stranger on the port: Unreachable', async (t) => {
  const stranger = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('SSH-2.0-nobody\r\n');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stranger.close());
  const { port } = stranger.address() as AddressInfo;
  const message = /^what listens at \S+ does not answer as a frontend: .*begins like SSH/;
  const options = { port, connectTimeoutMs: 200 };
  await t.rejects(Client.connect(options), { name: 'Unreachable', message });
});

t.test('client: connect: somebody hangs up late and without a word: Unreachable', async (t) => {
  const silent = createServer((socket) => {
    socket.on('error', () => {});
    setTimeout(() => socket.destroy(), 150);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  await t.rejects(Client.connect({ port, connectTimeoutMs: 50 }), Unreachable);
});

t.test('client: another bank at the address: said, once and for all', async (t) => {
  let cluster = CLUSTER;
  const { client, frontend } = await start(t, {
    onRequest: ({ type }, connection) => {
      if (type !== 'client-hello') return false;
      connection.send({ type: 'welcome', cluster, epoch: 1 as Epoch });
      return true;
    },
  });
  await client.create('1');
  cluster = OTHER_CLUSTER;
  frontend.cut();
  await sleep(100);
  const outcome = await client.deposit(100, '1');
  t.match(outcome, { kind: 'refused', detail: 'another bank answers at this address now' });
});

t.test('client: 64 at once, one operation each at a time: all done, fast enough', async (t) => {
  const frontend = await FakeFrontend.start();
  t.teardown(() => frontend.stop());
  const clients = await Promise.all(
    Array.from({ length: 64 }, () => Client.connect({ port: frontend.port })),
  );
  await clients[0]?.create(0);
  const rounds = 50;
  await Promise.all(clients.map(async (client) => {
    for (let round = 0; round < rounds; round += 1) await client.deposit(100, 1);
  }));
  t.equal(frontend.bank.accounts.get(100), 64 * rounds);
  await Promise.all(clients.map((client) => client.quit()));
});
