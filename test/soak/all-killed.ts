/** All processes at once, again and again, at random moments, then started in a random order. */
import { pause } from '../support/bank.ts';
import { runTrial } from './trial.ts';

export function soakAllKilled(minutes: number, seed: number): Promise<boolean> {
  const options = { seed, clients: 4, pauseMs: 5 };
  return runTrial(minutes, options, async ({ bank, load, random, isOver }) => {
    let kills = 0;
    while (!isOver()) {
      await load.answered(1 + random.int(100));
      await pause(random.int(300));
      await bank.killAll();
      kills += 1;
      const starts = [
        () => bank.startFrontend(),
        ...bank.ids.map((id) => () => Promise.resolve(void bank.launchBackend(id))),
      ];
      while (starts.length > 0) {
        await starts.splice(random.int(starts.length), 1)[0]?.();
        // Now and then some are killed again in the middle of their start.
        if (random.chance(0.1)) await bank.killBackend(1 + random.int(3)).catch(() => undefined);
      }
      await pause(200);
      for (const id of bank.ids) if (!bank.backend(id).running) bank.launchBackend(id);
      await load.answered(1);
    }
    return `everything was killed ${kills} times`;
  });
}
