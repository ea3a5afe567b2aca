/**
 * One backend falls silent, or its disk hardly moves, and nobody mends it: within a bound the
 * others serve without it (replication.md, "A member fails"). Each fault of a run ends by itself,
 * so none of them tells whether a silence is ever noticed.
 */
import type { Thing } from '../core/client-queue.ts';
import type { Random } from '../core/random.ts';
import type { BankClient } from './bank-client.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';

const LOOK_MS = 20;
const WITHIN_MS = 1_500;
/** It outlasts the bound. */
const SILENT_MS = 2_500;

const SILENCES: Readonly<Record<string, (backend: SimBackend) => void>> = {
  'is paused': (backend) => backend.pause(),
  'syncs slowly': ({ diskFaults }) => (diskFaults.slowMs = SILENT_MS),
  'is not heard': ({ pipe }) => pipe?.stall(0, SILENT_MS),
  'neither hears nor is heard': ({ pipe }) => {
    pipe?.stall(0, SILENT_MS);
    pipe?.stall(1, SILENT_MS);
  },
};

/** All are in sync, and every client is served; what is not well without one of the backends. */
export async function outlive(
  cluster: SimCluster, clients: readonly BankClient[], random: Random,
): Promise<string[]> {
  const { queue, invariants, count, minInSync } = cluster;
  if (count <= minInSync) return [];
  // Whoever is still with one that was overtaken would wait for a backend that has left it.
  cluster.endIdleFrontends();
  const backend = random.pick(cluster.backends);
  const what = random.pick(Object.keys(SILENCES));
  cluster.note(`backend ${backend.id} ${what}`);
  SILENCES[what]?.(backend);
  const first = random.pick<Thing>(['request', 'query']);
  for (const client of clients) client.askAgain(first);
  for (const endMs = queue.nowMs + WITHIN_MS; queue.nowMs < endMs;) {
    await queue.runUntil(queue.nowMs + LOOK_MS);
    const isServed = clients.every((client) => client.isServed);
    if (isServed || invariants.found.length > 0) return [];
  }
  return clients
    .filter((client) => !client.isServed)
    .map(({ name }) => `liveness: ${name} still waits, as backend ${backend.id} ${what}`);
}
