/** What may go wrong with the frontend, its control record and its clock. */
import { FATES } from './sim-control-store.ts';
import type { Fault } from './faults.ts';

const HOUR_US = 3.6e9;

export const FRONTEND_FAULTS: readonly Fault[] = [
  {
    name: 'crash the frontend',
    run: (cluster, _backend, random) => {
      cluster.crashFrontend();
      cluster.queue.after(random.next() * 300, () => cluster.startFrontend());
    },
  },
  {
    name: 'the frontend dies at one of its sendings',
    run: ({ frontend }, _backend, random) => {
      if (frontend === undefined) return;
      const when = random.chance(0.5) ? 'before' : 'after';
      const left = 1 + random.int(40);
      frontend.doom = { effect: 'send', when, left, restartMs: random.next() * 200 };
    },
  },
  {
    name: 'the frontend dies at a write of its control record',
    run: ({ frontend }, _backend, random) => {
      if (frontend === undefined) return;
      const when = random.chance(0.5) ? 'before' : 'after';
      const left = 1 + random.int(2);
      frontend.doom = { effect: 'control write', when, left, restartMs: random.next() * 200 };
    },
  },
  {
    name: 'pause the frontend',
    run: (cluster, _backend, random) => {
      const { frontend } = cluster;
      frontend?.pause();
      cluster.queue.after(random.next() * 700, () => frontend?.resume());
    },
  },
  {
    name: 'a second frontend while the first is paused',
    run: (cluster, _backend, random) => {
      const { frontend } = cluster;
      if (frontend === undefined || cluster.frontends.length > 2) return;
      frontend.pause();
      cluster.queue.after(random.next() * 700, () => frontend.resume());
      cluster.addFrontend();
      for (const backend of cluster.backends) {
        cluster.queue.after(random.next() * 60, () => backend.leave());
      }
    },
  },
  {
    name: 'a second frontend takes some of the backends, the first does not know',
    run: (cluster, _backend, random, clients) => {
      if (cluster.frontends.length > 2) return;
      cluster.addFrontend();
      for (const each of cluster.backends) if (random.chance(0.6)) each.leave();
      cluster.cutClient(random.pick(clients));
    },
  },
  {
    name: 'the control record is slow',
    run: (cluster, _backend, random) => {
      cluster.store.slowMs = random.next() * 300;
      cluster.queue.after(random.next() * 1_000, () => (cluster.store.slowMs = 0));
    },
  },
  {
    name: 'the control record has no room',
    run: (cluster, _backend, random) => (cluster.store.failNext += 1 + random.int(2)),
  },
  {
    name: 'writes of the control record get no answer',
    run: ({ store }, _backend, random) => {
      for (let left = 1 + random.int(3); left > 0; left -= 1) store.fates.push(random.pick(FATES));
    },
  },
  {
    name: 'a write of the control record gets no answer, and its repetition has no room',
    run: ({ store }, _backend, random) => {
      store.fates.push(random.pick(FATES));
      store.failNext += 1;
    },
  },
  {
    name: 'the clock on the wall jumps',
    run: ({ frontend }, _backend, random) => {
      if (frontend === undefined) return;
      const farthestUs = random.pick([1e6, HOUR_US, 24 * HOUR_US]);
      frontend.clock.wallOffsetUs = Math.floor((2 * random.next() - 1) * farthestUs);
    },
  },
];
