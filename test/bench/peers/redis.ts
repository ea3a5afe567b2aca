/**
 * Redis with a primary and two replicas, each of which syncs its append-only file for every write
 * (`appendfsync always`); a write is followed by WAIT 2 in the same round trip. A replica tells its
 * offset only after it has synced what came before it (both happen at the end of one turn of its
 * event loop, in this order), so an answer means: synced three times.
 *
 * Weaker than bankd all the same: others see a write before it is synced, what WAIT gave up on may
 * have happened, and nothing takes the primary's place without losing writes.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  ACCOUNTS, BATCH_MAX, Expected, OPENING, randomAccount, randomPair, type Lane, type Peer,
  type RunningPeer, type Workload,
} from './peer.ts';
import { findProgram, freePorts } from './programs.ts';
import { respCommand, RespConnection } from './resp-connection.ts';
import { ServerProcess } from './server-process.ts';

/** Waits for both replicas, at most 30 s, after which the number of them is too small. */
const WAIT = respCommand('WAIT', 2, 30_000);

/** A checked transfer; KEYS: from, to; ARGV: amount. 1 where it was done, 0 where refused. */
const TRANSFER = `
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1])
redis.call('INCRBY', KEYS[2], ARGV[1])
return 1`;

/** Many of them, each for itself, in order; ARGV: amount, then from and to of each. */
const TRANSFERS = `
local call, amount, done = redis.call, ARGV[1], 0
local least = tonumber(amount)
for at = 2, #ARGV, 2 do
  if tonumber(call('GET', ARGV[at])) >= least then
    call('DECRBY', ARGV[at], amount)
    call('INCRBY', ARGV[at + 1], amount)
    done = done + 1
  end
end
return done`;

/** The same, but what the accounts hold is written once, after all of them. */
const TRANSFERS_NETTED = `
local call, amount, done, held, words = redis.call, tonumber(ARGV[1]), 0, {}, {}
local function balance(account)
  return held[account] or tonumber(call('GET', account))
end
for at = 2, #ARGV, 2 do
  local from, to = ARGV[at], ARGV[at + 1]
  local had = balance(from)
  if had >= amount then
    held[from] = had - amount
    held[to] = balance(to) + amount
    done = done + 1
  end
end
for account, now in pairs(held) do
  words[#words + 1] = account
  words[#words + 1] = string.format('%d', now)
  if #words == 4000 then
    call('MSET', unpack(words))
    words = {}
  end
end
if #words > 0 then call('MSET', unpack(words)) end
return done`;

/** Two batches: the client writes one while Redis does the other. */
const BULK_LANES = 2;
/** Of different contents, made before the clock starts. */
const BULK_COMMANDS = 16;

export const redis: Peer = {
  key: 'redis',
  name: 'Redis, fsync always, WAIT 2',
  setting: 'a primary and two replicas, appendfsync always on all three, WAIT 2 with each write, ' +
    'transfers by Lua scripts, reads from the primary',
  missing: () =>
    findProgram('redis-server') === undefined ? 'no redis-server: package redis-server' : undefined,
  start: startRedis,
};

