/**
 * The liveness phase: the faults stop, everything is mended, and within a bound the bank is well
 * (replication.md, property 7).
 */
import type { BankClient } from './bank-client.ts';
import type { SimCluster } from './sim-cluster.ts';

const LOOK_MS = 50;
/** A frontend that was overtaken and does not know is ended by whoever started another. */
const IDLE_FRONTEND_MS = 1_000;

/** Heals, and waits until all is well; what is not well after so long. */
export async function settle(
  cluster: SimCluster, clients: readonly BankClient[], healMs: number,
): Promise<string[]> {
  const { queue } = cluster;
  const startMs = queue.nowMs;
  cluster.note('the faults are over');
  cluster.areFaultsOver = true;
  heal(cluster);
  for (const client of clients) client.hurry();
  let trouble: string[] = [];
  while (queue.nowMs < startMs + healMs) {
    await queue.runUntil(queue.nowMs + LOOK_MS);
    heal(cluster);
    if (queue.nowMs > startMs + IDLE_FRONTEND_MS) cluster.endIdleFrontends();
    trouble = unsettled(cluster, clients);
    if (trouble.length === 0 || cluster.invariants.found.length > 0) break;
  }
  return trouble;
}

function heal(cluster: SimCluster): void {
  const { store, backends } = cluster;
  cluster.putRecordBack();
  store.slowMs = 0;
  store.failNext = 0;
  store.failViews = 0;
  store.atJoin = undefined;
  store.fates = [];
  for (const backend of backends) {
    backend.heal();
  }
  for (const frontend of cluster.frontends) {
    frontend.doom = undefined;
    frontend.healPipes();
    frontend.resume();
  }
  replaceHit(cluster);
  cluster.startFrontend();
}

/** What an operator does where replicas differ: the one that was hit comes back as empty. */
function replaceHit(cluster: SimCluster): void {
  if (!cluster.stops.some((stop) => stop.startsWith('diverged'))) return;
  for (const backend of cluster.backends) {
    if (backend.poisonedSeq === undefined || !cluster.mayLose(backend)) continue;
    backend.wipe();
    cluster.stops = cluster.stops.filter((stop) => !stop.startsWith('diverged'));
    backend.start();
  }
}

function unsettled(cluster: SimCluster, clients: readonly BankClient[]): string[] {
  if (cluster.stops.length > 0) return [`the frontend stopped: ${cluster.stops.join('; ')}`];
  const found: string[] = [];
  for (const { id, refused, journal, participant } of cluster.backends) {
    if (journal.entries.length !== participant?.tail.seq) {
      found.push(`liveness: backend ${id} has something in its hands still`);
    }
    if (journal.isRotten) found.push(`liveness: nobody met the damage of backend ${id}`);
    if (refused !== '') found.push(`backend ${id} was refused: ${refused}`);
  }
  const tails = new Set(cluster.backends.map(({ journal }) => journal.entries.at(-1)?.hash));
  if (tails.size > 1) found.push('liveness: the journals do not end alike');
  const status = cluster.frontend?.coordinator.status();
  if (status?.copies !== cluster.count) found.push(`liveness: status ${status?.status.join(',')}`);
  const { record } = cluster.store;
  const { decidedSeq } = cluster.invariants;
  if (record !== undefined && record.commitFloor < decidedSeq) {
    found.push(`liveness: the commit floor stays at ${record.commitFloor}, below ${decidedSeq}`);
  }
  const owed = cluster.frontend?.owedAnswer;
  if (owed !== undefined) found.push(`liveness: the frontend does not answer ${owed}`);
  for (const client of clients) {
    if (!client.isServed) found.push(`liveness: ${client.name} still waits`);
  }
  return found;
}
