/**
 * etcd with three nodes: a write is answered when two of them have synced it. Clients talk to the
 * leader, which saves the others' forwarding.
 *
 * A majority instead of all three is weaker than bankd by one copy; it has no transactions beyond
 * comparing and writing, so that a transfer takes two round trips and fails where another was
 * quicker.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EtcdClient, type KeyValue } from './etcd-client.ts';
import {
  ACCOUNTS, BATCH_MAX, Expected, OPENING, randomAccount, randomPair, type Lane, type Peer,
  type RunningPeer, type Workload,
} from './peer.ts';
import { findProgram, freePorts } from './programs.ts';
import { ServerProcess } from './server-process.ts';

const NODES = 3;
const SESSIONS = 1;
/** Pairs of accounts in a transaction, in which etcd lets no key be written twice. */
const DISJOINT_PAIRS = 2_500;

export const etcd: Peer = {
  key: 'etcd',
  name: 'etcd, 3 nodes',
  setting: 'three nodes, clients at the leader over one HTTP/2 session, snapshots and compaction ' +
    'put off, transactions of up to 20,000 operations; transfers compare the revisions of both ' +
    'accounts; a bulk batch that is not netted has no account twice, for a transaction may not ' +
    'write a key twice',
  missing: () =>
    findProgram('etcd') === undefined ? 'no etcd: package etcd-server' : undefined,
  start: startEtcd,
};

async function startEtcd(directory: string): Promise<RunningPeer> {
  const file = findProgram('etcd') ?? 'etcd';
  const ports = await freePorts(2 * NODES);
  const [clientPorts, peerPorts] = [ports.slice(0, NODES), ports.slice(NODES)];
  await using stack = new AsyncDisposableStack();
  const servers = clientPorts.map((port, place) => {
    const home = join(directory, `node-${place}`);
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { mode: 0o700 });
    const args = etcdArguments(place, home, port, peerPorts);
    return stack.use(new ServerProcess({ file, args, log: join(directory, 'log') }));
  });
  let leader = 0;
  await servers[0]?.ready(async () => (leader = await findLeader(clientPorts)));
  const client = await EtcdClient.to(leader);
  stack.defer(() => client.close());
  const accounts = Array.from({ length: ACCOUNTS }, (_, account) => String(account));
  await client.putIfUnchanged([], accounts.map((key) => [key, String(OPENING)]));
  for (const port of clientPorts) await defragment(port);
  const expected = new Expected();
  const owned = stack.move();
  return {
    pids: servers.map(({ pid }) => pid),
    lanes: (workload) => openLanes(workload, leader, expected),
    checkBooks: () => checkBooks(clientPorts, expected),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function etcdArguments(
  place: number,
  home: string,
  port: number,
  peerPorts: readonly number[],
): string[] {
  const url = (at: number | undefined): string => `http://127.0.0.1:${at}`;
  const settings: Readonly<Record<string, string>> = {
    name: `node-${place}`, 'data-dir': home,
    'listen-client-urls': url(port), 'advertise-client-urls': url(port),
    'listen-peer-urls': url(peerPorts[place]),
    'initial-advertise-peer-urls': url(peerPorts[place]),
    'initial-cluster': peerPorts.map((peer, at) => `node-${at}=${url(peer)}`).join(),
    'initial-cluster-token': `bench-${peerPorts.join('-')}`,
    // Neither a full store nor a snapshot while it is measured.
    'quota-backend-bytes': String(8 * 1024 ** 3), 'snapshot-count': '1000000',
    'max-txn-ops': '20000', 'max-request-bytes': String(32 * 1024 ** 2),
    logger: 'zap', 'log-level': 'error',
  };
  return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
}

/**
 * As the manual advises after a bulk load. It matters here: each read copies a buffer (in 3.4) that
 * is as long as the longest list of writes so far, until a defragmentation makes it short again;
 * after 10,000 accounts at once, reads cost six times as much.
 */
async function defragment(port: number): Promise<void> {
  const client = await EtcdClient.to(port);
  // At the node itself: it has applied all of the load before.
  await client.getAll();
  await client.defragment();
  client.close();
}

async function findLeader(ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const client = await EtcdClient.to(port);
    try {
      if (await client.isLeader()) return port;
    } finally {
      client.close();
    }
  }
  throw new Error('etcd has no leader');
}

