/**
 * What may go wrong with a backend that alone holds entries which were never decided: the others go
 * on without it, with other entries in their place, and it must drop its own.
 */
import type { Random } from '../core/random.ts';
import type { Fault } from './faults.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';

/** Longer than a takeover waits for it. */
const GONE_MS = 200;

export const DIVERGENCE_FAULTS: readonly Fault[] = [
  {
    name: 'a backend that must drop entries hears first what is decided, and may be stopped then',
    run: (cluster, backend, random) => {
      const inMs = 30 + random.next() * 100;
      const byMs = random.next() * 300;
      const isStopped = random.chance(0.6);
      if (!isolate(cluster, backend, random, () => pause(cluster, backend, random))) return;
      backend.atPromise = () => {
        backend.pipe?.slow(byMs, 400);
        if (!isStopped) return;
        cluster.queue.after(inMs, () => backend.stop());
        cluster.queue.after(inMs + 300, () => backend.start());
      };
    },
  },
  {
    name: 'a backend loses power as it drops entries',
    run: (cluster, backend, random) => {
      if (!isolate(cluster, backend, random, () => pause(cluster, backend, random))) return;
      backend.atPromise = () => {
        backend.diskFaults.strike = {
          kind: 'sync',
          calls: 1 + random.int(6),
          when: random.chance(0.7) ? 'before' : 'after',
          run: () => losePower(cluster, backend, random, 0),
        };
      };
    },
  },
  {
    name: 'a backend loses power while it writes several entries that nobody else has',
    run: (cluster, backend, random) => {
      const isDone = isolate(cluster, backend, random, () => {
        backend.diskFaults.slowMs = 0;
        losePower(cluster, backend, random, GONE_MS);
      });
      // They come while it waits for the entry before, and are written together.
      if (isDone) backend.diskFaults.slowMs = 10 + random.next() * 30;
    },
  },
];

/**
 * For a moment it alone hears the frontend, which dies then; what becomes of itself is `end`. False
 * where there are not several copies.
 */
function isolate(
  cluster: SimCluster, backend: SimBackend, random: Random, end: () => void,
): boolean {
  if ((cluster.frontend?.coordinator.status().copies ?? 0) < 2) return false;
  const others = cluster.backends.filter((each) => each !== backend);
  for (const { pipe } of others) pipe?.stall(1, 100);
  cluster.queue.after(10 + random.next() * 30, () => {
    // What they were sent they never hear.
    for (const each of others) each.leave('it is left', 0);
    end();
    cluster.crashFrontend();
    cluster.startFrontend();
  });
  return true;
}

function pause(cluster: SimCluster, backend: SimBackend, random: Random): void {
  backend.pause();
  cluster.queue.after(GONE_MS + random.next() * 200, () => backend.resume());
}

function losePower(
  cluster: SimCluster, backend: SimBackend, random: Random, goneMs: number,
): void {
  backend.losePower(() => random.chance(0.5));
  cluster.queue.after(goneMs + random.next() * 200, () => backend.start());
}