async function startRedis(directory: string): Promise<RunningPeer> {
  const file = findProgram('redis-server') ?? 'redis-server';
  const ports = await freePorts(3);
  const [primary = 0] = ports;
  await using stack = new AsyncDisposableStack();
  const servers = ports.map((port, place) => {
    const home = join(directory, `server-${place}`);
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    const args = redisArguments(port, home, place === 0 ? undefined : primary);
    return stack.use(new ServerProcess({ file, args, log: join(directory, 'log') }));
  });
  let connection: RespConnection | undefined;
  await servers[0]?.ready(async () => (connection = await RespConnection.to(primary)));
  if (connection === undefined) throw new Error('ready means connected');
  const client = connection;
  stack.defer(() => client.close());
  const accounts = Array.from({ length: ACCOUNTS }, (_, account) => [account, OPENING]).flat();
  await client.ask(respCommand('MSET', ...accounts), 1);
  const [, replicas] = await client.ask(respCommand('PING') + WAIT, 2);
  if (replicas !== 2) throw new Error(`Redis has ${String(replicas)} replicas, not two`);
  const owned = stack.move();
  const expected = new Expected();
  return {
    pids: servers.map(({ pid }) => pid),
    lanes: (workload) => openLanes(workload, primary, expected),
    checkBooks: () => checkBooks(ports, expected),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function redisArguments(port: number, home: string, primary: number | undefined): string[] {
  const settings: Readonly<Record<string, string>> = {
    port: String(port), bind: '127.0.0.1', dir: home, daemonize: 'no',
    appendonly: 'yes', appendfsync: 'always',
    // No snapshots and no rewriting of the file while it is measured: both fork, and compete.
    save: '', 'auto-aof-rewrite-percentage': '0',
    // Replicas join at once; the backlog holds all that may be under way.
    'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '0', 'repl-backlog-size': '256mb',
    'repl-disable-tcp-nodelay': 'no', 'client-output-buffer-limit': 'replica 0 0 0',
    ...(primary === undefined ? {} : { replicaof: `127.0.0.1 ${primary}` }),
  };
  return Object.entries(settings).flatMap(([key, value]) => [`--${key}`, ...value.split(' ')]);
}

async function openLanes(workload: Workload, port: number, expected: Expected): Promise<Lane[]> {
  const isBulk = workload === 'w4' || workload === 'w4n';
  const count = workload === 'w1' ? 1 : isBulk ? BULK_LANES : 64;
  return Promise.all(Array.from({ length: count }, async () => {
    const connection = await RespConnection.to(port);
    const once = await operation(workload, connection, expected);
    return { once, close: async () => connection.close() };
  }));
}

async function operation(
  workload: Workload,
  connection: RespConnection,
  expected: Expected,
): Promise<() => Promise<number>> {
  switch (workload) {
    case 'w1':
    case 'w2':
      return async () => {
        await write(connection, respCommand('INCRBY', randomAccount(), 1));
        expected.paidIn(1);
        return 1;
      };
    case 'w3': {
      const script = await load(connection, TRANSFER);
      return async () => {
        await write(connection, respCommand('EVALSHA', script, 2, ...randomPair(), 1));
        return 1;
      };
    }
    case 'w4':
    case 'w4n': {
      const script = await load(connection, workload === 'w4' ? TRANSFERS : TRANSFERS_NETTED);
      const commands = Array.from({ length: BULK_COMMANDS }, () => {
        const pairs = Array.from({ length: BATCH_MAX }, randomPair).flat();
        return respCommand('EVALSHA', script, 0, 1, ...pairs);
      });
      let turn = 0;
      return async () => {
        turn = (turn + 1) % BULK_COMMANDS;
        await write(connection, commands[turn] ?? '');
        return BATCH_MAX;
      };
    }
    case 'r1':
      return async () => {
        await connection.ask(respCommand('GET', randomAccount()), 1);
        return 1;
      };
  }
}

async function load(connection: RespConnection, script: string): Promise<string> {
  const [hash] = await connection.ask(respCommand('SCRIPT', 'LOAD', script), 1);
  return String(hash);
}

async function write(connection: RespConnection, command: string): Promise<void> {
  const [, replicas] = await connection.ask(command + WAIT, 2);
  if (replicas !== 2) throw new Error(`Redis: only ${String(replicas)} replicas have the write`);
}

/** Every server's accounts add up to what was paid in. */
async function checkBooks(
  ports: readonly number[],
  expected: Expected,
): Promise<string | undefined> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, account) => account);
  for (const port of ports) {
    const connection = await RespConnection.to(port);
    const [reply] = await connection.ask(respCommand('MGET', ...accounts), 1);
    connection.close();
    const balances = Array.isArray(reply) ? reply.filter((balance) => balance !== null) : [];
    const sum = balances.reduce<number>((total, balance) => total + Number(balance), 0);
    const fault = expected.judge(`server at ${port}`, sum, balances.length);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