async function openLanes(workload: Workload, port: number, expected: Expected): Promise<Lane[]> {
  const isAlone = workload === 'w1' || workload === 'w4' || workload === 'w4n';
  const touched = new Set<number>();
  const sessions = Array.from({ length: isAlone ? 1 : SESSIONS }, () => EtcdClient.to(port));
  const clients = await Promise.all(sessions);
  return Promise.all(Array.from({ length: isAlone ? 1 : 64 }, async (_, place) => {
    const client = clients[place % clients.length] as EtcdClient;
    return {
      once: await operation(workload, client, { expected, touched }),
      close: async () => client.close(),
    };
  }));
}

interface Shared {
  readonly expected: Expected;
  /** Accounts that were updated, all to the same balance: a Put knows nothing of what was there. */
  readonly touched: Set<number>;
}

async function operation(
  workload: Workload,
  client: EtcdClient,
  { expected, touched }: Shared,
): Promise<() => Promise<number>> {
  switch (workload) {
    case 'w1':
    case 'w2':
      return async () => {
        const account = randomAccount();
        await client.put(String(account), String(OPENING + 1));
        if (!touched.has(account)) expected.paidIn(1);
        touched.add(account);
        return 1;
      };
    case 'w3':
      return async () => {
        await transfer(client, ...randomPair());
        return 1;
      };
    case 'w4':
    case 'w4n': {
      const bulk = new BulkTransfers(client);
      await bulk.read();
      const pairs = workload === 'w4' ? disjointPairs : randomPairs;
      return () => bulk.transfer(pairs());
    }
    case 'r1':
      return async () => {
        await client.get(String(randomAccount()));
        return 1;
      };
  }
}

/** Reads what this server has, and writes where it was the newest; else once more. */
async function transfer(client: EtcdClient, from: number, to: number): Promise<void> {
  for (;;) {
    const read = await client.getSerializable([String(from), String(to)]);
    const [source, target] = read as [KeyValue, KeyValue];
    if (Number(source.value) < 1) return;
    const { hasSucceeded } = await client.putIfUnchanged(read, [
      [source.key, String(Number(source.value) - 1)],
      [target.key, String(Number(target.value) + 1)],
    ]);
    if (hasSucceeded) return;
  }
}

/** Knows all accounts as it left them, and reads them anew only where someone else has written. */
class BulkTransfers {
  readonly #client: EtcdClient;
  #known = new Map<number, KeyValue>();

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  async read(): Promise<void> {
    const all = await this.#client.getAll();
    this.#known = new Map(all.map((each) => [Number(each.key), each]));
  }

  /** Each in order, refused where the funds are short; one transaction. */
  async transfer(pairs: readonly (readonly [from: number, to: number])[]): Promise<number> {
    for (;;) {
      const changed = new Map<number, number>();
      const balance = (account: number): number =>
        changed.get(account) ?? Number(this.#known.get(account)?.value);
      for (const [from, to] of pairs) {
        const [had, other] = [balance(from), balance(to)];
        if (had < 1) continue;
        changed.set(from, had - 1);
        changed.set(to, other + 1);
      }
      const read = [...changed.keys()].map((account) => this.#known.get(account) as KeyValue);
      const writes = [...changed].map(([key, value]) => [String(key), String(value)] as const);
      const { hasSucceeded, revision } = await this.#client.putIfUnchanged(read, writes);
      if (hasSucceeded) {
        for (const [key, value] of writes)
          this.#known.set(Number(key), { key, value, modRevision: revision });
        return pairs.length;
      }
      await this.read();
    }
  }
}

function randomPairs(): [number, number][] {
  return Array.from({ length: BATCH_MAX }, randomPair);
}

/** No account twice. */
function disjointPairs(): [number, number][] {
  const used = new Set<number>();
  const unused = (): number => {
    let account = randomAccount();
    while (used.has(account)) account = randomAccount();
    used.add(account);
    return account;
  };
  return Array.from({ length: DISJOINT_PAIRS }, () => [unused(), unused()]);
}

/** Linearizably at each node, which then has applied all of it. */
async function checkBooks(
  ports: readonly number[],
  expected: Expected,
): Promise<string | undefined> {
  for (const port of ports) {
    const client = await EtcdClient.to(port);
    const all = await client.getAll();
    client.close();
    const sum = all.reduce((total, { value }) => total + Number(value), 0);
    const fault = expected.judge(`node at ${port}`, sum, all.length);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
