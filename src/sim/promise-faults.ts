/**
 * What may go wrong at the moment of a promise: whoever has made one is streamed what it lacks, and
 * becomes a member, or is left behind by a takeover.
 */
import type { Random } from '../core/random.ts';
import type { Fault } from './faults.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';

export const PROMISE_FAULTS: readonly Fault[] = [
  {
    name: 'the disk of a backend is slow once it has promised',
    run: (cluster, backend, random) => {
      const { diskFaults } = backend;
      const slowMs = random.next() * (random.chance(0.5) ? 40 : 500);
      const forMs = 200 + random.next() * 600;
      backend.atPromise = () => {
        cluster.note(`the disk of backend ${backend.id} is slow`);
        diskFaults.slowMs = slowMs;
        cluster.queue.after(forMs, () => (diskFaults.slowMs = 0));
      };
      askForPromise(cluster, backend, random);
    },
  },
  {
    name: 'the network of a backend is slow once it has promised',
    run: (cluster, backend, random) => {
      const byMs = random.next() * (random.chance(0.5) ? 40 : 300);
      backend.atPromise = () => backend.pipe?.slow(byMs, 500);
      askForPromise(cluster, backend, random);
    },
  },
  {
    name: 'a backend that lacks the newest entries is slow once the next frontend has its promise',
    run: (cluster, backend, random) => {
      const { frontend } = cluster;
      if (frontend === undefined || frontend.coordinator.status().copies < 2) return;
      // So slow that a takeover leaves it behind with entries on their way, not so slow that it is
      // taken for dead: then it would tell its tail again in any case.
      const slowMs = 105 + random.next() * 80;
      const isDisk = random.chance(0.7);
      backend.pipe?.stall(1, 100);
      cluster.queue.after(10 + random.next() * 30, () => {
        // What it was sent it never hears.
        backend.leave('it is left', 0);
        cluster.crashFrontend();
        backend.atPromise = () => {
          if (!isDisk) return backend.pipe?.slow(slowMs, 300);
          cluster.note(`the disk of backend ${backend.id} is slow`);
          backend.diskFaults.slowMs = slowMs;
          cluster.queue.after(200, () => (backend.diskFaults.slowMs = 0));
        };
        cluster.startFrontend();
      });
    },
  },
  {
    name: 'a backend is gone soon after it has promised',
    run: (cluster, backend, random) => {
      const inMs = random.next() * (random.chance(0.5) ? 5 : 40);
      const isLeft = random.chance(0.5);
      backend.atPromise = () => cluster.queue.after(inMs, () => {
        if (isLeft) return backend.leave();
        backend.crash();
        cluster.queue.after(inMs * 5, () => backend.start());
      });
      askForPromise(cluster, backend, random);
    },
  },
  {
    name: 'whoever joins dies as the view is written that names it',
    run: (cluster, backend, random) => {
      const inMs = random.next() * 8;
      cluster.store.failViews += random.int(2);
      cluster.store.atJoin = (joiner) => cluster.queue.after(inMs, () => {
        cluster.backends[joiner - 1]?.crash();
        cluster.queue.after(inMs * 20, () => cluster.backends[joiner - 1]?.start());
      });
      askForPromise(cluster, backend, random);
    },
  },
];

/** A takeover asks all; one who comes back is asked alone. */
function askForPromise(cluster: SimCluster, backend: SimBackend, random: Random): void {
  const { frontend } = cluster;
  if (random.chance(0.5) && frontend !== undefined) {
    const left = 1 + random.int(12);
    frontend.doom = { effect: 'send', when: 'after', left, restartMs: random.next() * 30 };
  } else {
    backend.crash();
    cluster.queue.after(random.next() * 100, () => backend.start());
  }
}
