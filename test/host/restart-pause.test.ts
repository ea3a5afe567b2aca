import t from 'tap';
import { RestartPause } from '../../src/host/restart-pause.ts';

t.test('restart pause: crashes in a row: at once, then 1 s, doubling to 30 s', async (t) => {
  const pause = new RestartPause();
  const pauses = Array.from({ length: 8 }, () => pause.after(100));
  t.same(pauses, [20, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

t.test('restart pause: 60 s up: at once again', async (t) => {
  const pause = new RestartPause();
  pause.after(0);
  pause.after(0);
  t.equal(pause.after(59_999), 2_000);
  t.equal(pause.after(60_000), 20);
  t.equal(pause.after(0), 1_000);
});
