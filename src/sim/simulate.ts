/** One seeded run: faults for a while, then healing, then the verdict. */
import { Random } from '../core/random.ts';
import { SimClient, type Observed } from './sim-client.ts';
import { SimCluster } from './sim-cluster.ts';
import { FAULTS, type Fault } from './faults.ts';
import { contradictions } from './judgement.ts';
import { StrayErrors } from './stray-errors.ts';

export interface Verdict {
  /** The options that the seed drew. */
  readonly options: string;
  readonly faults: string[];
  readonly found: string[];
  readonly cluster: SimCluster;
  readonly answered: number;
  readonly traceHash: number;
}

export interface Watch {
  onNote?(line: string): void;
  onMessage?: SimCluster['onMessage'];
}

const START_MS = 300;
const HEAL_MS_MAX = 6_000;

/**
 * Swarm testing (Groce et al. 2012): each seed draws which faults it has, and how dense they are.
 */
export async function simulate(
  seed: number,
  faultMs = 2_000,
  watch: Watch = {},
): Promise<Verdict> {
  const random = new Random(seed);
  const count = random.pick([1, 2, 2, 3, 3, 3, 3, 3, 5]);
  const minInSync = random.chance(0.15) ? 2 : 1;
  const palette = FAULTS.filter(() => random.chance(0.4));
  const gapMs = 10 + random.int(250);
  const atWrites = random.chance(0.4) ? 0.3 : 0;
  const cluster = new SimCluster(random, {
    count,
    minInSync: Math.min(minInSync, count),
    scrubs: palette.some(({ rots }) => rots === true),
  });
  using _strays = new StrayErrors((error) => cluster.invariants.onBug('a backend', error));
  if (watch.onNote !== undefined)
    cluster.onNote = (line) => watch.onNote?.(`${at(cluster)} ${line}`);
  cluster.onMessage = watch.onMessage;
  const clients = Array.from(
    { length: 1 + random.int(3) },
    (_, id) =>
      new SimClient(cluster, id + 1, {
        window: random.pick([1, 1, 2, 5]),
        keys: random.chance(0.5),
      }),
  );
  const options =
    `${count} backends, min-in-sync ${minInSync}, ${clients.length} clients,` +
    ` faults every ${gapMs} ms${atWrites > 0 ? ' and at control writes' : ''}:` +
    ` ${palette.map(({ name }) => name).join(', ')}`;
  const faults: string[] = [];
  const strike = (fault: Fault): void => {
    if (cluster.backends.some((backend) => backend.isHit)) return;
    faults.push(`${at(cluster)} ${fault.name}`);
    cluster.note(`FAULT ${fault.name}`);
    fault.run(cluster, random.pick(cluster.backends), random, clients);
  };
  await begin(cluster, clients);
  if (cluster.frontend?.coordinator.status().copies !== count)
    faults.push('not in sync at the start');
  const act = (): void => {
    if (cluster.queue.nowMs > faultMs || palette.length === 0) return;
    strike(random.pick(palette));
    cluster.queue.after(random.next() * 2 * gapMs, act);
  };
  act();
  cluster.store.onWriting = () => {
    if (cluster.queue.nowMs > faultMs || palette.length === 0 || !random.chance(atWrites)) return;
    cluster.queue.after(random.next() * 5, () => strike(random.pick(palette)));
  };
  await cluster.queue.runUntil(faultMs);
  const found = await settle(cluster, clients);
  const history = clients.flatMap((client) => client.history);
  found.unshift(...cluster.invariants.found);
  if (found.length === 0) found.push(...judge(cluster, history));
  const answered = history.filter(({ outcome }) => outcome === 'answered').length;
  return { options, faults, found, cluster, answered, traceHash: cluster.traceHash.value };
}

function at(cluster: SimCluster): string {
  return cluster.queue.nowMs.toFixed(1);
}

async function begin(cluster: SimCluster, clients: readonly SimClient[]): Promise<void> {
  cluster.startFrontend();
  for (const backend of cluster.backends) backend.start();
  for (const client of clients) client.start();
  await cluster.queue.runUntil(START_MS);
}

/** Heals, and waits until all is well: within a bound, or that is a finding (property 7). */
async function settle(cluster: SimCluster, clients: readonly SimClient[]): Promise<string[]> {
  heal(cluster);
  const { queue } = cluster;
  const endMs = queue.nowMs + HEAL_MS_MAX;
  await queue.runUntil(queue.nowMs + 300);
  for (const client of clients) client.stopping = true;
  let trouble: string[] = [];
  while (queue.nowMs < endMs) {
    await queue.runUntil(queue.nowMs + 100);
    heal(cluster);
    if (queue.nowMs > endMs - HEAL_MS_MAX + 1_000) cluster.endIdleFrontends();
    trouble = unsettled(cluster, clients);
    if (trouble.length === 0 || cluster.invariants.found.length > 0) break;
  }
  return trouble;
}

function heal(cluster: SimCluster): void {
  cluster.store.slowMs = 0;
  cluster.store.failNext = 0;
  for (const backend of cluster.backends) {
    backend.heal();
  }
  for (const frontend of cluster.frontends) frontend.resume();
  // What an operator does where replicas differ: the one whose memory was hit comes back as empty.
  if (cluster.stops.some((stop) => stop.startsWith('diverged'))) {
    for (const backend of cluster.backends) {
      if (backend.poisonedSeq === undefined || !cluster.mayLose(backend)) continue;
      backend.wipe();
      cluster.stops = cluster.stops.filter((stop) => !stop.startsWith('diverged'));
      backend.start();
    }
  }
  cluster.startFrontend();
}

function unsettled(cluster: SimCluster, clients: readonly SimClient[]): string[] {
  if (cluster.stops.length > 0) return [`the frontend stopped: ${cluster.stops.join('; ')}`];
  const found: string[] = [];
  for (const { id, refused, journal, participant } of cluster.backends) {
    if (journal.entries.length !== participant?.tail.seq)
      found.push(`liveness: backend ${id} has something in its hands still`);
    if (journal.isRotten) found.push(`liveness: nobody met the damage of backend ${id}`);
    if (refused !== '') found.push(`backend ${id} was refused: ${refused}`);
  }
  const status = cluster.frontend?.coordinator.status();
  if (status?.copies !== cluster.count) found.push(`liveness: status ${status?.status.join(',')}`);
  for (const client of clients)
    if (!client.idle) found.push(`liveness: ${client.name} still waits`);
  return found;
}

function judge(cluster: SimCluster, history: readonly Observed[]): string[] {
  const found: string[] = [];
  const journals = cluster.backends.map((backend) => backend.journal.entries);
  const [journal = []] = journals;
  for (const other of journals) {
    if (other.at(-1)?.hash !== journal.at(-1)?.hash) found.push('journals differ at the end');
  }
  for (const { seq, hash } of journal) {
    const decided = cluster.invariants.decidedAt(seq);
    if (decided !== undefined && decided !== hash) found.push(`decided ${seq} has vanished`);
  }
  if (journal.length < cluster.invariants.decidedSeq) found.push('decided entries have vanished');
  const states = cluster.backends.map(({ participant }) => participant?.ledger.stateDigest);
  if (new Set(states).size > 1) found.push('the accounts differ at the end');
  found.push(...contradictions(history, journal));
  return found;
}
