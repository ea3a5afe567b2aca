/**
 * PostgreSQL with a primary and two synchronous standbys: a commit is answered when its log is
 * synced by all three (`synchronous_commit = on`; `remote_apply`, after which standbys would read
 * their own writes, is not asked for).
 *
 * Weaker than bankd all the same: others see a commit as soon as the primary has it, a commit whose
 * client was cut off may have happened, and nothing takes the primary's place by itself. With one
 * standby down no write is answered.
 */
import { join } from 'node:path';
import {
  BATCH_MAX, Expected, randomAccount, randomPair, type Lane, type Peer, type RunningPeer,
  type Workload,
} from './peer.ts';
import { judgeBooks, openBooks, PAY, READ } from './postgres-books.ts';
import { PostgresConnection } from './postgres-connection.ts';
import {
  copyCluster, createCluster, missingPostgres, startPostgres, whenReady,
} from './postgres-server.ts';
import { freePorts } from './programs.ts';
import type { ServerProcess } from './server-process.ts';

const STANDBYS = ['second', 'third'] as const;
/** Two batches: the client writes one while the server does the other. */
const BULK_LANES = 2;
const BULK_BATCHES = 16;

export const postgresStandbys: Peer = {
  key: 'postgres',
  name: 'PostgreSQL, 2 synchronous standbys',
  setting: "a primary and two standbys, synchronous_standby_names = 'ANY 2 (second, third)', " +
    'synchronous_commit on, prepared statements, transfers by functions, reads from the primary',
  missing: missingPostgres,
  start: startStandbys,
};

async function startStandbys(directory: string): Promise<RunningPeer> {
  const home = (name: string): string => join(directory, name);
  await createCluster(home('primary'));
  for (const name of STANDBYS) await copyCluster(home('primary'), home(name));
  const [port = 0, ...standbyPorts] = await freePorts(1 + STANDBYS.length);
  const log = join(directory, 'log');
  await using stack = new AsyncDisposableStack();
  const settings = { synchronous_standby_names: "'ANY 2 (second, third)'" };
  const servers = [startPostgres({ directory: home('primary'), port, log, settings })];
  STANDBYS.forEach((name, at) => servers.push(startPostgres({
    directory: home(name), port: standbyPorts[at] ?? 0, log, standby: { of: port, name },
  })));
  // Standbys first: the primary's end would have them look for it.
  for (const server of servers) stack.use(server);
  const client = await whenReady(servers[0] as ServerProcess, port);
  stack.defer(() => client.close());
  await openBooks(client);
  const owned = stack.move();
  const expected = new Expected();
  return {
    pids: servers.map(({ pid }) => pid),
    lanes: (workload) => openLanes(workload, port, expected),
    checkBooks: () => checkBooks(client, standbyPorts, expected),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openLanes(workload: Workload, port: number, expected: Expected): Promise<Lane[]> {
  const isBulk = workload === 'w4' || workload === 'w4n';
  const count = workload === 'w1' ? 1 : isBulk ? BULK_LANES : 64;
  return Promise.all(Array.from({ length: count }, async () => {
    const client = await PostgresConnection.to(port);
    return { once: await operation(workload, client, expected), close: async () => client.close() };
  }));
}

async function operation(
  workload: Workload,
  client: PostgresConnection,
  expected: Expected,
): Promise<() => Promise<number>> {
  switch (workload) {
    case 'w1':
    case 'w2': {
      const pay = await client.prepare('pay', PAY);
      return async () => {
        await pay(randomAccount(), 1);
        expected.paidIn(1);
        return 1;
      };
    }
    case 'w3': {
      const transfer = await client.prepare('transfer', 'SELECT transfer($1, $2, $3)');
      return async () => {
        const [from, to] = randomPair();
        await transfer(from, to, 1);
        return 1;
      };
    }
    case 'w4':
    case 'w4n': {
      const transfers = workload === 'w4' ? 'transfers' : 'transfers_netted';
      const bulk = await client.prepare('bulk', `SELECT ${transfers}($1, $2, $3)`);
      const batches = Array.from({ length: BULK_BATCHES }, bulkArguments);
      let turn = 0;
      return async () => {
        turn = (turn + 1) % BULK_BATCHES;
        await bulk(...(batches[turn] ?? []));
        return BATCH_MAX;
      };
    }
    case 'r1': {
      const read = await client.prepare('read', READ);
      return async () => {
        await read(randomAccount());
        return 1;
      };
    }
  }
}

/** A batch's arrays as PostgreSQL writes them, made before the clock starts. */
export function bulkArguments(): [sources: string, targets: string, amount: number] {
  const pairs = Array.from({ length: BATCH_MAX }, randomPair);
  return [`{${pairs.map(([from]) => from).join()}}`, `{${pairs.map(([, to]) => to).join()}}`, 1];
}

/** On the standbys as soon as they have applied all of it. */
async function checkBooks(
  client: PostgresConnection,
  standbyPorts: readonly number[],
  expected: Expected,
): Promise<string | undefined> {
  const fault = await judgeBooks(client, 'the primary', expected);
  if (fault !== undefined) return fault;
  await client.query("BEGIN; SET LOCAL synchronous_commit = remote_apply; " +
    "SELECT pg_logical_emit_message(true, 'bench', 'end'); COMMIT");
  for (const port of standbyPorts) {
    const standby = await PostgresConnection.to(port);
    const found = await judgeBooks(standby, `the standby at ${port}`, expected);
    standby.close();
    if (found !== undefined) return found;
  }
  return undefined;
}
