/** What may go wrong with clients and their connections. */
import type { Fault } from './faults.ts';

export const CLIENT_FAULTS: readonly Fault[] = [
  {
    name: 'cut a client',
    run: (cluster, _backend, random, clients) => cluster.cutClient(random.pick(clients)),
  },
  {
    name: 'a client reconnects before its old connection ends',
    run: (_cluster, _backend, random, clients) => random.pick(clients).leave(random.next() * 600),
  },
  {
    name: 'stall a client one way',
    run: (cluster, _backend, random, clients) => {
      for (const pipe of cluster.pipesOf(random.pick(clients))) {
        pipe.stall(random.chance(0.5) ? 0 : 1, random.next() * 600);
      }
    },
  },
  {
    name: 'a slow connection to a client',
    run: (cluster, _backend, random, clients) => {
      for (const pipe of cluster.pipesOf(random.pick(clients))) {
        pipe.slow(random.next() * 400, random.next() * 800);
      }
    },
  },
  {
    name: 'crash a client',
    run: (_cluster, _backend, random, clients) => random.pick(clients).crash(),
  },
];
