/**
 * Two-phase commit by hand over three independent PostgreSQL servers that each hold all accounts:
 * PREPARE TRANSACTION on all three at once, and when all have prepared (and synced), COMMIT
 * PREPARED on all three. The coordinator is this process; a decision need not be kept, for what all
 * three have prepared is to be committed, and what one has not is to be rolled back.
 *
 * Weaker than bankd all the same: with one server down nothing goes on, and somebody has to settle
 * by hand what was left prepared when the coordinator died.
 */
import { join } from 'node:path';
import { AccountLocks } from './account-locks.ts';
import {
  BATCH_MAX, Expected, randomAccount, randomPair, type Lane, type Peer, type RunningPeer,
  type Workload,
} from './peer.ts';
import { judgeBooks, openBooks, PAY, READ } from './postgres-books.ts';
import { PostgresConnection } from './postgres-connection.ts';
import {
  copyCluster, createCluster, missingPostgres, startPostgres, whenReady,
} from './postgres-server.ts';
import { bulkArguments } from './postgres-standbys.ts';
import { freePorts } from './programs.ts';

const SERVERS = ['one', 'two', 'three'] as const;
const BULK_BATCHES = 16;

export const postgresTwoPhase: Peer = {
  key: 'postgres-2pc',
  name: 'PostgreSQL, 3 with 2PC by hand',
  setting: 'three independent servers, each with all accounts, PREPARE TRANSACTION and COMMIT ' +
    'PREPARED on all three at once; the coordinator locks accounts before it asks, so that no ' +
    'two transactions wait for each other on different servers; reads from the first server',
  missing: missingPostgres,
  start: startServers,
};

async function startServers(directory: string): Promise<RunningPeer> {
  const home = (name: string): string => join(directory, name);
  await createCluster(home('one'));
  for (const name of SERVERS.slice(1)) await copyCluster(home('one'), home(name));
  const ports = await freePorts(SERVERS.length);
  const log = join(directory, 'log');
  await using stack = new AsyncDisposableStack();
  const servers = SERVERS.map((name, at) =>
    stack.use(startPostgres({ directory: home(name), port: ports[at] ?? 0, log })));
  const clients = await Promise.all(servers.map((server, at) => whenReady(server, ports[at] ?? 0)));
  stack.defer(() => clients.forEach((client) => client.close()));
  await Promise.all(clients.map(openBooks));
  const owned = stack.move();
  const expected = new Expected();
  return {
    pids: servers.map(({ pid }) => pid),
    lanes: (workload) => openLanes(workload, ports, expected),
    checkBooks: async () => {
      const faults = await Promise.all(clients.map((client, at) =>
        judgeBooks(client, `the server ${SERVERS[at]}`, expected)));
      return faults.find((fault) => fault !== undefined);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openLanes(
  workload: Workload,
  ports: readonly number[],
  expected: Expected,
): Promise<Lane[]> {
  const isAlone = workload === 'w1' || workload === 'w4' || workload === 'w4n';
  const locks = new AccountLocks();
  return Promise.all(Array.from({ length: isAlone ? 1 : 64 }, async (_, place) => {
    const used = workload === 'r1' ? ports.slice(0, 1) : ports;
    const clients = await Promise.all(used.map((port) => PostgresConnection.to(port)));
    const transaction = new TwoPhaseTransaction(clients, `lane-${place}`);
    return {
      once: await operation(workload, { clients, transaction, locks, expected }),
      close: async () => clients.forEach((client) => client.close()),
    };
  }));
}

interface LaneParts {
  readonly clients: readonly PostgresConnection[];
  readonly transaction: TwoPhaseTransaction;
  readonly locks: AccountLocks;
  readonly expected: Expected;
}

async function operation(
  workload: Workload,
  { clients, transaction, locks, expected }: LaneParts,
): Promise<() => Promise<number>> {
  switch (workload) {
    case 'w1':
    case 'w2':
      await transaction.declare('pay(integer, bigint)', PAY);
      return async () => {
        const account = randomAccount();
        using _ = await locks.lock([account]);
        await transaction.run(`EXECUTE pay(${account}, 1)`);
        expected.paidIn(1);
        return 1;
      };
    case 'w3':
      await transaction.declare('move(integer, integer, bigint)', 'SELECT transfer($1, $2, $3)');
      return async () => {
        const pair = randomPair();
        using _ = await locks.lock(pair);
        await transaction.run(`EXECUTE move(${pair.join()}, 1)`);
        return 1;
      };
    case 'w4':
    case 'w4n': {
      const transfers = workload === 'w4' ? 'transfers' : 'transfers_netted';
      const batches = Array.from({ length: BULK_BATCHES }, () => {
        const [sources, targets, amount] = bulkArguments();
        return `SELECT ${transfers}('${sources}', '${targets}', ${amount})`;
      });
      let turn = 0;
      return async () => {
        turn = (turn + 1) % BULK_BATCHES;
        await transaction.run(batches[turn] ?? '');
        return BATCH_MAX;
      };
    }
    case 'r1': {
      const read = await clients[0]?.prepare('read', READ);
      return async () => {
        await read?.(randomAccount());
        return 1;
      };
    }
  }
}

/** One after the other, over a connection to each server. */
class TwoPhaseTransaction {
  readonly #clients: readonly PostgresConnection[];
  readonly #name: string;
  #count = 0;

  constructor(clients: readonly PostgresConnection[], name: string) {
    this.#clients = clients;
    this.#name = name;
  }

  /** A statement that is planned once. */
  async declare(signature: string, sql: string): Promise<void> {
    await this.#ask(`PREPARE ${signature} AS ${sql}`);
  }

  /** Two round trips to all of them at once. */
  async run(statement: string): Promise<void> {
    this.#count += 1;
    const id = `'${this.#name}-${this.#count}'`;
    const results = await this.#ask(`BEGIN; ${statement}; PREPARE TRANSACTION ${id}`);
    const shown = results.map((rows) => rows.join());
    if (shown.some((each) => each !== shown[0]))
      throw new Error(`servers that differ: ${shown.join(' | ')}`);
    await this.#ask(`COMMIT PREPARED ${id}`);
  }

  #ask(sql: string): Promise<(readonly (readonly string[])[])[]> {
    return Promise.all(this.#clients.map((client) => client.query(sql)));
  }
}
