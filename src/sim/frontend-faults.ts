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
    name: 'a second frontend takes all backends but one, readers stay with the first',
    run: (cluster, backend, random, clients) => {
      const { frontend, backends, store, queue } = cluster;
      const isEnough = backends.length > Math.max(1, cluster.minInSync);
      if (frontend === undefined || cluster.frontends.length > 1 || !isEnough) return;
      cluster.addFrontend();
      const readers = clients.filter((client) => client.onlyReads);
      const stay = readers.length > 0 ? readers : [random.pick(clients)];
      const cutWriters = (): void => {
        for (const client of clients) if (!stay.includes(client)) cluster.cutClient(client);
      };
      cutWriters();
      // The first has decided what was under way by then, or it would read nothing. It stands
      // still for so short that the one who stays does not leave it, and for so long that it
      // forgives the others their silence, until the second serves without the one who stays.
      queue.after(10 + random.next() * 20, () => {
        frontend.pause();
        queue.after(110 + random.next() * 70, () => frontend.resume());
        cutWriters();
        for (const each of backends) if (each !== backend) each.leave('it is left', 900);
      });
      // By then the second serves, and the first is about to learn from the record that it does.
      queue.after(300, () => (store.slowMs = random.next() * 400));
      queue.after(900, () => (store.slowMs = 0));
    },
  },
  {
    name: 'backends go back and forth between two frontends, and the control record is slow',
    run: (cluster, _backend, random) => {
      if (cluster.frontends.length > 2) return;
      cluster.addFrontend();
      cluster.store.slowMs = 100 + random.next() * 200;
      cluster.queue.after(1_000, () => (cluster.store.slowMs = 0));
      for (const each of cluster.backends) {
        for (let times = 1 + random.int(3); times > 0; times -= 1) {
          cluster.queue.after(random.next() * 600, () => each.leave());
        }
      }
    },
  },
  {
    name: 'an old copy of the control record is put back',
    run: (cluster, _backend, random) => {
      const records = cluster.store.tellable(cluster.backends);
      // Of the epoch before, the claim is for the very epoch that was promised to another.
      const record = random.chance(0.7) ? records.at(-1) : records[0];
      if (record === undefined || cluster.backends.some((each) => each.isSwapped)) return;
      cluster.rollRecordBack(record);
      cluster.queue.after(random.next() * 20, () => cluster.startFrontend());
      cluster.queue.after(300 + random.next() * 300, () => cluster.putRecordBack());
    },
  },
  {
    name: 'a new view finds no room in the control record',
    run: (cluster, backend, random) => {
      cluster.store.failViews += 1 + random.int(2);
      if (random.chance(0.5)) return backend.cut();
      cluster.crashFrontend();
      cluster.queue.after(random.next() * 50, () => cluster.startFrontend());
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
