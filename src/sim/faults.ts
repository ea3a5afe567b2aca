/** What may go wrong in a run. Each heals by itself; `heal` in `settle.ts` mends the rest. */
import type { Random } from '../core/random.ts';
import type { BankClient } from './bank-client.ts';
import { CLIENT_FAULTS } from './client-faults.ts';
import { backupOf, hasIdentity, loseName, rot, swap, type Part } from './disk-faults.ts';
import { DIVERGENCE_FAULTS } from './divergence-faults.ts';
import { FRONTEND_FAULTS } from './frontend-faults.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { PROMISE_FAULTS } from './promise-faults.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { DiskCall } from './sim-file-system.ts';

export interface Fault {
  readonly name: string;
  /** Damages what only a scrub may meet. */
  readonly rots?: boolean;
  run(
    cluster: SimCluster,
    backend: SimBackend,
    random: Random,
    clients: readonly BankClient[],
  ): void;
}

/** Hardly another entry. */
const LITTLE_BYTES = 1_024;
const FULL_MS_MAX = 3_000;
/** No segment is so small. */
const SMALL_ROOM_BYTES = 12 * 1_024;

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
    name: 'stop a backend',
    run: (cluster, backend) => {
      backend.stop();
      restart(cluster, backend, 600);
    },
  },
  {
    name: 'crash at a disk call',
    run: (cluster, backend, random) => {
      backend.diskFaults.strike = {
        calls: 1 + random.int(random.chance(0.5) ? 8 : 60),
        when: random.chance(0.5) ? 'before' : 'after',
        run: () => {
          backend.crash();
          restart(cluster, backend, 300);
        },
      };
    },
  },
  {
    name: 'crash at a disk call of the start',
    run: (cluster, backend, random) => {
      backend.crash();
      cluster.queue.after(random.next() * 200, () => {
        if (backend.up) return;
        backend.start();
        backend.diskFaults.strike = {
          calls: 1 + random.int(40),
          when: random.chance(0.5) ? 'before' : 'after',
          run: () => {
            backend.crash();
            restart(cluster, backend, 300);
          },
        };
      });
    },
  },
  {
    name: 'killed as a file gets its name, with room for small files only',
    run: (cluster, backend, random) => {
      // Where there is room for another segment, its name makes that of the last durable, too.
      const { storage, diskFaults } = backend;
      storage.free = SMALL_ROOM_BYTES;
      cluster.queue.after(500 + random.next() * 1_000, () => (storage.free = Infinity));
      diskFaults.strike = {
        kind: 'name',
        calls: 1 + random.int(6),
        when: 'after',
        run: () => {
          backend.kill();
          restart(cluster, backend, 50);
        },
      };
    },
  },
  {
    name: 'a disk call fails',
    run: (_cluster, { diskFaults }, random) => {
      const call = random.pick<DiskCall>(['sync', 'sync', 'write', 'read', 'name']);
      diskFaults.failNext = { call, code: 'EIO' };
    },
  },
  {
    name: 'a write is cut short',
    run: (_cluster, { diskFaults }) => (diskFaults.shortNext = true),
  },
  {
    name: 'slow disk',
    run: (cluster, { diskFaults }, random) => {
      diskFaults.slowMs = random.next() * (random.chance(0.5) ? 40 : 500);
      cluster.queue.after(random.next() * 1_000, () => (diskFaults.slowMs = 0));
    },
  },
  {
    name: 'disk full',
    run: (cluster, { storage, diskFaults }, random) => {
      if (random.chance(0.3)) diskFaults.slowMs = random.next() * 40;
      storage.free = random.pick([0, 8, 64, 256]) * 1024;
      const forMs = random.next() * (random.chance(0.5) ? 500 : 1_500);
      cluster.queue.after(forMs, () => {
        storage.free = Infinity;
        diskFaults.slowMs = 0;
      });
    },
  },
  {
    name: 'disk full, until its journal has no room left',
    run: ({ queue }, { storage, journal }, random) => {
      storage.free = 0;
      const endMs = queue.nowMs + FULL_MS_MAX;
      const look = (): void => {
        if (journal.hasRoom(LITTLE_BYTES) && queue.nowMs < endMs) queue.after(20, look);
        else queue.after(random.next() * 300, () => (storage.free = Infinity));
      };
      look();
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
      if (backend.isSwapped) return;
      const { copy, entries } = backupOf(backend, cluster.knownEntries);
      cluster.queue.after(random.next() * 1_500, () => {
        // One with everything up to the floor can't be told from the present one.
        const isTooNew = entries >= (cluster.store.record?.commitFloor ?? 0);
        if (cluster.areFaultsOver || isTooNew || !cluster.mayLose(backend)) return;
        cluster.note(`backend ${backend.id} gets an old copy of its directory`);
        backend.putBack(copy);
        restart(cluster, backend, 300);
      });
    },
  },
  {
    name: 'damage a directory',
    rots: true,
    run: (cluster, backend, random) => {
      if (!cluster.mayLose(backend)) return;
      const part = random.pick<Part>(['journal', 'journal', 'checkpoint', 'identity']);
      const isMetRunning = part === 'journal' && random.chance(0.5);
      if (!isMetRunning) backend.crash();
      if (rot(backend, part, random)) cluster.note(`backend ${backend.id}: the ${part} rots`);
      if (!isMetRunning) restart(cluster, backend, 300);
    },
  },
  {
    name: 'a name vanishes from a directory',
    run: (cluster, backend, random) => {
      if (!cluster.mayLose(backend)) return;
      backend.crash();
      cluster.note(`backend ${backend.id} lost ${loseName(backend, random)}`);
      restart(cluster, backend, 300);
    },
  },
  {
    name: 'two backends get each other\'s directory',
    run: (cluster, backend, random) => {
      const others = cluster.backends.filter((other) => other !== backend);
      if (others.length === 0) return;
      const pair = [backend, random.pick(others)] as const;
      if (pair.some(({ isSwapped }) => isSwapped)) return;
      for (const each of pair) each.crash();
      // A directory without an identity is nobody's: whoever gets it begins anew.
      if (pair.every(hasIdentity)) swap(...pair);
      for (const each of pair) each.start();
      if (!backend.isSwapped) return;
      cluster.queue.after(100 + random.next() * 200, () => cluster.swapBack(pair));
    },
  },
  {
    name: 'flip a balance',
    run: (cluster, backend) => {
      // Two others must be there to tell; `simulate.ts` strikes no other fault until it is healed.
      const { backends, frontend } = cluster;
      const status = frontend?.paused === false ? frontend.coordinator.status() : undefined;
      const all = status?.copies === backends.length && backends.every((each) => each.isWell);
      // While a view is being written they may be left out of what it goes on with.
      const isChanging = frontend?.writing !== undefined || cluster.store.pending.length > 0;
      if (all && !isChanging && backends.length >= 3) backend.flip();
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
    name: 'crash everything, and one directory is an older copy',
    run: (cluster, backend, random) => {
      if (backend.isSwapped) return;
      const { copy, entries } = backupOf(backend, cluster.knownEntries);
      cluster.queue.after(500 + random.next() * 1_500, () => {
        const isTooNew = entries >= (cluster.store.record?.commitFloor ?? 0);
        if (cluster.areFaultsOver || isTooNew || !cluster.mayLose(backend)) return;
        // What was hit meanwhile may come back first, and then be the only member.
        if (cluster.isHit) return;
        cluster.note(`all crash, and backend ${backend.id} gets an old copy of its directory`);
        cluster.crashFrontend();
        for (const each of cluster.backends) each.crash();
        backend.putBack(copy);
        for (const each of cluster.backends) restart(cluster, each, each === backend ? 20 : 600);
        cluster.queue.after(random.next() * 20, () => cluster.startFrontend());
      });
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
  ...PROMISE_FAULTS,
  ...DIVERGENCE_FAULTS,
  ...FRONTEND_FAULTS,
  ...CLIENT_FAULTS,
];
