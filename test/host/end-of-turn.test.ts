import t from 'tap';
import { flushAtEndOfTurn, type Flushable } from '../../src/host/end-of-turn.ts';

t.test('end of turn: after everything else of it, once, with what is asked for meanwhile',
  async (t) => {
    const done: string[] = [];
    const meanwhile: Flushable = { flush: () => done.push('meanwhile') };
    const first: Flushable = {
      flush() {
        done.push('first');
        flushAtEndOfTurn(meanwhile);
      },
    };
    const other: Flushable = { flush: () => done.push('other') };
    flushAtEndOfTurn(first);
    process.nextTick(() => {
      done.push('read');
      flushAtEndOfTurn(other);
    });
    await new Promise((resolve) => setImmediate(resolve));
    t.same(done, ['read', 'first', 'other', 'meanwhile']);
    flushAtEndOfTurn(other);
    await new Promise((resolve) => setImmediate(resolve));
    t.same(done, ['read', 'first', 'other', 'meanwhile', 'other'], 'and then no more');
  });

t.test('end of turn: one throws: those behind it are done in the next', async (t) => {
  const thrown: unknown[] = [];
  process.once('uncaughtException', (error) => thrown.push(error));
  const broken = new Error('broken');
  let isDone = false;
  flushAtEndOfTurn({ flush: () => { throw broken; } });
  flushAtEndOfTurn({ flush: () => { isDone = true; } });
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.same(thrown, [broken]);
  t.ok(isDone);
});
