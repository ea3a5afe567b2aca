import t from 'tap';
import { Gather } from '../../src/core/gather.ts';

function gather(): { gather: Gather; wakes: number[] } {
  const wakes: number[] = [];
  return { gather: new Gather((delayMs) => wakes.push(delayMs)), wakes };
}

t.test('gather: nobody was answered before: goes at once', async (t) => {
  const { gather: fresh, wakes } = gather();
  t.ok(fresh.mayGo(1, 0));
  t.same(wakes, []);
});

t.test('gather: those who were answered and those who wait: all are waited for', async (t) => {
  const { gather: waiting, wakes } = gather();
  waiting.onDecided(3, 2, 100);
  t.notOk(waiting.mayGo(4, 100.5));
  t.same(wakes, [1.5], 'the host is woken when the time is over');
  t.ok(waiting.mayGo(5, 100.6));
  t.ok(waiting.mayGo(1, 100.7), 'once they are here, nobody is waited for any more');
});

t.test('gather: time over: goes with who is there, and goes on waiting next time', async (t) => {
  const { gather: waiting } = gather();
  waiting.onDecided(4, 0, 100);
  t.notOk(waiting.mayGo(3, 101.9));
  t.ok(waiting.mayGo(3, 102));
  waiting.onDecided(3, 0, 103);
  t.notOk(waiting.mayGo(2, 103));
});

t.test('gather: most did not come: no waiting for 64 decisions', async (t) => {
  const { gather: waiting } = gather();
  waiting.onDecided(10, 0, 100);
  t.ok(waiting.mayGo(1, 102));
  for (let decision = 1; decision <= 64; decision += 1) {
    waiting.onDecided(10, 0, 200);
    t.ok(waiting.mayGo(1, 200), `decision ${decision}`);
  }
  waiting.onDecided(10, 0, 300);
  t.notOk(waiting.mayGo(1, 300), 'then it tries again');
});
