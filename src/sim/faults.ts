/** What may go wrong in a run. Each heals by itself; `heal` in `settle.ts` mends the rest. */
import type { Random } from '../core/random.ts';
import { CLIENT_FAULTS } from './client-faults.ts';
import { FRONTEND_FAULTS } from './frontend-faults.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimClient } from './sim-client.ts';
import type { SimCluster } from './sim-cluster.ts';

export interface Fault {
  readonly name: string;
  run(
    cluster: SimCluster,
    backend: SimBackend,
    random: Random,
    clients: readonly SimClient[],
  ): void;
}

function restart(cluster: SimCluster, backend: SimBackend, withinMs: number): void {
  cluster.queue.after(cluster.random.next() * withinMs, () => backend.start());
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'crash a backend',
    run: (cluster, backend) => {
      backend.crash();
      restart(cluster, backend, 300);
    },
  },
  {
    name: 'crash a backend at length',
    run: (cluster, backend) => {
      backend.crash();
      restart(cluster, backend, 2_000);
    },
  },
  {
    name: 'pause a backend',
    run: (cluster, backend, random) => {
      backend.pause();
      cluster.queue.after(random.next() * 600, () => backend.resume());
    },
  },
  {
    name: 'slow disk',
    run: (cluster, backend, random) => {
      backend.slowDiskMs = random.next() * (random.chance(0.5) ? 40 : 500);
      cluster.queue.after(random.next() * 1_000, () => (backend.slowDiskMs = 0));
    },
  },
  {
    name: 'disk full',
    run: (cluster, backend, random) => {
      backend.setFull(true);
      cluster.queue.after(random.next() * 500, () => backend.setFull(false));
    },
  },
  {
    name: 'wipe a backend',
    run: (cluster, backend) => {
      if (!cluster.mayLose(backend)) return;
      backend.wipe();
      restart(cluster, backend, 500);
    },
  },
  {
    name: 'put back an old copy of a directory',
    run: (cluster, backend, random) => {
      const floor = cluster.store.record?.commitFloor ?? 0;
      if (!cluster.mayLose(backend) || floor === 0) return;
      backend.rollBack(random.int(floor));
      restart(cluster, backend, 300);
    },
  },
  {
    name: 'damage a directory',
    run: (cluster, backend, random) => {
      if (!cluster.mayLose(backend)) return;
      if (random.chance(0.5)) return backend.meetCorruption();
      backend.crash();
      backend.disk.corrupt = true;
      restart(cluster, backend, 300);
    },
  },
  {
    name: 'flip a balance',
    run: (cluster, backend) => {
      // Two others must be there to tell; `simulate.ts` strikes no other fault until it is healed.
      const { backends, frontend } = cluster;
      const status = frontend?.paused === false ? frontend.coordinator.status() : undefined;
      const all = status?.copies === backends.length && backends.every((each) => each.isWell);
      if (all && backends.length >= 3) backend.flip();
    },
  },
  {
    name: 'crash everything, and one directory is gone',
    run: (cluster, backend, random) => {
      cluster.crashFrontend();
      for (const each of cluster.backends) each.crash();
      if (cluster.mayLose(backend)) backend.wipe();
      for (const each of cluster.backends) restart(cluster, each, each === backend ? 20 : 300);
      cluster.queue.after(random.next() * 20, () => cluster.startFrontend());
    },
  },
  {
    name: 'crash everything',
    run: (cluster, _backend, random) => {
      cluster.crashFrontend();
      for (const each of cluster.backends) {
        each.crash();
        restart(cluster, each, 500);
      }
      cluster.queue.after(random.next() * 500, () => cluster.startFrontend());
    },
  },
  {
    name: 'crash all backends',
    run: (cluster, _backend, random) => {
      for (const each of cluster.backends) {
        cluster.queue.after(random.next() * 30, () => {
          each.crash();
          restart(cluster, each, 400);
        });
      }
    },
  },
  ...NETWORK_FAULTS,
  ...FRONTEND_FAULTS,
  ...CLIENT_FAULTS,
];
