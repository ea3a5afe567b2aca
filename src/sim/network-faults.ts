/** What may go wrong between the frontend and the backends. */
import type { Fault } from './faults.ts';

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: 'a backend falls silent as it is to be read',
    run: (_cluster, backend, random) => {
      const forMs = random.next() * 600;
      backend.atRead = () => backend.pipe?.stall(0, forMs);
    },
  },
  { name: 'cut a connection', run: (_cluster, backend) => backend.cut() },
  {
    name: 'a backend reconnects before its old connection ends',
    run: (_cluster, backend) => backend.leave(),
  },
  {
    name: 'stall a connection one way',
    run: (_cluster, { pipe }, random) =>
      pipe?.stall(random.chance(0.5) ? 0 : 1, random.next() * 600),
  },
  {
    name: 'a connection is half-open, both ways',
    run: (_cluster, { pipe }, random) => {
      pipe?.stall(0, random.next() * 800);
      pipe?.stall(1, random.next() * 800);
    },
  },
  {
    name: 'a backend dies behind a half-open connection, comes back, and loses that one, too',
    run: (cluster, backend, random) => {
      backend.pipe?.stall(0, 200 + random.next() * 400);
      backend.crash();
      cluster.queue.after(random.next() * 30, () => backend.start());
      for (let times = 1 + random.int(4); times > 0; times -= 1) {
        cluster.queue.after(random.next() * 400, () => {
          if (!cluster.isHit) backend.leave();
        });
      }
    },
  },
  {
    name: 'a slow connection',
    run: (_cluster, { pipe }, random) => pipe?.slow(random.next() * 400, random.next() * 800),
  },
  {
    name: 'a slow network',
    run: ({ backends }, _backend, random) => {
      const byMs = random.next() * (random.chance(0.5) ? 20 : 150);
      const forMs = random.next() * 800;
      for (const { pipe } of backends) pipe?.slow(byMs, forMs);
    },
  },
];
