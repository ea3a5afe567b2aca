import t from 'tap';
import { redialPauseMs } from '../../src/host/redial-pause.ts';

t.test('redial pause: a sixteenth of the outage, from 20 ms to 500 ms', async (t) => {
  const pauses = [0, 320, 480, 1_600, 8_000, 3_600_000].map(redialPauseMs);
  t.same(pauses, [20, 20, 30, 100, 500, 500]);
});

t.test('redial pause: nobody answers: few dials, however long', async (t) => {
  const dialsWithin = (ms: number): number => {
    let dials = 0;
    for (let atMs = 0; atMs <= ms; atMs += redialPauseMs(atMs)) dials += 1;
    return dials;
  };
  t.same([300, 1_000, 10_000, 60_000].map(dialsWithin), [16, 35, 74, 174]);
});
